"""When something was: FHIR's choice of dateTime, Period, Age and string under one name, never sharpened."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.dates import PartialDate, read_date
from fhir_adapters.details import Detail
from fhir_adapters.reading.elements import NOTHING, Details, Element, child, text_of
from fhir_adapters.reading.quantities import quantity_text, range_of


@dataclass(slots=True)
class Span:
    """A start and an end as far as the record gives them, and what it says instead of a date."""

    start: PartialDate | None = None
    end: PartialDate | None = None
    words: str = ""  # "at 45 years", "childhood"


def date_at(element: Element, name: str, details: Details) -> PartialDate | None:
    """The date at `name`. What is written there and is no date is kept as a detail, not guessed."""
    value = element.get(name)
    if value is None:
        return None
    found = read_date(value)
    if found is None and (written := text_of(element, name)):
        details.append((Detail.DATE_AS_WRITTEN, written))
    return found


def period_at(element: Element, name: str, details: Details) -> Span:
    """The Period at `name`."""
    period = child(element, name)
    if period is NOTHING:
        return Span()
    return Span(date_at(period, "start", details), date_at(period, "end", details))


def span_at(element: Element, name: str, details: Details) -> Span:
    """The time at `name`[x]: DateTime, Period, Age, Range or String."""
    if f"{name}DateTime" in element:
        return Span(date_at(element, f"{name}DateTime", details))
    if f"{name}Period" in element:
        return period_at(element, f"{name}Period", details)
    age = quantity_text(child(element, f"{name}Age")) or range_of(child(element, f"{name}Range"))
    return Span(words=f"at {age}" if age else text_of(element, f"{name}String"))


def dated(text: str, when: PartialDate | None, until: PartialDate | None = None) -> str:
    """`text` with its dates at the end."""
    if when is None:
        return f"{text}, until {until}" if until else text
    shown_start, shown_end = str(when), str(until) if until else ""
    if not shown_end or shown_end == shown_start:
        return f"{text}, {shown_start}"
    return f"{text}, {shown_start} to {shown_end}"
