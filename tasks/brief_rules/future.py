"""What is dated after the chart's day and no other line tells: shown with its sources, never taken for today."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.marks import AHEAD
from tasks.brief_rules.wording import clip, listed

_SHOWN = 8
_LINE_LIMIT = 140


def future_findings(chart: Chart, told: Iterable[Finding]) -> list[Finding]:
    """One line of the entries that none of `told` cites; none where nothing is dated in the future."""
    if not chart.ahead:
        return []
    cited = {entry_id for one in told for entry_id in one.line.entry_ids}
    untold = [entry for entry in chart.newest_first(chart.ahead) if entry.id not in cited]
    if not untold:
        return []
    text = listed([clip(entry.line, _LINE_LIMIT) for entry in untold], _SHOWN)
    return [
        finding(
            Section.CARE,
            AHEAD.capitalize(),
            f"{text} ({AHEAD}, not counted)",
            untold,
            slot=Slot.RECORD,
            urgency=Urgency.BACKGROUND,
            weight=Weight.NOTABLE,
        )
    ]
