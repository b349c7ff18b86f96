"""The card about a chart: its level, its acknowledgment and its links, alike for every service that shows one."""

from __future__ import annotations

from fhir_adapters.history import AlarmKind
from hooks import wording
from hooks.card import Card, CardKind, Indicator, Link, Source, Suggestion
from hooks.markdown import Markdown
from hooks.reasons import OVERRIDE_REASONS
from hooks.service import Chart
from tasks.states import Stale


def chart_card(
    chart: Chart,
    *,
    source: Source,
    summary: str,
    detail: Markdown,
    kind: CardKind = CardKind.BRIEF,
    indicator: Indicator = Indicator.INFO,
    summary_id: str = "",
    awaits_summary: bool = False,
) -> Card:
    """The card. A mix-up of patients raises its level; nothing that a model says can (SAF-ACK-1, T8)."""
    can, uuid = chart.capabilities, chart.new_id()
    label = "I have reviewed this summary" if kind is CardKind.SUMMARY else "I have reviewed this brief"
    return Card(
        uuid=uuid,
        summary=summary,
        indicator=Indicator.WARNING if is_mixed_up(chart) else indicator,
        source=source,
        detail=detail,
        suggestions=(Suggestion(label=label, uuid=chart.new_id()),) if can.bare_suggestions else (),
        selection_behavior=can.selection_behavior,
        override_reasons=OVERRIDE_REASONS if can.override_menu else (),
        links=_links(chart, uuid),
        kind=kind,
        summary_id=summary_id,
        awaits_summary=awaits_summary,
    )


def card_warnings(chart: Chart) -> tuple[str, ...]:
    """What the card says before anything else."""
    mixed_up = (wording.WRONG_PATIENT_WARNING,) if is_mixed_up(chart) else ()
    return (*mixed_up, *chart.brief.warnings)


def is_mixed_up(chart: Chart) -> bool:
    """Whether data of another patient arrived: that is always shown."""
    return any(alarm.kind is AlarmKind.WRONG_PATIENT_RESOURCE for alarm in chart.alarms)


def needs_a_look(chart: Chart) -> bool:
    """Whether the card is to be made although this user has answered this chart: a mix-up, or a caution to be told.

    "Allergies were not seen" after an answer to a chart with allergies is no silence: that says "looked, nothing to
    say". A card whose very words the user has answered stays away all the same.
    """
    return is_mixed_up(chart) or bool(chart.brief.cautions)


def _links(chart: Chart, uuid: str) -> tuple[Link, ...]:
    if chart.review_url is None or not chart.capabilities.links:
        return ()
    page = Link(label="Open review", url=chart.review_url(uuid))
    if not isinstance(chart.state, Stale):
        return (page,)
    state = chart.state
    age = f"as of {wording.moment(state.summary.made_at, chart.now)}, {wording.difference(state)} since"
    return (page, Link(label=f"Older AI summary ({age})", url=f"{chart.review_url(uuid)}#older-summary"))
