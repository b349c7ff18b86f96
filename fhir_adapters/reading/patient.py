"""Patient -> the facts of the banner."""

from __future__ import annotations

from fhir_adapters.dates import PartialDate, read_date
from fhir_adapters.history import PatientFacts
from fhir_adapters.reading.concepts import all_codes
from fhir_adapters.reading.elements import NOTHING, Element, child, children, flag_at, is_set, text_of, texts_of
from fhir_adapters.reading.modifiers import unread_modifier
from fhir_adapters.reading.statuses import status_at

# Names by use, the one on official papers first; old and maiden names are never the banner's.
_USES = ("official", "usual", "", "nickname", "temp", "anonymous")
# https://hl7.org/fhir/R4/valueset-link-type.html. `link` and `active` are modifiers.
_LINKS = {
    "replaced-by": "replaced by another record",
    "replaces": "replaces another record, which is not read",
    "refer": "linked to another record, which is not read",
    "seealso": "linked to another record, which is not read",
}


def read_patient(resource: Element) -> PatientFacts:
    """The banner facts of one Patient with an id. https://hl7.org/fhir/R4/patient.html."""
    return PatientFacts(
        id=text_of(resource, "id"),
        name=_name(resource),
        birth_date=read_date(resource.get("birthDate")),
        gender=text_of(resource, "gender"),
        identifier=_record_number(resource),
        deceased=_deceased(resource),
        marks=tuple(dict.fromkeys(mark for mark in _marks(resource) if mark)),
    )


def _name(resource: Element) -> str:
    """`Given Family` of the official name, else the next best use."""
    names = children(resource, "name")
    ranked = [name for use in _USES for name in names if text_of(name, "use") == use]
    name = next(iter(ranked), NOTHING)
    parts = [*texts_of(name, "given"), text_of(name, "family"), *texts_of(name, "suffix")]
    return " ".join(part for part in parts if part) or text_of(name, "text")


def _record_number(resource: Element) -> str:
    """The identifier of type MR, else the one in usual use; never a social security number by accident."""
    identifiers = children(resource, "identifier")
    for identifier in identifiers:
        if "mr" in all_codes(identifier, "type"):
            return text_of(identifier, "value")
    return next((text_of(item, "value") for item in identifiers if text_of(item, "use") == "usual"), "")


def _deceased(resource: Element) -> PartialDate | bool | None:
    if "deceasedDateTime" in resource:
        return read_date(resource["deceasedDateTime"]) or True
    return flag_at(resource, "deceasedBoolean")


def _marks(resource: Element) -> list[str]:
    """What the record says of itself that a reader of the chart must know."""
    marks = [unread_modifier(resource)]
    if is_set(resource, "deceasedBoolean") and flag_at(resource, "deceasedBoolean") is None:
        marks.append("alive or dead: not understood")
    active = flag_at(resource, "active")
    if active is False:
        marks.append("marked as no longer in use")
    elif active is None and is_set(resource, "active"):
        marks.append("in use or not: not understood")
    links = [link for link in children(resource, "link") if not _is_relative(link)]
    marks += [_LINKS.get(status_at(link, _LINKS, "type"), _LINKS["refer"]) for link in links]
    return marks


def _is_relative(link: Element) -> bool:
    """Whether a link leads to what the patient is to somebody else, as a mother to her child: no chart of hers."""
    other = child(link, "other")
    kind = text_of(other, "type") or text_of(other, "reference").rpartition("/")[0].rpartition("/")[2]
    return kind == "RelatedPerson" and status_at(link, _LINKS, "type") not in {"replaced-by", "replaces"}
