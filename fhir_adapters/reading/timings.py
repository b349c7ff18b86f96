"""How often: FHIR's Timing in the words of a prescription."""

from __future__ import annotations

from fhir_adapters.reading.concepts import label_at
from fhir_adapters.reading.elements import Element, child, texts_of
from fhir_adapters.reading.quantities import number_of, quantity_text, range_of, shown
from fhir_adapters.reading.statuses import status_at

_TIMES = {"1": "once", "2": "twice", "3": "three times", "4": "four times"}
_EVERY = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_ADVERBS = {"d": "daily", "wk": "weekly", "mo": "monthly", "a": "yearly", "h": "hourly"}
# https://hl7.org/fhir/R4/valueset-timing-abbreviation.html, in words: no qd, no qod
_CODES = {
    "bid": "twice daily",
    "tid": "three times daily",
    "qid": "four times daily",
    "am": "every morning",
    "pm": "every afternoon",
    "qd": "once daily",
    "qod": "every other day",
    "q1h": "every hour",
    "q2h": "every 2 hours",
    "q3h": "every 3 hours",
    "q4h": "every 4 hours",
    "q6h": "every 6 hours",
    "q8h": "every 8 hours",
    "q12h": "every 12 hours",
    "bed": "at bedtime",
    "wk": "weekly",
    "mo": "monthly",
}
# https://hl7.org/fhir/R4/valueset-event-timing.html
_MOMENTS = {
    "MORN": "in the morning",
    "NOON": "at noon",
    "AFT": "in the afternoon",
    "EVE": "in the evening",
    "NIGHT": "at night",
    "HS": "at bedtime",
    "WAKE": "on waking",
    "C": "with meals",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner",
    "AC": "before meals",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after meals",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
}
_DAYS = {"mon": "Mon", "tue": "Tue", "wed": "Wed", "thu": "Thu", "fri": "Fri", "sat": "Sat", "sun": "Sun"}


def frequency_text(timing: Element) -> str:
    """A Timing in words: `twice daily`, `every 6 hours for 7 days`; empty where it says nothing."""
    repeat = child(timing, "repeat")
    code = status_at(timing, _CODES, "code", "v3-GTSAbbreviation")
    said = [
        _rate(repeat) or _CODES.get(code) or label_at(timing, "code"),
        ", ".join(_MOMENTS[moment] for moment in texts_of(repeat, "when") if moment in _MOMENTS),
        _on_days(repeat),
        _at_times(repeat),
        _for_how_long(repeat),
    ]
    return " ".join(part for part in said if part)


def _rate(repeat: Element) -> str:
    frequency, period = number_of(repeat.get("frequency")), number_of(repeat.get("period"))
    unit = repeat.get("periodUnit")
    if period is None or not isinstance(unit, str) or unit not in _EVERY:
        return ""
    times = shown(frequency) if frequency is not None else "1"
    most = number_of(repeat.get("frequencyMax"))
    if most is not None:
        times = f"{times}-{shown(most)}"
    longest = number_of(repeat.get("periodMax"))
    span = f"{shown(period)}-{shown(longest)}" if longest is not None else shown(period)
    if span == "1":
        return _ADVERBS["h"] if (times, unit) == ("1", "h") else f"{_TIMES.get(times, f'{times} times')} {_per(unit)}"
    every = f"every {span} {_EVERY[unit]}s"
    return every if times == "1" else f"{_TIMES.get(times, f'{times} times')} {every}"


def _per(unit: str) -> str:
    return _ADVERBS.get(unit) or f"per {_EVERY[unit]}"


def _on_days(repeat: Element) -> str:
    days = [_DAYS[day.lower()] for day in texts_of(repeat, "dayOfWeek") if day.lower() in _DAYS]
    return f"on {', '.join(days)}" if days else ""


def _at_times(repeat: Element) -> str:
    times = [time[:5] for time in texts_of(repeat, "timeOfDay")]
    return f"at {', '.join(times)}" if times else ""


def _for_how_long(repeat: Element) -> str:
    bounds = quantity_text(child(repeat, "boundsDuration")) or range_of(child(repeat, "boundsRange"))
    number, _, unit = bounds.rpartition(" ")
    if unit in _EVERY:
        bounds = f"{number} {_EVERY[unit]}{'' if number == '1' else 's'}"
    return f"for {bounds}" if bounds else ""
