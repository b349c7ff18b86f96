"""chart-summary (patient-view): the checked AI summary of this very chart, or the chart brief and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, assert_never

from fhir_adapters.history import AlarmKind
from fhir_adapters.prefetch import PREFETCH
from hooks import wording
from hooks.card import Card, CardKind, Coding, Indicator, Link, Source, Suggestion
from hooks.markdown import Markdown
from hooks.reasons import OVERRIDE_REASONS, TOPIC_SYSTEM
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
            if summary_id in chart.answered.summaries and not _is_mixed_up(chart):
                return Silence.ACKNOWLEDGED
            return (_summary_card(chart, chart.state),)
        case Failed(since=since):
            return _brief_unless(chart, answered=_answered_after(chart, since))
        case Preparing():
            if chart.silent_while_preparing and not _is_mixed_up(chart):
                return Silence.SITE_CHOICE
            return _brief_unless(chart, answered=chart.answered.brief_at is not None)
        case Stale() | Absent():
            return _brief_unless(chart, answered=chart.answered.brief_at is not None)
        case _:
            assert_never(chart.state)


def _brief_unless(chart: Chart, *, answered: bool) -> tuple[Card, ...] | Silence:
    """The brief, unless this user has answered it for this same content; a mix-up is always shown."""
    return Silence.ACKNOWLEDGED if answered and not _is_mixed_up(chart) else (_brief_card(chart),)


def _answered_after(chart: Chart, since: datetime) -> bool:
    return chart.answered.brief_at is not None and chart.answered.brief_at >= since


def _summary_card(chart: Chart, ready: Ready) -> Card:
    warnings = _warnings(chart)
    return _card(
        chart,
        kind=CardKind.SUMMARY,
        summary_id=ready.summary_id,
        summary=wording.summary_line(ready.summary, chart.brief, warnings),
        detail=wording.summary_detail(
            chart.history, chart.brief, ready.summary, warnings, zone=chart.now.tzinfo or UTC
        ),
    )


def _brief_card(chart: Chart) -> Card:
    warnings = _warnings(chart)
    return _card(
        chart,
        kind=CardKind.BRIEF,
        awaits_summary=is_preparing(chart.state),
        summary=wording.brief_line(chart.brief, chart.state, warnings, now=chart.now),
        detail=wording.brief_detail(chart.history, chart.brief, chart.state, warnings, now=chart.now),
    )


def _card(
    chart: Chart,
    *,
    kind: CardKind,
    summary: str,
    detail: Markdown,
    summary_id: str = "",
    awaits_summary: bool = False,
) -> Card:
    can, uuid = chart.capabilities, chart.new_id()
    label = "I have reviewed this summary" if kind is CardKind.SUMMARY else "I have reviewed this brief"
    return Card(
        uuid=uuid,
        summary=summary,
        # The level is ours: nothing that a model says can raise it (SAF-ACK-1, T8).
        indicator=Indicator.WARNING if _is_mixed_up(chart) else Indicator.INFO,
        source=_SUMMARY_SOURCE if kind is CardKind.SUMMARY else _BRIEF_SOURCE,
        detail=detail,
        suggestions=(Suggestion(label=label, uuid=chart.new_id()),) if can.bare_suggestions else (),
        selection_behavior=can.selection_behavior,
        override_reasons=OVERRIDE_REASONS if can.override_menu else (),
        links=_links(chart, uuid),
        kind=kind,
        summary_id=summary_id,
        awaits_summary=awaits_summary,
    )


def _links(chart: Chart, uuid: str) -> tuple[Link, ...]:
    if chart.review_url is None or not chart.capabilities.links:
        return ()
    page = Link(label="Open review", url=chart.review_url(uuid))
    if not isinstance(chart.state, Stale):
        return (page,)
    state = chart.state
    age = f"as of {wording.moment(state.summary.made_at, chart.now)}, {wording.difference(state)} since"
    return (page, Link(label=f"Older AI summary ({age})", url=f"{chart.review_url(uuid)}#older-summary"))


def _warnings(chart: Chart) -> tuple[str, ...]:
    """What the card says before anything else."""
    mixed_up = (wording.WRONG_PATIENT_WARNING,) if _is_mixed_up(chart) else ()
    return (*mixed_up, *chart.brief.warnings)


def _is_mixed_up(chart: Chart) -> bool:
    return any(alarm.kind is AlarmKind.WRONG_PATIENT_RESOURCE for alarm in chart.alarms)
