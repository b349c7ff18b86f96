"""chart-summary (patient-view): the checked AI summary of this very chart, or the chart brief and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, assert_never

from fhir_adapters.prefetch import PREFETCH
from hooks import wording
from hooks.card import Card, CardKind, Coding, Source
from hooks.chart_card import card_warnings, chart_card, is_mixed_up, needs_a_look
from hooks.reasons import TOPIC_SYSTEM
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service
from tasks.states import Absent, Failed, Preparing, Ready, Stale, is_preparing

# Two topics: a client that hides a topic once it is acknowledged must not hide the AI summary after the brief.
SUMMARY_TOPIC: Final = Coding(system=TOPIC_SYSTEM, code="chartsummary", display="AI summary of the chart")
BRIEF_TOPIC: Final = Coding(system=TOPIC_SYSTEM, code="chartbrief", display="Chart brief")
_SUMMARY_SOURCE: Final = Source(label="Chartside", topic=SUMMARY_TOPIC)
_BRIEF_SOURCE: Final = Source(label="Chartside", topic=BRIEF_TOPIC)


@service(
    id="chart-summary",
    hook="patient-view",
    title="Chart summary",
    description="A cited summary of the patient's chart: made by AI and checked by rule, or a brief made by rule.",
    prefetch=PREFETCH,
)
def chart_summary(_request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
    """One card, or the coded reason for none. A failure always has a card."""
    match chart.state:
        case Ready(summary_id=summary_id):
            if summary_id in chart.answered.summaries and not needs_a_look(chart):
                return Silence.ACKNOWLEDGED
            return (_summary_card(chart, chart.state),)
        case Failed(since=since):
            return _brief_unless(chart, answered=_answered_after(chart, since))
        case Preparing():
            if chart.silent_while_preparing and not is_mixed_up(chart):
                return Silence.SITE_CHOICE
            return _brief_unless(chart, answered=chart.answered.brief_at is not None)
        case Stale() | Absent():
            return _brief_unless(chart, answered=chart.answered.brief_at is not None)
        case _:
            assert_never(chart.state)


def _brief_unless(chart: Chart, *, answered: bool) -> tuple[Card, ...] | Silence:
    """The brief, unless this user has answered it for this same content, as far as that was seen."""
    return Silence.ACKNOWLEDGED if answered and not needs_a_look(chart) else (_brief_card(chart),)


def _answered_after(chart: Chart, since: datetime) -> bool:
    return chart.answered.brief_at is not None and chart.answered.brief_at >= since


def _summary_card(chart: Chart, ready: Ready) -> Card:
    warnings = card_warnings(chart)
    return chart_card(
        chart,
        source=_SUMMARY_SOURCE,
        kind=CardKind.SUMMARY,
        summary_id=ready.summary_id,
        summary=wording.summary_line(ready.summary, chart.brief, warnings),
        detail=wording.summary_detail(
            chart.history, chart.brief, ready.summary, warnings, zone=chart.now.tzinfo or UTC
        ),
    )


def _brief_card(chart: Chart) -> Card:
    warnings = card_warnings(chart)
    return chart_card(
        chart,
        source=_BRIEF_SOURCE,
        awaits_summary=is_preparing(chart.state),
        summary=wording.brief_line(chart.brief, chart.state, warnings, now=chart.now),
        detail=wording.brief_detail(chart.history, chart.brief, chart.state, warnings, now=chart.now),
    )
