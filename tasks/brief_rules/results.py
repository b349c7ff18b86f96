"""Results: critical, abnormal and trending first, one line each; what is normal or unflagged in one compact line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from fhir_adapters.history import Coverage, Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import DEMOGRAPHIC, DIRECTIVE, SOCIAL_TESTS, KnownTest
from tasks.brief_rules.pressure import is_pressure, pressure_finding, readings
from tasks.brief_rules.series import Point, Series, flag_word, series_of
from tasks.brief_rules.wording import capitalised, clip, day, joined, lowered

_LISTED = 10  # abnormal lines of their own; the rest share one
_COMPACT = 14  # values in a compact line
_FEW_TESTS = 20  # a chart with no more tests than this shows those it does not know as well
_STALE_YEARS = 3
_GRAVE = 1.5  # steps outside the source's range from which a key test goes before others even when it is steady
_BODY_SIZE = frozenset({"weight", "height", "bmi"})
_NOT_FINAL = {"preliminary": "preliminary", "partial": "preliminary", "corrected": "corrected", "amended": "amended"}
_NO_VALUE = ("no value", "not done")  # how reading words a dataAbsentReason


class Step(IntEnum):
    """How much a test's latest value asks for attention."""

    CRITICAL = 0
    WORSENING = 1
    ABNORMAL = 2
    TRENDING = 3
    PLAIN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """Every test of a chart, gravest first, each with its step; blood pressures and pending results apart."""

    ranked: tuple[tuple[Step, Series], ...]
    pressures: tuple[Entry, ...]
    pending: tuple[Entry, ...]

    def grave_tests(self, chart: Chart) -> list[str]:
        """Ids of the known tests whose latest value would stand on the card, gravest first."""
        return [
            series.test.id
            for step, series in self.ranked
            if series.test and step < Step.PLAIN and _urgency(chart, step, series) <= Urgency.GRAVE_RESULT
        ]

    def newly_abnormal(self, chart: Chart) -> list[Series]:
        """Tests whose latest value, of the last twelve months, is flagged, while the one before it was not."""
        return [
            series
            for step, series in self.ranked
            if step < Step.TRENDING
            and chart.is_recent(series.latest.entry)
            and len(series.comparable) > 1
            and not series.comparable[-2].value.is_abnormal
        ]


def read_results(chart: Chart) -> Results:
    """The chart's results and vital signs as series."""
    entries = [
        entry
        for entry in chart.of(Kind.RESULT, Kind.VITAL)
        if entry.standing is not Standing.REFUTED and not _is_social(entry)
    ]
    pressures = tuple(entry for entry in entries if is_pressure(entry))
    apart = {entry.id for entry in pressures}
    pending = tuple(e for e in entries if e.standing is Standing.PLANNED and not e.values)
    all_series = series_of((e for e in entries if e.id not in apart), chart.keys)
    ranked = sorted(((_step(chart, s), s) for s in all_series), key=lambda pair: _place(chart, *pair))
    return Results(ranked=tuple(ranked), pressures=pressures, pending=pending)


def result_findings(chart: Chart, results: Results) -> list[Finding]:
    """The result lines, one at least."""
    notable = [(step, s) for step, s in results.ranked if step < Step.PLAIN]
    current = [(step, s) for step, s in notable if not _is_stale(chart, s)]
    listed = current if len(current) <= _LISTED + 1 else current[:_LISTED]
    findings = [_line(chart, step, series) for step, series in listed]
    findings += _compact("Also abnormal or changing", [s for _, s in current[len(listed) :]], Weight.ABNORMAL)
    if pressure := pressure_finding(chart, readings(results.pressures, chart.keys)):
        findings.append(pressure)
    findings += _without_value(chart, results)
    plain = [s for step, s in results.ranked if step is Step.PLAIN and not _is_stale(chart, s) and not _is_absent(s)]
    few = len(results.ranked) <= _FEW_TESTS
    vitals = [s for s in plain if _is_vital(s) and not (chart.adult and s.test and s.test.id == "height")]
    findings += _compact("Latest vital signs", [s for s in vitals if few or s.test])
    findings += _compact("Latest results, not flagged", [s for s in plain if not _is_vital(s)], few=few)
    findings += _compact("Abnormal when last measured, long ago", [s for _, s in notable if _is_stale(chart, s)])
    return findings or [_none(chart)]


