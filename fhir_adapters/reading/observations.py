"""Observation -> result, vital sign or social history, with its values, ranges and flags as the source states them."""

from __future__ import annotations

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.flags import KINDS, FlagKind
from fhir_adapters.history import Code, Kind, Standing, Value
from fhir_adapters.reading.concepts import LOINC, codes_of, concept, label_at, label_of, people_at, references_at
from fhir_adapters.reading.draft import CANCELLED, IN_ERROR, Draft, LeftOut
from fhir_adapters.reading.elements import Details, Element, add, child, children, note_of, text_of
from fhir_adapters.reading.quantities import range_text
from fhir_adapters.reading.statuses import ENTERED_IN_ERROR, status_at
from fhir_adapters.reading.times import date_at, period_at
from fhir_adapters.reading.values import read_value

# https://hl7.org/fhir/R4/valueset-observation-status.html
STATUSES = {
    "registered": Standing.PLANNED,
    "preliminary": Standing.CURRENT,
    "final": Standing.CURRENT,
    "amended": Standing.CURRENT,
    "corrected": Standing.CURRENT,
    "cancelled": Standing.REFUTED,
}
_KINDS = {
    "vital-signs": Kind.VITAL,
    "laboratory": Kind.RESULT,
    "imaging": Kind.RESULT,
    "procedure": Kind.RESULT,
    "exam": Kind.RESULT,
    "therapy": Kind.RESULT,
    "social-history": Kind.SOCIAL,
    "survey": Kind.SOCIAL,
    "activity": Kind.SOCIAL,
    "sdoh": Kind.SOCIAL,
    # US Core: https://hl7.org/fhir/us/core/ValueSet-us-core-simple-observation-category.html
    "functional-status": Kind.SOCIAL,
    "cognitive-status": Kind.SOCIAL,
    "disability-status": Kind.SOCIAL,
    "treatment-intervention-preference": Kind.SOCIAL,
    "care-experience-preference": Kind.SOCIAL,
}
# FHIR's vital signs profiles, for records without a category: https://hl7.org/fhir/R4/observation-vitalsigns.html
_VITALS = frozenset(
    [
        "85353-1",
        "9279-1",
        "8867-4",
        "2708-6",
        "59408-5",
        "8310-5",
        "8302-2",
        "9843-4",
        "29463-7",
        "39156-5",
        "85354-9",
        "8480-6",
        "8462-4",
        "55284-4",
    ]
)
_BLOOD_PRESSURE = frozenset({"85354-9", "55284-4", "35094-2"})  # panels; a mean keeps its own name
_FLAG_WORDS = {
    "H": "high",
    "L": "low",
    "HH": "critically high",
    "LL": "critically low",
    "HU": "significantly high",
    "LU": "significantly low",
    "A": "abnormal",
    "AA": "critically abnormal",
    "POS": "positive",
    "R": "resistant",
    "S": "susceptible",
    "I": "intermediate",
    "IND": "indeterminate",
    "E": "equivocal",
}


_SAID_BY_NAME = frozenset({"score", "INR", "pH"})


def read_observation(resource: Element) -> Draft | LeftOut:
    """One Observation. https://hl7.org/fhir/R4/observation.html."""
    status = status_at(resource, STATUSES)
    if status == ENTERED_IN_ERROR:
        return IN_ERROR
    if status == "cancelled":
        return CANCELLED
    named = concept(resource, "code")
    codes = codes_of(named)
    is_pressure = any(code.code in _BLOOD_PRESSURE and code.system == LOINC for code in codes)
    title = "Blood pressure" if is_pressure else label_of(named) or "Observation without a name"
    details: Details = []
    when, until = _when(resource, details)
    own = read_value(resource, "", details)
    components = [value for part in children(resource, "component") if (value := _component(part, details))]
    if is_pressure:
        components.sort(key=lambda value: value.label != "Systolic")
    values = (own, *components) if own else tuple(components)
    _add_details(resource, details)
    return Draft(
        kind=_kind(resource, codes),
        title=title,
        standing=STATUSES.get(status, Standing.UNKNOWN),
        status=status,
        when=when,
        until=until,
        values=values,
        details=details,
        codes=codes,
        line=_line(title, values, status, when, has_members="hasMember" in resource),
    )


def _when(resource: Element, details: Details) -> tuple[PartialDate | None, PartialDate | None]:
    for name in ("effectiveDateTime", "effectiveInstant"):
        if name in resource:
            return date_at(resource, name, details), None
    if "effectivePeriod" in resource:
        span = period_at(resource, "effectivePeriod", details)
        return span.start or span.end, span.end
    if "effectiveTiming" in resource:
        events = child(resource, "effectiveTiming").get("event")
        first = events[0] if isinstance(events, list) and events else None
        return date_at({"event": first}, "event", details), None
    return date_at(resource, "issued", details), None


