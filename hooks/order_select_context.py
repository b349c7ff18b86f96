"""order-select-context (order-select): what this chart holds about the orders that were just selected."""

from __future__ import annotations

from typing import Final

from fhir_adapters.history import PatientHistory
from hooks.card import Card
from hooks.contexts import OrderSelectContext
from hooks.draft_orders import DraftOrders
from hooks.order_card import ORDER_PREFETCH, order_cards, order_digest, order_source
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service

_SOURCE: Final = order_source("orderselect", "What the chart holds about selected orders")


def selected_orders(request: HookRequest, _history: PatientHistory) -> DraftOrders:
    """The selected drafts: the others are what else is being written, and were looked at when they were selected."""
    context = request.context
    if not isinstance(context, OrderSelectContext):
        return DraftOrders()
    drafts = DraftOrders.of_bundle(context.draft_orders, patient_id=context.patient_id, base=request.base)
    return drafts.selected(context.selections, base=request.base)


@service(
    id="order-select-context",
    hook="order-select",
    title="Orders beside the chart: on selection",
    description="What this chart holds about an order as it is selected: the same order, results, imaging, allergies.",
    prefetch=ORDER_PREFETCH,
    asks_summary=False,
    orders=selected_orders,
    digest=order_digest,
)
def order_select_context(_request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
    """One card, or the coded reason for none."""
    return order_cards(chart, source=_SOURCE)
