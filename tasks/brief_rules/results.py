"""Results: critical, abnormal and trending first, one line each; what is normal or unflagged in one compact line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from fhir_adapters.history import Coverage, Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart, has_number
from tasks.brief_rules.compact_results import compact, without_value
from tasks.brief_rules.corrections import without_replaced
from tasks.brief_rules.finding import PHRASE_LIMIT, Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.lexicon import DEMOGRAPHIC, DIRECTIVE, SOCIAL_TESTS, KnownTest
from tasks.brief_rules.marks import is_preliminary, result_mark
from tasks.brief_rules.pressure import Reading, is_pressure, pressure_findings, readings
from tasks.brief_rules.scores import is_risk_score
from tasks.brief_rules.series import Series, series_of
from tasks.brief_rules.settled import graded_findings, is_graded, peak_of, settled_findings
from tasks.brief_rules.trend import Point
from tasks.brief_rules.wording import clip, day, joined, lowered

_LISTED = 10  # abnormal lines of their own; the rest share one
_FEW_TESTS = 20  # a chart with no more tests than this shows those it does not know as well
_STALE_YEARS = 3
_GRAVE = 1.5  # steps outside the source's range from which a key test goes before others even when it is steady
_BODY_SIZE = frozenset({"weight", "height", "bmi"})


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
    pressures: tuple[Reading, ...]
    pending: tuple[Entry, ...]
    scores: tuple[Entry, ...]  # values of risk scales that are filed as results: told with the care

    def grave_tests(self, chart: Chart) -> list[str]:
        """Ids of the known tests whose latest value would stand on the card, gravest first."""
        return [
            series.test.id.partition("-")[0]  # of every assay of it
            for step, series in self.ranked
            if series.test
            and series.is_counted
            and step < Step.PLAIN
            and _urgency(chart, step, series) <= Urgency.GRAVE_RESULT
        ]

    def newly_abnormal(self, chart: Chart) -> list[Series]:
        """Tests whose latest value, of the last twelve months, is flagged, while the one before it was not."""
        return [
            series
            for step, series in self.ranked
            if step < Step.TRENDING
            and series.is_counted
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
    entries = without_replaced(entries, chart.keys)
    halves: list[Entry] = []
    others: list[Entry] = []
    for entry in entries:
        (halves if is_pressure(entry) else others).append(entry)
    pressures, left = readings(halves, chart.keys)
    ranked, scores = _ranked(chart, [*others, *left])  # half a pressure, or one that is no plain number, is a result
    pending = tuple(e for e in entries if e.standing is Standing.PLANNED and not e.values)
    return Results(ranked=tuple(ranked), pressures=tuple(pressures), pending=pending, scores=tuple(scores))


def _ranked(chart: Chart, entries: Sequence[Entry]) -> tuple[list[tuple[Step, Series]], list[Entry]]:
    """The series, gravest first; and the values of risk scales, which leave the series."""
    found = series_of(entries, chart.keys)
    scales = [series for series in found if series.test is None and is_risk_score(series.latest.entry)]
    ranked = (
        [(_step(chart, series), series) for series in found if series not in scales]
        if scales
        else [(_step(chart, series), series) for series in found]
    )
    ranked.sort(key=lambda pair: _place(chart, *pair))
    return ranked, [point.entry for series in scales for point in series.points]


def result_findings(chart: Chart, results: Results) -> list[Finding]:
    """The result lines, one at least."""
    notable = [(step, s) for step, s in results.ranked if step < Step.PLAIN]
    current = [(step, s) for step, s in notable if not _is_stale(chart, s)]
    listed = current if len(current) <= _LISTED + 1 else current[:_LISTED]
    findings = [_line(chart, step, series) for step, series in listed]
    findings += compact("Also abnormal or changing", [s for _, s in current[len(listed) :]], Weight.ABNORMAL)
    findings += pressure_findings(chart, results.pressures)
    findings += without_value(chart, [s for _, s in results.ranked], results.pending)
    plain = [s for step, s in results.ranked if step is Step.PLAIN and not _is_stale(chart, s) and not s.is_absent]
    graded = [s for s in plain if is_graded(s)]
    settled = [(s, peak) for s in plain if s.is_counted and (peak := peak_of(chart, s))]
    findings += [*graded_findings(chart, graded), *settled_findings(chart, settled)]
    told = {id(series) for series in (*graded, *(series for series, _ in settled))}
    plain = [s for s in plain if id(s) not in told]
    few = len(results.ranked) <= _FEW_TESTS
    vitals = [s for s in plain if _is_vital(s) and not (chart.adult and s.test and s.test.id == "height")]
    findings += compact("Latest vital signs", [s for s in vitals if few or s.test])
    findings += compact("Latest results, not flagged", [s for s in plain if not _is_vital(s)], few=few)
    findings += compact("Abnormal when last measured, long ago", [s for _, s in notable if _is_stale(chart, s)])
    return findings or [_none(chart)]


def _is_social(entry: Entry) -> bool:
    """Answers about a person's circumstances, and directives, which some systems file as results."""
    if entry.title.endswith("?"):
        return True
    for code in entry.codes:
        if code.code in SOCIAL_TESTS:
            return True
    return not has_number(entry) and bool(DEMOGRAPHIC.find(entry.title) or DIRECTIVE.find(entry.title))


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
    return group, not _may_be_recent(chart, entry), not known, not chart.is_fresh(entry), -weight, series.title.lower()