def _component(part: Element, details: Details) -> Value | None:
    named = concept(part, "code")
    codes = {coding.code for coding in codes_of(named) if coding.system == LOINC}
    label = "Systolic" if "8480-6" in codes else "Diastolic" if "8462-4" in codes else label_of(named) or "component"
    return read_value(part, label, details)


def _add_details(resource: Element, details: Details) -> None:
    get = resource.get  # most Observations have none of these
    if get("bodySite"):
        add(details, Detail.BODY_SITE, label_at(resource, "bodySite"))
    if get("method"):
        add(details, Detail.METHOD, label_at(resource, "method"))
    if get("specimen"):
        add(details, Detail.SPECIMEN, text_of(child(resource, "specimen"), "display"))
    if get("hasMember"):
        add(details, Detail.MEMBERS, references_at(resource, "hasMember"))
    if get("derivedFrom"):
        add(details, Detail.DERIVED_FROM, references_at(resource, "derivedFrom"))
    if get("note"):
        add(details, Detail.NOTE, note_of(resource))
    if get("performer"):
        add(details, Detail.AUTHOR, people_at(resource, "performer"))


def _kind(resource: Element, codes: tuple[Code, ...]) -> Kind:
    """By category; several decide in the order vital sign, result, social. Without one, by LOINC code."""
    found: set[Kind] = set()
    for category in children(resource, "category"):
        names = {name for coding in children(category, "coding") if isinstance(name := coding.get("code"), str)}
        if names.isdisjoint(_KINDS):  # other case, a display, a text
            names = {status_at({"category": category}, _KINDS, "category", "observation-category")}
        found |= {_KINDS[name] for name in names if name in _KINDS}
    for kind in (Kind.VITAL, Kind.RESULT, Kind.SOCIAL):
        if kind in found:
            return kind
    return Kind.VITAL if any(code.code in _VITALS and code.system == LOINC for code in codes) else Kind.RESULT


def _line(title: str, values: tuple[Value, ...], status: str, when: PartialDate | None, *, has_members: bool) -> str:
    if not values:
        said = f"{title}: panel" if has_members else f"{title}: no value recorded"
    elif len(values) == 1 and not values[0].label:
        said = _one_value(title, values[0])
    elif [value.label for value in values] == ["Systolic", "Diastolic"] and all(
        value.number is not None for value in values
    ):
        said = _pressure(title, values)
    else:
        listed = "; ".join(_one_value(value.label, value) for value in values if value.label)
        said = f"{title}: {listed}" if values[0].label else f"{_one_value(title, values[0])}; {listed}"
    hedge = "" if status in {"final", "amended", "corrected"} else f" [{status or 'status not recorded'}]"
    return f"{said}{hedge}, {when}" if when else f"{said}{hedge}"


def _one_value(name: str, value: Value) -> str:
    marks = _marks(value)
    text = value.text
    if value.unit in _SAID_BY_NAME and value.unit.lower() in name.lower():
        text = text.removesuffix(f" {value.unit}")  # "INR 2.7", not "INR 2.7 INR"
    said = f"{name} {text}" if value.number is not None else f"{name}: {text}"
    return f"{said} ({marks})" if marks else said


def _marks(value: Value) -> str:
    reference = range_text(value.low, value.high)
    own = "" if KINDS.get(value.flag) is FlagKind.NORMAL else value.flag  # the laboratory's own word as it stands
    flag = _FLAG_WORDS.get(value.flag, own)
    if flag:
        return f"{flag}; ref {reference}" if reference else flag
    if not reference:
        return ""
    if value.is_abnormal and value.number is not None:
        side = "below" if value.low is not None and value.number < value.low else "above"
        return f"{side} ref {reference}"
    return f"ref {reference}"


def _pressure(title: str, values: tuple[Value, ...]) -> str:
    """`Blood pressure 164/98 mmHg`, with each flag named."""
    systolic, diastolic = values
    upper = systolic.text.removesuffix(f" {systolic.unit}") if systolic.unit == diastolic.unit else systolic.text
    flags = [
        f"{value.label.lower()} {_FLAG_WORDS.get(value.flag, value.flag if value.flag in KINDS else 'outside ref')}"
        for value in values
        if value.is_abnormal
    ]
    said = f"{title} {upper}/{diastolic.text}"
    return f"{said} ({', '.join(flags)})" if flags else said
