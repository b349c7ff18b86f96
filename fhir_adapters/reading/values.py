"""Observation.value[x] in all its types -> one Value, with the source's own range and flag."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from fhir_adapters.dates import read_date
from fhir_adapters.details import Detail
from fhir_adapters.flags import gravest, read_flag
from fhir_adapters.history import Value
from fhir_adapters.reading.concepts import all_codes, concept, label_at, label_of
from fhir_adapters.reading.elements import NOTHING, Details, Element, add, child, children, flag_at, text_of
from fhir_adapters.reading.quantities import (
    COMPARATORS,
    comparator_of,
    number_of,
    quantity_text,
    range_of,
    range_text,
    ratio_text,
    shown,
    unit_of,
    with_unit,
)
from fhir_adapters.reading.statuses import status_at
from fhir_adapters.reading.times import period_at

# https://hl7.org/fhir/R4/valueset-data-absent-reason.html: only these say that nobody did it.
_NOT_DONE = dict.fromkeys(("not-performed", "not-asked", "asked-declined", "not-permitted"), "not done")
_NORMAL_RANGE = {"normal": "normal"}  # https://hl7.org/fhir/R4/valueset-referencerange-meaning.html
# Where laboratories write in the value's place why there is none.
_SAYS_NO_VALUE = re.compile(r"(?:no value|not done|not performed)(?:\s*[(:;,.–-].*)?", re.IGNORECASE | re.DOTALL)


def read_value(element: Element, label: str, details: Details) -> Value | None:
    """The value of an Observation or of one of its components; None where it has none and gives no reason."""
    quantity = element.get("valueQuantity")
    if isinstance(quantity, dict) and (number := number_of(quantity.get("value"))) is not None:
        if comparator_of(quantity) not in COMPARATORS:  # a modifier that is not understood: words, no number
            return Value(label=label, text=quantity_text(quantity), flag=_flag(element))
        return _measured(element, label, details, quantity=quantity, number=number)
    if element.get("valueInteger") is not None and (number := number_of(element.get("valueInteger"))) is not None:
        return _measured(element, label, details, quantity=NOTHING, number=number)
    words = _words(element)
    text = words or _absence(element)
    if not text:
        return None
    _ranges(element, "", label, details)
    is_absent = not words or _SAYS_NO_VALUE.fullmatch(words) is not None
    return Value(label=label, text=text, flag=_flag(element), is_absent=is_absent)


def _measured(element: Element, label: str, details: Details, *, quantity: Element, number: Decimal) -> Value:
    unit = unit_of(quantity)
    sign = comparator_of(quantity)
    low, high = _ranges(element, unit, label, details)
    return Value(
        label=label,
        text=with_unit(sign + shown(number), unit),
        number=number,
        comparator=sign,
        unit=unit,
        low=low,
        high=high,
        flag=_flag(element) if "interpretation" in element else "",
    )


def _words(element: Element) -> str:
    """Every type of value[x] that is not one number."""
    for name in element:
        if name.startswith("value") and name in _READERS:
            return _READERS[name](element, name)
    return ""


def _worded_quantity(element: Element, name: str) -> str:
    """A Quantity whose value is no number, such as "trace": what stands there is better than nothing."""
    quantity = child(element, name)
    text = text_of(quantity, "value")
    return with_unit(text, unit_of(quantity)) if text else ""


def _boolean(element: Element, name: str) -> str:
    flag = flag_at(element, name)
    return text_of(element, name) if flag is None else "yes" if flag else "no"


def _period(element: Element, name: str) -> str:
    span = period_at(element, name, [])
    return " to ".join(str(moment) for moment in (span.start, span.end) if moment)


def _date(element: Element, name: str) -> str:
    return str(read_date(element[name]) or text_of(element, name))


_READERS: dict[str, Callable[[Element, str], str]] = {
    "valueQuantity": _worded_quantity,
    "valueCodeableConcept": lambda element, name: label_of(concept(element, name)),
    "valueString": text_of,
    "valueTime": text_of,
    "valueDateTime": _date,
    "valueBoolean": _boolean,
    "valueRange": lambda element, name: range_of(child(element, name)),
    "valueRatio": lambda element, name: ratio_text(child(element, name)),
    "valuePeriod": _period,
    "valueSampledData": lambda _element, _name: "waveform, not shown",
}


def _absence(element: Element) -> str:
    reason = concept(element, "dataAbsentReason")
    if reason is NOTHING:
        return ""
    said = label_of(reason).removeprefix("code ").replace("-", " ").lower()
    code = status_at(element, _NOT_DONE, "dataAbsentReason", "data-absent-reason")
    return f"not done ({said})" if code in _NOT_DONE else f"no value ({said})"


def _flag(element: Element) -> str:
    """The interpretation's code, wherever it is said; a word that is no flag as the laboratory writes it."""
    if "interpretation" not in element:
        return ""
    read = [flag for word in _interpretations(element) if word and (flag := read_flag(word)) is not None]
    if read:
        return gravest(read)
    said = label_at(element, "interpretation")
    codes = all_codes(element, "interpretation")
    return codes[0].upper() if codes and said.lower() == f"code {codes[0]}" else said


def _interpretations(element: Element) -> Iterator[str]:
    if isinstance(element["interpretation"], str):
        yield text_of(element, "interpretation")
    for item in children(element, "interpretation"):
        for coding in children(item, "coding") or [item]:
            yield text_of(coding, "code")
            yield text_of(coding, "display")
        yield text_of(item, "text")


def _is_range(low: Decimal | None, high: Decimal | None) -> bool:
    """Whether two bounds make a range; a low above its high is a slip that must not make a result abnormal."""
    if low is None or high is None:
        return low is not high
    return low <= high


def _ranges(element: Element, unit: str, label: str, details: Details) -> tuple[Decimal | None, Decimal | None]:
    """The normal range where exactly one is given in the value's own unit; every other range stays as text."""
    if "referenceRange" not in element:
        return None, None
    ranges = children(element, "referenceRange")
    normal = [
        item
        for item in ranges
        if "type" not in item or status_at(item, _NORMAL_RANGE, "type", "referencerange-meaning") in {"", "normal"}
    ]
    low: Decimal | None = None
    high: Decimal | None = None
    for item in ranges:
        bounds = child(item, "low"), child(item, "high")
        numbers = number_of(bounds[0].get("value")), number_of(bounds[1].get("value"))
        other_unit = next((found for bound in bounds if (found := unit_of(bound)) and found != unit), "")
        if len(normal) == 1 and item is normal[0] and not other_unit and _is_range(*numbers):
            low, high = numbers
            continue
        said = text_of(item, "text") or with_unit(range_text(*numbers), other_unit or unit).strip()
        kind = "; ".join(part for part in (label_at(item, "type"), label_at(item, "appliesTo")) if part)
        head = "; ".join(part for part in (label, kind) if part)
        add(details, Detail.REFERENCE_RANGE, f"{head}: {said}" if head and said else said)
    return low, high
