"""Encounter -> encounter: where the patient was, why, and from when to when."""

from __future__ import annotations

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.concepts import (
    codes_of,
    concept,
    label_at,
    label_of,
    people_at,
    reasons_at,
    references_at,
)
from fhir_adapters.reading.draft import IN_ERROR, Draft, LeftOut, in_brackets
from fhir_adapters.reading.elements import Details, Element, add, child, children, text_of
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import dated, period_at

# https://hl7.org/fhir/R4/valueset-encounter-status.html
STATUSES = {
    "planned": Standing.PLANNED,
    "arrived": Standing.PLANNED,
    "triaged": Standing.CURRENT,
    "in-progress": Standing.CURRENT,
    "onleave": Standing.CURRENT,
    "finished": Standing.PAST,
    "cancelled": Standing.REFUTED,  # it did not take place
}
# https://terminology.hl7.org/CodeSystem-v3-ActCode.html, under ActEncounterCode
_CLASSES = {
    "AMB": "Ambulatory visit",
    "EMER": "Emergency visit",
    "FLD": "Field visit",
    "HH": "Home health visit",
    "IMP": "Inpatient stay",
    "ACUTE": "Inpatient stay, acute",
    "NONAC": "Inpatient stay, non-acute",
    "OBSENC": "Observation stay",
    "PRENC": "Pre-admission visit",
    "SS": "Short stay",
    "VR": "Virtual visit",
}


def read_encounter(resource: Element) -> Draft | LeftOut:
    """One Encounter. https://hl7.org/fhir/R4/encounter.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    details: Details = []
    period = period_at(resource, "period", details)
    where = concept(resource, "class")
    setting = _CLASSES.get(text_of(where, "code"), "") or label_of(where)
    kind_of = label_at(resource, "type")
    title = setting or kind_of or "Encounter"
    reason = reasons_at(resource) or "; ".join(_diagnoses(resource))
    hospitalization = child(resource, "hospitalization")
    add(details, Detail.CLASS, setting)
    add(details, Detail.TYPE, kind_of)
    add(details, Detail.REASON, reason)
    add(details, Detail.REASON_REFERENCES, references_at(resource, "reasonReference"))
    add(details, Detail.SERVICE, label_at(resource, "serviceType"))
    add(details, Detail.ADMITTED_FROM, label_at(hospitalization, "admitSource"))
    add(details, Detail.DISCHARGED_TO, label_at(hospitalization, "dischargeDisposition"))
    add(details, Detail.AUTHOR, people_at(resource, "participant"))
    about = reason or (kind_of if kind_of != title else "")
    return Draft(
        kind=Kind.ENCOUNTER,
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=period.start,
        until=period.end,
        details=details,
        codes=tuple(code for item in children(resource, "type") for code in codes_of(item)),
        line=dated(
            in_brackets(
                f"{title}: {about}" if about else title,
                "" if status == "finished" else status or "status not recorded",
            ),
            period.start,
            period.end,
        ),
    )


def _diagnoses(resource: Element) -> list[str]:
    """The displays of its diagnoses; their references say nothing to a reader."""
    found = (text_of(child(item, "condition"), "display") for item in children(resource, "diagnosis"))
    return [name for name in found if name]
