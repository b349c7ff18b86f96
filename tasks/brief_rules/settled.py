"""Results that need no line of their own: back within the source's range, or positive in words without a flag."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhir_adapters.history import Entry, Value
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.marks import is_preliminary
from tasks.brief_rules.series import Series, gravity_of
from tasks.brief_rules.trend import NO_UNITS, Point
from tasks.brief_rules.wording import day, joined, lowered, span

_CLEARLY = 1.0  # step of the test's own scale outside the source's range
_TIMES = 3  # where the source gives no range: how many times the latest value
_LISTED = 6
_SHOWN = 4
_STEM = 5  # letters of a title by which a value names its own test: "ketones", "urine ketone test = +"
# A dipstick's "+++" or "2+", alone or after "=", and a result that is "positive" in so many words.
_GRADED = re.compile(
    r"(?:^|[=\s])(?:[1-4]\s?\+|\+{1,4})$|^(?:(?:strongly|weakly)\s)?(?:positive|detected)\b", re.IGNORECASE
)
_NO_FINDING = re.compile(r"\b(?:rh|rhesus|abo|blood (?:group|type))\b", re.IGNORECASE)  # "Rh: positive" is a type


def is_graded(series: Series) -> bool:
    """Whether the latest value is positive in words, or graded by pluses, and carries no flag."""
    value = series.latest.value
    return (
        value.number is None
        and not value.is_abnormal
        and _GRADED.search(value.text) is not None
        and not _NO_FINDING.search(series.latest.entry.title)
    )


def graded_findings(chart: Chart, found: Sequence[Series]) -> list[Finding]:
    """`Positive in words: urine protein test = +++ (08-Oct-2026)`, of the last twelve months."""
    shown = [series for series in found if chart.is_recent(series.latest.entry)][:_LISTED]
    if not shown:
        return []
    days: dict[str, list[str]] = {}
    for series in shown:
        said = joined((_graded(series), f"({series.mark})" if series.mark else ""), " ")
        days.setdefault(day(series.latest.entry.when), []).append(said)
    text = "; ".join(f"{', '.join(texts)} ({when})" for when, texts in days.items())
    cited = [series.latest.entry for series in shown]
    return [_line("Positive in words", text, cited, urgency=Urgency.OTHER_RESULT, weight=Weight.NOTABLE)]


def _graded(series: Series) -> str:
    """The value alone where it names the test itself: "Urine protein test = +++"."""
    title, text = lowered(series.latest.entry.title), lowered(series.latest.value.text)
    return text if title[:_STEM].lower() in text.lower() else f"{title} {text}"


def peak_of(chart: Chart, series: Series) -> Point | None:
    """The last twelve months' clearly abnormal value that a now normal test has come back from; None for others."""
    points, last = series.comparable, series.latest
    if len(points) < 2 or not _is_called_normal(last.value) or not chart.is_recent(last.entry):  # noqa: PLR2004
        return None
    before = [p for p in points[:-1] if p.value.is_abnormal and chart.is_recent(p.entry) and _is_clear(series, p, last)]
    return max(before, key=lambda point: abs(_number(point.value) - _number(last.value)), default=None)


def _is_called_normal(value: Value) -> bool:
    """By the source: a creatinine that carries neither flag nor range today is not normal for want of them."""
    ranged = value.low is not None or value.high is not None
    return not value.is_abnormal and (value.flag == "N" or (ranged and not value.flag))


def _is_clear(series: Series, point: Point, last: Point) -> bool:
    value = point.value
    if value.is_critical or value.low is not None or value.high is not None:
        return value.is_critical or gravity_of(value, None, series.test) >= _CLEARLY
    smaller, larger = sorted((abs(_number(value)), abs(_number(last.value))))
    return larger >= _TIMES * smaller


def _number(value: Value) -> float:
    return float(value.number or 0)


def settled_findings(chart: Chart, found: Sequence[tuple[Series, Point]]) -> list[Finding]:
    """`No longer abnormal: CRP 108 → 74 → 0.2 mg/L (…)`: the course from its peak on, of each."""
    texts: list[str] = []
    cited: list[Entry] = []
    for series, peak in found[:_LISTED]:
        course = series.comparable[series.comparable.index(peak) :]
        shown = course if len(course) <= _SHOWN else (course[0], *course[-_SHOWN + 1 :])
        numbers = [f"{p.number_text} (preliminary)" if is_preliminary(p.entry) else p.number_text for p in shown]
        if len(shown) < len(course):
            numbers.insert(1, "…")
        unit = series.latest.value.unit
        unit = "" if unit.lower() in NO_UNITS else unit
        dates = span(peak.entry.when, series.latest.entry.when, chart.lately)
        texts.append(f"{lowered(series.title)} {' → '.join(numbers)} {unit}".strip() + f" ({dates})")
        cited += [point.entry for point in shown]
    return [_line("No longer abnormal", "; ".join(texts), cited, urgency=Urgency.BACKGROUND)] if texts else []


def _line(lead: str, text: str, cited: Sequence[Entry], *, urgency: Urgency, weight: Weight = Weight.PLAIN) -> Finding:
    return finding(Section.RESULTS, lead, text, cited, slot=Slot.RESULT, urgency=urgency, weight=weight)