def _is_vital(series: Series) -> bool:
    return series.test.vital if series.test else series.latest.entry.kind is Kind.VITAL


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
    if last.entry.unread_modifier:  # it may not be the patient's own
        urgency, weight = max(urgency, Urgency.OTHER_RESULT), Weight.NOTABLE
    elif step is Step.CRITICAL:
        weight = Weight.CRITICAL
    past = _lately_critical(chart, series) if step is not Step.CRITICAL else None
    was = _was_critical(past) if past else ""
    return finding(
        Section.RESULTS,
        joined((f"{series.title} {flag}", trend)) if flag else f"{series.title} {trend}".strip(),
        joined((series.values_text(chart.lately), was, series.mark)),
        [*series.entries, *([past.entry] if past else [])],
        slot=Slot.RESULT,
        urgency=urgency,
        weight=weight,
        phrase=_phrase(series, flag) if urgency <= Urgency.ABNORMAL_RESULT else "",
    )


def _was_critical(point: Point) -> str:
    mark = result_mark(point.entry)
    said = f"{flag_word(point.value)} {point.text} on {day(point.entry.when)}"
    return f"{said} ({mark})" if mark else said


def _may_be_recent(chart: Chart, entry: Entry) -> bool:
    """What bears no date that can be read may be of today."""
    return entry.when is None or chart.is_recent(entry)


def _urgency(chart: Chart, step: Step, series: Series) -> Urgency:
    """Where a result stands on the way to the card; old ones, and tests that the brief does not know, further back."""
    if not _may_be_recent(chart, series.latest.entry):
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
    """`eGFR 31 falling (58 in 2023)`, `potassium 5.4 high, rising`, `sodium 129 low (preliminary)`."""
    last = series.latest
    shown = last.number_text if last.value.number is not None else clip(last.value.text, 20)
    bare = f"{lowered(series.short)} {shown}"
    mark = f"({series.mark})" if not series.is_counted or is_preliminary(last.entry) else ""
    undated = "(undated)" if last.entry.when is None else ""
    whole = joined((bare, _course(series, flag), mark, undated), " ")
    return whole if len(whole) <= PHRASE_LIMIT else joined((bare, flag, mark, undated), " ")


def _course(series: Series, flag: str) -> str:
    """`falling (58 in 2023)`, or `high, rising`."""
    last, trend = series.latest, series.trend
    if trend is None:
        return flag
    first = trend.points[0]
    year = first.entry.when.text[:4] if first.entry.when else ""
    long = year and last.entry.when and year < last.entry.when.text[:4]
    if trend.word in {"rising", "falling"} and long and (not flag or (series.test and series.test.worse)):
        return f"{trend.word} ({first.number_text} in {year})"
    return joined((flag, trend.word))


def _none(chart: Chart) -> Finding:
    unseen = chart.covers("Observation") is Coverage.NONE
    lead, text = ("Results were not seen", "") if unseen else ("Results", "none recorded")
    return finding(Section.RESULTS, lead, text, (), slot=Slot.RECORD)
