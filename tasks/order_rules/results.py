"""A test or a service that is ordered: its latest values, what is under way already, and when it was last done."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import PHRASE_LIMIT, Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.imaging import impression_of, is_imaging_report
from tasks.brief_rules.results import Results
from tasks.brief_rules.series import Series
from tasks.brief_rules.wording import clip, day, joined, lowered, quoted
from tasks.order_rules.lexicon import panel_tests, single_test
from tasks.order_rules.matching import dated, is_same
from tasks.order_rules.order import Order

_MOST_TESTS = 6
_QUOTE_LIMIT = 200
_VALUE_LIMIT = 18  # with its unit, in the headline
_WAITING = frozenset({Standing.CURRENT, Standing.ON_HOLD})


def result_findings_of(chart: Chart, order: Order, results: Results, *, own: frozenset[str]) -> list[Finding]:
    """What the chart holds of this test or service. `own` are the references of the orders themselves."""
    under_way = [*_ordered(chart, order, own), *(one for one in results.pending if is_same(order, one))]
    values = [one for one in _series_of(order, results) if chart.is_recent(one.latest.entry)]
    findings = [_under_way(chart, under_way)] if under_way else []
    findings += _values(chart, order, values)
    return findings if values else [*findings, *_done(chart, order)]


def _ordered(chart: Chart, order: Order, own: frozenset[str]) -> list[Entry]:
    """Open orders of the last three months for the same: older ones that nobody closed say nothing."""
    return [
        entry
        for entry in chart.newest_first(chart.of(Kind.ORDER))
        if entry.standing in _WAITING
        and entry.reference not in own
        and not entry.unread_modifier
        and is_same(order, entry)
        and (entry.when is None or entry.when.text[:10] >= chart.quarter_ago)
    ]


def _series_of(order: Order, results: Results) -> list[Series]:
    """The tests that are ordered, in the panel's order; of a test that nobody knows, those of the same code or name."""
    wanted = _tests_of(order)
    counted = [one for _, one in results.ranked if one.is_counted and not one.is_absent]
    if wanted:
        known = [(one, _whole(one.test.id)) for one in counted if one.test]
        return [one for test in wanted for one, its in known if its == test]
    return [one for one in counted if is_same(order, one.latest.entry)]


def _tests_of(order: Order) -> tuple[str, ...]:
    panel = panel_tests(order.title, order.codes)
    if panel:
        return panel
    single = single_test(order.title, order.codes)
    return (single,) if single else ()


def _whole(test_id: str) -> str:
    """A test whatever the assay: `egfr` for `egfr-cystatin`."""
    return test_id.partition("-")[0]


def _under_way(chart: Chart, entries: Sequence[Entry]) -> Finding:
    newest = entries[0]
    return finding(
        Section.ORDERS,
        f"Already ordered: {newest.title}",
        joined((dated(chart, newest.when), newest.status, f"and {len(entries) - 1} more" if len(entries) > 1 else "")),
        entries,
        slot=Slot.EVENT,
        urgency=Urgency.NEW_IMAGING,
        weight=Weight.NOTABLE,
        phrase=f"{clip(lowered(newest.title), 25)} already ordered {day(newest.when)}",
    )


def _values(chart: Chart, order: Order, found: Sequence[Series]) -> list[Finding]:
    """One test with its course; a panel's tests with their latest values in one line."""
    if not found:
        return []
    shown = list(found[:_MOST_TESTS])
    newest = chart.newest_first(one.latest.entry for one in shown)[0]
    one = shown[0]
    if len(shown) == 1:
        lead = joined((f"Last {lowered(one.title)}", flag_word(one.latest.value), one.trend.word if one.trend else ""))
        text = joined((one.values_text(chart.lately), one.mark, _age(chart, newest)))
        measured = one.latest.text if len(one.latest.text) <= _VALUE_LIMIT else one.latest.number_text
        phrase = f"last {clip(lowered(one.short), 20)} {measured} on {day(newest.when)}"
    else:
        lead = f"Last results of {clip(lowered(order.title), 60)}"
        text = f"{dated(chart, newest.when)}: {'; '.join(_latest(series, newest) for series in shown)}"
        abnormal = next((one for one in shown if one.latest.value.is_abnormal), None)
        phrase = f"{clip(order.title, 25)} last {day(newest.when)}"
        if abnormal and len(whole := f"{phrase}: {_short(abnormal)}") <= PHRASE_LIMIT:
            phrase = whole
    return [
        finding(
            Section.ORDERS,
            lead,
            text,
            [entry for series in shown for entry in (series.entries if len(shown) == 1 else (series.latest.entry,))],
            slot=Slot.RESULT,
            urgency=Urgency.GRAVE_RESULT if chart.is_fresh(newest) else Urgency.RECENT_EVENT,
            weight=Weight.ABNORMAL if any(series.latest.value.is_abnormal for series in shown) else Weight.PLAIN,
            phrase=phrase,
        )
    ]


def _short(series: Series) -> str:
    return f"{lowered(series.short)} {series.latest.number_text} {flag_word(series.latest.value)}"


def _age(chart: Chart, entry: Entry) -> str:
    return dated(chart, entry.when).removeprefix(day(entry.when)).removeprefix(", ")


def _latest(series: Series, newest: Entry) -> str:
    """`haemoglobin 9.1 g/dL low, falling`, with its date where that is another than the newest."""
    last = series.latest
    elsewhere = day(last.entry.when) if day(last.entry.when) != day(newest.when) else ""
    trend = series.trend.word if series.trend else ""
    return joined(
        (f"{lowered(series.short)} {last.text} {flag_word(last.value)}".strip(), trend, series.mark, elsewhere)
    )


def _done(chart: Chart, order: Order) -> list[Finding]:
    """The newest report or procedure of the same kind, whose values are not told already."""
    done = [
        entry
        for entry in chart.newest_first(chart.of(Kind.REPORT, Kind.PROCEDURE))
        if entry.standing is not Standing.REFUTED
        and not (entry.kind is Kind.REPORT and is_imaging_report(entry))
        and is_same(order, entry)
    ]
    if not done:
        return []
    newest = done[0]
    said = impression_of(newest) if newest.kind is Kind.REPORT else newest.detail.get(Detail.OUTCOME, "")
    return [
        finding(
            Section.ORDERS,
            f"Done before: {newest.title}",
            joined((dated(chart, newest.when), quoted(said, _QUOTE_LIMIT) if said else ""), ": "),
            [newest],
            slot=Slot.EVENT,
            urgency=Urgency.RECENT_EVENT,
            phrase=f"{clip(newest.title, 35)} done {day(newest.when)}",
        )
    ]
