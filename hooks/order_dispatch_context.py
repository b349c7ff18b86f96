"""order-dispatch-context (order-dispatch): what this chart holds about orders that are sent to a performer.

The hook names orders by reference alone, and no prefetch template can follow them (S9): they are found among the
patient's orders, which are asked for. One that is not there was not seen, and the card says so.
"""

from __future__ import annotations

from typing import Final

from fhir_adapters.history import PatientHistory
from hooks.card import Card
from hooks.contexts import OrderDispatchContext
from hooks.draft_orders import DraftOrders
from hooks.order_card import ORDER_PREFETCH, order_cards, order_digest, order_source
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service

_SOURCE: Final = order_source("orderdispatch", "What the chart holds about dispatched orders")


def dispatched_orders(request: HookRequest, history: PatientHistory) -> DraftOrders:
    """The orders that are sent, as the chart holds them."""
    context = request.context
    if not isinstance(context, OrderDispatchContext):
        return DraftOrders()
    return DraftOrders.of_entries(history.by_reference, context.dispatched_orders, base=request.base)


@service(
    id="order-dispatch-context",
    hook="order-dispatch",
    title="Orders beside the chart: on dispatch",
    description="What this chart holds about dispatched orders: the same order, results, imaging, allergies.",
    prefetch=ORDER_PREFETCH,
    asks_summary=False,
    orders=dispatched_orders,
    digest=order_digest,
)
def order_dispatch_context(_request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
    """One card, or the coded reason for none."""
    return order_cards(chart, source=_SOURCE)
