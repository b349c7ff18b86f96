"""Results: critical, abnormal and trending first, one line each; what is normal or unflagged in one compact line."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.history import Coverage, Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.pressure import is_pressure, pressure_finding, readings
from tasks.brief_rules.series import Series, flag_word, series_of
from tasks.brief_rules.wording import clip, day, joined, lowered

_LISTED = 10  # abnormal lines of their own; the rest share one
_COMPACT = 14  # values in a compact line
_STALE_YEARS = 3
_GROWTH = frozenset({"weight", "height", "bmi"})  # in a child these rise by nature
_NOT_FINAL = {"preliminary": "preliminary", "registered": "preliminary", "corrected": "corrected", "amended": "amended"}
_CRITICAL, _WORSENING, _ABNORMAL, _TRENDING, _PLAIN = range(5)


def result_findings(chart: Chart) -> tuple[list[Finding], list[str]]:
    """The result lines, and the ids of the abnormal or worsening known tests, gravest first."""
    entries = chart.of(Kind.RESULT, Kind.VITAL)
    usable = [entry for entry in entries if entry.standing is not Standing.REFUTED]
    pressures = [entry for entry in usable if is_pressure(entry)]
    all_series = series_of(entry for entry in usable if not is_pressure(entry))
    ranked = sorted(((_step(chart, s), s) for s in all_series), key=lambda pair: _place(chart, *pair))
    notable = [(step, s) for step, s in ranked if step < _PLAIN]
    current = [(step, s) for step, s in notable if not _is_stale(chart, s)]
    listed = current if len(current) <= _LISTED + 1 else current[:_LISTED]
    findings = [_line(chart, step, series) for step, series in listed]
    findings += _compact("Also abnormal or changing", [s for _, s in current[len(listed) :]], Weight.ABNORMAL)
    if pressure := pressure_finding(chart, readings(pressures)):
        findings.append(pressure)
    plain = [s for step, s in ranked if step == _PLAIN and not _is_stale(chart, s)]
    findings += _compact("Latest vital signs", [s for s in plain if _is_vital(s)])
    findings += _compact("Latest results, not flagged", [s for s in plain if not _is_vital(s)])
    findings += _compact("Abnormal when last measured, long ago", [s for _, s in notable if _is_stale(chart, s)])
    tests = [s.test.id for step, s in current if s.test and step < _TRENDING or s.is_worsening and s.test]
    return findings or [_none(chart)], tests


def newly_abnormal(chart: Chart) -> list[Series]:
    """Tests whose latest value, of the last twelve months, is flagged, while the one before it was not."""
    found = []
    for series in series_of(e for e in chart.of(Kind.RESULT, Kind.VITAL) if not is_pressure(e)):
        last = series.latest
        earlier = [point for point in series.comparable if point is not last]
        if last.value.is_abnormal and chart.is_recent(last.entry) and earlier and not earlier[-1].value.is_abnormal:
            found.append(series)
    return found


def _step(chart: Chart, series: Series) -> int:
    value = series.latest.value
    if value.is_critical:
        return _CRITICAL
    if value.is_abnormal:
        return _WORSENING if series.is_worsening else _ABNORMAL
    if series.test is None or series.trend is None or series.trend.word not in {"rising", "falling"}:
        return _PLAIN
    if not chart.adult and series.test.id in _GROWTH:
        return _PLAIN
    return _TRENDING if series.is_worsening or len(series.trend.points) > 2 or _is_vital(series) else _PLAIN  # noqa: PLR2004


def _place(chart: Chart, step: int, series: Series) -> tuple[int, bool, bool, str]:
    """Gravest first; the tests every clinician asks for before others, this month's before older ones."""
    key = series.test is not None and series.test.key
    return step, not chart.is_fresh(series.latest.entry), not key, series.title.lower()


def _is_vital(series: Series) -> bool:
    return series.test.vital if series.test else series.latest.entry.kind is Kind.VITAL


def _is_stale(chart: Chart, series: Series) -> bool:
    """Measured more than three years before the newest entry of the chart."""
    when = series.latest.entry.when
    if when is None or not chart.newest:
        return False
    return when.text < f"{int(chart.newest[:4]) - _STALE_YEARS}{chart.newest[4:]}"


def _line(chart: Chart, step: int, series: Series) -> Finding:
    last = series.latest
    flag = flag_word(last.value)
    trend = series.trend.word if series.trend else ""
    status = _NOT_FINAL.get(last.entry.status, "")
    worsening = series.is_worsening
    urgency = {
        _CRITICAL: Urgency.CRITICAL_RESULT,
        _WORSENING: Urgency.WORSENING_RESULT,
        _ABNORMAL: Urgency.ABNORMAL_RESULT,
    }.get(step, Urgency.TREND)
    if not chart.is_recent(last.entry):
        urgency = max(urgency, Urgency.ABNORMAL_RESULT)
    return finding(
        Section.RESULTS,
        joined((f"{series.title} {flag}".strip(), trend)) if flag else f"{series.title} {trend}".strip(),
        joined((series.values_text(chart.lately), status)),
        series.entries,
        slot=Slot.RESULT,
        urgency=urgency,
        weight=Weight.CRITICAL if step == _CRITICAL else Weight.ABNORMAL if flag or worsening else Weight.NOTABLE,
        phrase=_phrase(series, flag),
    )


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


def _compact(lead: str, series: Sequence[Series], weight: Weight = Weight.PLAIN) -> list[Finding]:
    """Latest values of many tests in one line, the newest day's first, the others with their dates."""
    if not series:
        return []
    ordered = sorted(series, key=_compact_place)
    newest_first = sorted(ordered, key=lambda s: s.latest.entry.sort_key[:10], reverse=True)
    shown, left = newest_first[:_COMPACT], newest_first[_COMPACT:]
    groups: dict[str, list[str]] = {}
    for one in shown:
        words = joined((f"{lowered(one.title)} {one.latest.value.text}", flag_word(one.latest.value)), " ")
        groups.setdefault(day(one.latest.entry.when), []).append(words)
    text = "; ".join(f"{', '.join(items)} ({when})" for when, items in groups.items())
    more = f"; and {len(left)} more" if left else ""
    entries = [one.latest.entry for one in shown]
    urgency = Urgency.BACKGROUND
    return [
        finding(Section.RESULTS, lead, text + more, entries, slot=Slot.RESULT, urgency=urgency, weight=weight),
    ]


def _compact_place(series: Series) -> tuple[bool, bool, str]:
    return series.test is None or not series.test.key, series.test is None, series.title.lower()


def _none(chart: Chart) -> Finding:
    seen: Coverage = chart.history.covers("Observation")
    lead = "Results were not seen" if seen is Coverage.NONE else "Results"
    text = "" if seen is Coverage.NONE else "none recorded"
    none: Sequence[Entry] = ()
    return finding(Section.RESULTS, lead, text, none, slot=Slot.RECORD)
