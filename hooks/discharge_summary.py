"""discharge-summary (encounter-discharge): the course of this encounter, by rule and cited."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fhir_adapters.history import PatientHistory
from fhir_adapters.prefetch import PREFETCH, type_of
from fhir_adapters.types import ORDER_TYPES
from hooks import wording
from hooks.card import Card, Coding, Source
from hooks.chart_card import card_warnings, chart_card, needs_a_look
from hooks.draft_orders import DraftOrders
from hooks.reasons import TOPIC_SYSTEM
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service
from tasks.brief import ChartBrief
from tasks.stay_rules.stay_brief import write_stay_brief

_TOPIC: Final = Coding(system=TOPIC_SYSTEM, code="dischargesummary", display="Course of the encounter")
_SOURCE: Final = Source(label="Chartside", topic=_TOPIC)
_PREFETCH: Final = dict(PREFETCH) | {row.key: row.template for row in ORDER_TYPES.values()}  # what is ordered is open
_NOTE: Final = "Not AI. What belongs to this encounter, as far as the chart names it or dates it."
_ASKED: Final = frozenset(map(type_of, _PREFETCH.values()))


def _digest(request: HookRequest, history: PatientHistory, _orders: DraftOrders, now: datetime) -> ChartBrief:
    return write_stay_brief(history, request.context.encounter_id, as_of=now, asked=_ASKED)


@service(
    id="discharge-summary",
    hook="encounter-discharge",
    title="Course of the encounter",
    description="The course of the encounter that ends, by rule and cited: results, medicines, what is open.",
    prefetch=_PREFETCH,
    asks_summary=False,
    digest=_digest,
)
def discharge_summary(_request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
    """One card, unless this user has answered it for this same content; a mix-up of patients is always shown."""
    if chart.answered.brief_at is not None and not needs_a_look(chart):
        return Silence.ACKNOWLEDGED
    warnings = card_warnings(chart)
    told = [*warnings, *chart.brief.headline] or ["the course of the encounter"]
    return (
        chart_card(
            chart,
            source=_SOURCE,
            summary=wording.fit("At discharge: ", told),
            detail=wording.rule_detail(chart.history, chart.brief, warnings, note=_NOTE),
        ),
    )
