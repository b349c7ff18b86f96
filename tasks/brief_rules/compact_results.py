"""Results that share a line: latest values that are not flagged, and tests that have no value."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_adapters.history import Entry
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.series import Series
from tasks.brief_rules.wording import capitalised, day, joined, lowered

_COMPACT = 14  # values in a compact line


def compact(lead: str, series: Sequence[Series], weight: Weight = Weight.PLAIN, *, few: bool = True) -> list[Finding]:
    """Latest values of many tests in one line, the newest day's first; `few` says whether unknown tests are named."""
    if not series:
        return []
    named = sorted((s for s in series if few or s.test), key=_compact_place)[:_COMPACT]
    shown = sorted(named, key=lambda s: s.latest.entry.when.text[:10] if s.latest.entry.when else "", reverse=True)
    groups: dict[str, list[str]] = {}
    for one in shown:
        name = lowered(one.short if one.test and one.test.vital else one.title)
        words = joined((f"{name} {one.latest.text}", flag_word(one.latest.value), _bracketed(one.mark)), " ")
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


def without_value(chart: Chart, found: Sequence[Series], pending: Sequence[Entry]) -> list[Finding]:
    """Tests that were asked for in the last twelve months and have no value: not done, failed, or not back yet."""
    absent = [series for series in found if series.is_absent and chart.is_recent(series.latest.entry)]
    texts = [_absence(series) for series in absent]
    awaited = [entry for entry in pending if chart.is_recent(entry)]
    texts += [f"{lowered(entry.title)} not back yet ({_pending(entry)})" for entry in awaited]
    if not texts:
        return []
    cited = [*(series.latest.entry for series in absent), *awaited]
    text = capitalised("; ".join(texts))
    urgency = Urgency.OTHER_RESULT
    return [
        finding(
            Section.RESULTS, "Without a value", text, cited, slot=Slot.RESULT, urgency=urgency, weight=Weight.NOTABLE
        )
    ]


def _absence(series: Series) -> str:
    """`potassium: no value (error), 27-Oct-2026`."""
    return joined((f"{lowered(series.title)}: {series.latest.text}", day(series.latest.entry.when), series.mark))


def _pending(entry: Entry) -> str:
    return joined((day(entry.when), entry.unread_modifier))


def _bracketed(mark: str) -> str:
    return f"({mark})" if mark else ""