def _is_social(entry: Entry) -> bool:
    """Answers about a person's circumstances, and directives, which some systems file as results."""
    if any(code.code in SOCIAL_TESTS for code in entry.codes) or entry.title.endswith("?"):
        return True
    numeric = any(value.number is not None for value in entry.values)
    return not numeric and bool(DEMOGRAPHIC.find(entry.title) or DIRECTIVE.find(entry.title))


def _step(chart: Chart, series: Series) -> Step:
    value = series.latest.value
    if value.is_critical:
        return Step.CRITICAL
    if value.is_abnormal or _lately_critical(chart, series):
        return Step.WORSENING if series.is_worsening else Step.ABNORMAL
    if series.test is None or series.trend is None or series.trend.word not in {"rising", "falling"}:
        return Step.PLAIN
    if not chart.adult and series.test.id in _BODY_SIZE:  # a child grows
        return Step.PLAIN
    if not series.test.worse:
        return Step.TRENDING if series.test.key or series.test.id == "weight" else Step.PLAIN
    told_often = len(series.trend.points) > 2 or series.test.key or _is_vital(series)  # noqa: PLR2004
    return Step.TRENDING if told_often and series.is_worsening else Step.PLAIN


def _lately_critical(chart: Chart, series: Series) -> Point | None:
    """The newest critical value of this month, where the latest value no longer is one."""
    return next((p for p in reversed(series.points[:-1]) if p.value.is_critical and chart.is_fresh(p.entry)), None)


def _place(chart: Chart, step: Step, series: Series) -> tuple[int, bool, bool, bool, float, str]:
    """Gravest first: this year's before older, known tests before unknown, this month's first, then by how far."""
    entry = series.latest.entry
    known = series.test is not None
    group = Step.ABNORMAL if step is Step.WORSENING else step
    weight = series.gravity + (series.test is not None and series.test.key) + 2 * series.is_worsening
    return group, not chart.is_recent(entry), not known, not chart.is_fresh(entry), -weight, series.title.lower()


def _is_vital(series: Series) -> bool:
    return series.test.vital if series.test else series.latest.entry.kind is Kind.VITAL


def _is_absent(series: Series) -> bool:
    return series.latest.value.text.startswith(_NO_VALUE)


def _is_stale(chart: Chart, series: Series) -> bool:
    """Measured more than three years before the newest entry of the chart."""
    when = series.latest.entry.when
    if when is None or not chart.newest:
        return False
    return when.text < f"{int(chart.newest[:4]) - _STALE_YEARS}{chart.newest[4:]}"


def _line(chart: Chart, step: Step, series: Series) -> Finding:
    last = series.latest
    flag = flag_word(last.value)
    trend = series.trend.word if series.trend else ""
    urgency = _urgency(chart, step, series)
    weight = Weight.ABNORMAL if flag or series.is_worsening else Weight.NOTABLE
    past = _lately_critical(chart, series) if step is not Step.CRITICAL else None
    was = f"{flag_word(past.value)} {past.text} on {day(past.entry.when)}" if past else ""
    return finding(
        Section.RESULTS,
        joined((f"{series.title} {flag}", trend)) if flag else f"{series.title} {trend}".strip(),
        joined((series.values_text(chart.lately), was, _NOT_FINAL.get(last.entry.status, ""))),
        [*series.entries, *([past.entry] if past else [])],
        slot=Slot.RESULT,
        urgency=urgency,
        weight=Weight.CRITICAL if step is Step.CRITICAL else weight,
        phrase=_phrase(series, flag) if urgency <= Urgency.ABNORMAL_RESULT else "",
    )


def _urgency(chart: Chart, step: Step, series: Series) -> Urgency:
    """Where a result stands on the way to the card; old ones, and tests that the brief does not know, further back."""
    if not chart.is_recent(series.latest.entry):
        return Urgency.OLD_RESULT
    if step is Step.CRITICAL:
        return Urgency.CRITICAL_RESULT
    if series.test is None or series.test.id in _BODY_SIZE:
        return Urgency.OTHER_RESULT if step <= Step.ABNORMAL else Urgency.TREND
    return _urgency_of_known(step, series, series.test)


