"""order-sign-context (order-sign): what this chart holds about all the orders that are about to be signed."""

from __future__ import annotations

from typing import Final

from fhir_adapters.history import PatientHistory
from hooks.card import Card
from hooks.contexts import OrderSignContext
from hooks.draft_orders import DraftOrders
from hooks.order_card import ORDER_PREFETCH, order_cards, order_digest, order_source
from hooks.request import HookRequest
from hooks.service import Chart, Silence, service

_SOURCE: Final = order_source("ordersign", "What the chart holds about orders to be signed")


def signed_orders(request: HookRequest, _history: PatientHistory) -> DraftOrders:
    """Every draft."""
    context = request.context
    if not isinstance(context, OrderSignContext):
        return DraftOrders()
    return DraftOrders.of_bundle(context.draft_orders, patient_id=context.patient_id, base=request.base)


@service(
    id="order-sign-context",
    hook="order-sign",
    title="Orders beside the chart: on signing",
    description="What this chart holds about the orders to be signed: the same order, results, imaging, allergies.",
    prefetch=ORDER_PREFETCH,
    asks_summary=False,
    orders=signed_orders,
    digest=order_digest,
)
def order_sign_context(_request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
    """One card, or the coded reason for none."""
    return order_cards(chart, source=_SOURCE)
