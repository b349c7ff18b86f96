"""The card beside orders: what this chart holds about them, or silence where it holds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from fhir_adapters.history import PatientHistory
from fhir_adapters.prefetch import PREFETCH, type_of
from fhir_adapters.types import ORDER_TYPES
from hooks import wording
from hooks.card import Card, Coding, Indicator, Source
from hooks.chart_card import card_warnings, chart_card, is_mixed_up, needs_a_look
from hooks.draft_orders import DraftOrders
from hooks.reasons import TOPIC_SYSTEM
from hooks.request import HookRequest
from hooks.service import Chart, Silence
from tasks.brief import ChartBrief, Section, Weight
from tasks.brief_rules.wording import clip
from tasks.order_rules.order import Order
from tasks.order_rules.order_brief import write_order_brief

_LOOKED_AT: Final = (
    "patient",
    "allergies",
    "medicationRequests",
    "medicationStatements",
    "observations",
    "diagnosticReports",
    "procedures",
    "imagingStudies",
)
# What an order is compared with, and nothing beside it (T25).
ORDER_PREFETCH: Final = {key: PREFETCH[key] for key in _LOOKED_AT} | {
    row.key: row.template for row in ORDER_TYPES.values()
}
_ASKED: Final = frozenset(map(type_of, ORDER_PREFETCH.values()))
_TITLE_LIMIT: Final = 40
_MOST_ORDERS: Final = 100  # looked at in one call; each is held against the whole chart
_SAID_OF: Final = frozenset({"already", "done", "in", "last", "on", "ordered", "stopped"})
_SEE_GAP: Final = "see what was not compared"
_SEE_LINES: Final = "see what the chart holds"
_NO_ADVICE: Final = "Not AI. It tells what the chart holds about the order, and advises neither for nor against it."


def order_source(code: str, display: str) -> Source:
    """Who speaks on the card of an order: each service under a topic of its own."""
    return Source(label="Chartside", topic=Coding(system=TOPIC_SYSTEM, code=code, display=display))


def order_digest(_request: HookRequest, history: PatientHistory, drafts: DraftOrders, now: datetime) -> ChartBrief:
    """What of the history bears on these orders."""
    looked_at = drafts.orders[:_MOST_ORDERS]
    return write_order_brief(
        history,
        looked_at,
        as_of=now,
        asked=_ASKED,
        unread=len(drafts.unread) + len(drafts.orders) - len(looked_at),
        unseen=len(drafts.unseen),
    )


def order_cards(chart: Chart, *, source: Source) -> tuple[Card, ...] | Silence:
    """One card, or the coded reason for none. A mix-up of patients is never silent, whoever has answered what."""
    if not is_mixed_up(chart):
        if not chart.brief.of(Section.ORDERS):
            return Silence.NOTHING_TO_SAY
        if chart.answered.brief_at is not None and not needs_a_look(chart):
            return Silence.ACKNOWLEDGED
    warnings = card_warnings(chart)
    return (
        chart_card(
            chart,
            source=source,
            summary=order_line(chart.orders.orders, chart.brief, warnings),
            detail=wording.rule_detail(chart.history, chart.brief, warnings, note=_NO_ADVICE),
            indicator=Indicator.WARNING if _names_an_allergy(chart.brief) else Indicator.INFO,
        ),
    )


def order_line(orders: Sequence[Order], brief: ChartBrief, warnings: Sequence[str]) -> str:
    """The card's line: `CT head: CT head without contrast 28-Oct-2026`."""
    names = list({order.title: None for order in orders})
    if len(names) != 1:
        head = wording.many(len(orders), "order") if orders else "Orders"
        return wording.fit(f"{head}: ", [*warnings, *brief.headline] or [_see(brief)])
    told = [_untitled(phrase, names[0]) for phrase in brief.headline]
    return wording.fit(f"{clip(names[0], _TITLE_LIMIT)}: ", [*warnings, *told] or [_see(brief)])


def _untitled(phrase: str, title: str) -> str:
    """What a phrase says of the order's own title, which stands before it already: `CBC done 11-Mar-2026`."""
    begun, rest = phrase[: len(title)].lower(), phrase[len(title) :].lstrip()
    return rest if begun == title.lower() and rest.partition(" ")[0] in _SAID_OF else phrase


def _see(brief: ChartBrief) -> str:
    """Where no line has a phrase: a line may cite the chart, or say that something was not compared."""
    return _SEE_LINES if any(line.entry_ids for line in brief.of(Section.ORDERS)) else _SEE_GAP


def _names_an_allergy(brief: ChartBrief) -> bool:
    """Whether a recorded allergy names what is ordered: the one thing for which the rules raise the level."""
    return any(line.weight is Weight.CRITICAL for line in brief.of(Section.ORDERS))