def _urgency_of_known(step: Step, series: Series, test: KnownTest) -> Urgency:
    if series.is_worsening and (test.key or series.gravity >= _GRAVE):
        return Urgency.GRAVE_RESULT
    if step is Step.TRENDING:
        return Urgency.TREND if series.is_worsening else Urgency.NEUTRAL_TREND
    if test.worse and test.worse not in flag_word(series.latest.value):
        return Urgency.OTHER_RESULT  # a low creatinine
    return Urgency.GRAVE_RESULT if test.key and series.gravity >= _GRAVE else Urgency.ABNORMAL_RESULT


def _phrase(series: Series, flag: str) -> str:
    """`eGFR 31 falling (58 in 2023)`, `potassium 5.4 high, rising`, `sodium 129 low`."""
    last = series.latest
    shown = last.number_text if last.value.number is not None else clip(last.value.text, 20)
    name = lowered(series.short)
    trend = series.trend
    if trend is None:
        return f"{name} {shown} {flag}".strip()
    first = trend.points[0]
    year = first.entry.when.text[:4] if first.entry.when else ""
    long = year and last.entry.when and year < last.entry.when.text[:4]
    if trend.word in {"rising", "falling"} and long and (not flag or (series.test and series.test.worse)):
        return f"{name} {shown} {trend.word} ({first.number_text} in {year})"
    return f"{name} {shown} {joined((flag, trend.word))}".strip()


def _compact(lead: str, series: Sequence[Series], weight: Weight = Weight.PLAIN, *, few: bool = True) -> list[Finding]:
    """Latest values of many tests in one line, the newest day's first; `few` says whether unknown tests are named."""
    if not series:
        return []
    named = sorted((s for s in series if few or s.test), key=_compact_place)[:_COMPACT]
    shown = sorted(named, key=lambda s: s.latest.entry.when.text[:10] if s.latest.entry.when else "", reverse=True)
    groups: dict[str, list[str]] = {}
    for one in shown:
        name = lowered(one.short if one.test and one.test.vital else one.title)
        words = joined((f"{name} {one.latest.text}", flag_word(one.latest.value)), " ")
        groups.setdefault(day(one.latest.entry.when), []).append(words)
    parts = [f"{', '.join(items)} ({when})" for when, items in groups.items()]
    if left := len(series) - len(shown):
        parts.append(f"and {left} more" if parts else f"{left} results")
    entries = [one.latest.entry for one in shown]
    text = "; ".join(parts)
    return [
        finding(Section.RESULTS, lead, text, entries, slot=Slot.RESULT, urgency=Urgency.BACKGROUND, weight=weight),
    ]


def _compact_place(series: Series) -> tuple[bool, bool, str]:
    return series.test is None or not series.test.key, series.test is None, series.title.lower()


def _without_value(chart: Chart, results: Results) -> list[Finding]:
    """Tests that were asked for in the last twelve months and have no value: not done, failed, or not back yet."""
    absent = [s for _, s in results.ranked if _is_absent(s) and chart.is_recent(s.latest.entry)]
    texts = [_absence(series) for series in absent]
    pending = [entry for entry in results.pending if chart.is_recent(entry)]
    texts += [f"{lowered(entry.title)} not back yet ({day(entry.when)})" for entry in pending]
    if not texts:
        return []
    cited = [*(series.latest.entry for series in absent), *pending]
    text = capitalised("; ".join(texts))
    urgency = Urgency.OTHER_RESULT
    return [
        finding(
            Section.RESULTS, "Without a value", text, cited, slot=Slot.RESULT, urgency=urgency, weight=Weight.NOTABLE
        )
    ]


def _absence(series: Series) -> str:
    """`potassium: no value (error), 27-Oct-2026`."""
    return f"{lowered(series.title)}: {series.latest.text}, {day(series.latest.entry.when)}"


def _none(chart: Chart) -> Finding:
    unseen = chart.covers("Observation") is Coverage.NONE
    lead, text = ("Results were not seen", "") if unseen else ("Results", "none recorded")
    return finding(Section.RESULTS, lead, text, (), slot=Slot.RECORD)
