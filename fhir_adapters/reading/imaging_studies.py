"""ImagingStudy -> imaging: what was imaged, and the UIDs by which its pictures are found over DICOMweb."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.concepts import codes_of, label_at, label_of, people_at, reasons_at, references_at, tidy
from fhir_adapters.reading.draft import CANCELLED, IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, note_of, text_of
from fhir_adapters.reading.quantities import number_of, shown
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import date_at, dated

# https://hl7.org/fhir/R4/valueset-imagingstudy-status.html
STATUSES = {"registered": Standing.PLANNED, "available": Standing.CURRENT, "cancelled": Standing.REFUTED}
# PS3.5 section 9.1: digits and single dots, 64 characters at most.
_UID = re.compile(r"[0-9]+(?:\.[0-9]+)*")
_UID_LENGTH = 64


def read_imaging_study(resource: Element) -> Draft | LeftOut:
    """One ImagingStudy. https://hl7.org/fhir/R4/imagingstudy.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    if status == "cancelled":
        return CANCELLED
    series = children(resource, "series")
    modality = _codes(resource, "modality") or " ".join(_distinct(_codes(item, "modality") for item in series))
    site = "; ".join(_distinct(label_at(item, "bodySite") for item in series))
    side = "; ".join(_distinct(label_at(item, "laterality").lower() for item in series))
    title = _title(resource, modality, site)
    details: Details = []
    started = date_at(resource, "started", details)
    started = started or next((day for item in series if (day := date_at(item, "started", details))), None)
    add(details, Detail.STUDY_INSTANCE_UID, _study_uid(resource))
    add(details, Detail.SERIES_INSTANCE_UIDS, " ".join(_distinct(_uid(text_of(item, "uid")) for item in series)))
    add(details, Detail.MODALITY, modality)
    add(details, Detail.BODY_SITE, site)
    add(details, Detail.LATERALITY, side)
    counts = (("numberOfSeries", Detail.NUMBER_OF_SERIES), ("numberOfInstances", Detail.NUMBER_OF_INSTANCES))
    for name, label in counts:
        number = number_of(resource.get(name))
        add(details, label, shown(number) if number is not None else "")
    add(details, Detail.SERIES, "; ".join(_distinct(text_of(item, "description") for item in series)))
    add(details, Detail.REASON, reasons_at(resource))
    add(details, Detail.REASON_REFERENCES, references_at(resource, "reasonReference"))
    add(details, Detail.NOTE, note_of(resource))
    add(details, Detail.AUTHOR, people_at(resource, "interpreter"))
    where = side if side and side not in title.lower() else ""
    kind = modality if modality and modality.lower() not in title.lower() else ""
    return Draft(
        kind=Kind.IMAGING,
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=started,
        details=details,
        codes=tuple(code for item in children(resource, "procedureCode") for code in codes_of(item)),
        line="Imaging: "
        + dated(
            in_brackets(title, kind, where, "" if status == "available" else status or "status not recorded"), started
        ),
    )


def _title(resource: Element, modality: str, site: str) -> str:
    named = tidy(text_of(resource, "description")) or label_at(resource, "procedureCode")
    return named or " ".join(part for part in (modality, site) if part) or "Imaging study"


def _codes(element: Element, name: str) -> str:
    """Modality codes (PS3.16 CID 29) rather than their names: CR, CT, MR."""
    return " ".join(_distinct(text_of(item, "code") or label_of(item) for item in children(element, name)))


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def _uid(text: str) -> str:
    uid = text.removeprefix("urn:oid:")
    return uid if len(uid) <= _UID_LENGTH and _UID.fullmatch(uid) else ""


def _study_uid(resource: Element) -> str:
    """R4 names the study by an identifier: `urn:dicom:uid` (older writers: urn:ietf:rfc:3986) and `urn:oid:` + UID."""
    identifiers = children(resource, "identifier")
    for system in ("urn:dicom:uid", "urn:ietf:rfc:3986"):
        for identifier in identifiers:
            if text_of(identifier, "system") == system and (uid := _uid(text_of(identifier, "value"))):
                return uid
    return _uid(text_of(child(resource, "identifier"), "value")) if len(identifiers) == 1 else ""
