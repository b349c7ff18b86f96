"""Patient -> the facts of the banner."""

from __future__ import annotations

from fhir_adapters.dates import PartialDate, read_date
from fhir_adapters.history import PatientFacts
from fhir_adapters.reading.concepts import all_codes
from fhir_adapters.reading.elements import NOTHING, Element, children, text_of, texts_of

# Names by use, the one on official papers first; old and maiden names are never the banner's.
_USES = ("official", "usual", "", "nickname", "temp", "anonymous")


def read_patient(resource: Element) -> PatientFacts:
    """The banner facts of one Patient with an id. https://hl7.org/fhir/R4/patient.html."""
    return PatientFacts(
        id=text_of(resource, "id"),
        name=_name(resource),
        birth_date=read_date(resource.get("birthDate")),
        gender=text_of(resource, "gender"),
        identifier=_record_number(resource),
        deceased=_deceased(resource),
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
    value = resource.get("deceasedBoolean")
    return value if isinstance(value, bool) else None
