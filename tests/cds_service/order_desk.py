"""Order hooks over a running service, as an EHR fires them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hook_desk import START, USER, bundle, hook_body, patient
from order_values import drafts

KEYS = (
    "allergies",
    "medicationRequests",
    "medicationStatements",
    "observations",
    "diagnosticReports",
    "procedures",
    "imagingStudies",
    "serviceRequests",
)


def ago(days: int) -> str:
    """A day so long before now."""
    return (START - timedelta(days=days)).date().isoformat()


def chart(**known: Any) -> dict[str, Any]:
    """A prefetch for the order services: what is not given is empty, and seen whole; `...` is not supplied."""
    whole = {"patient": patient()} | dict.fromkeys(KEYS, bundle())
    whole |= {key: bundle(*value) if isinstance(value, list) else value for key, value in known.items()}
    return {key: value for key, value in whole.items() if value is not ...}


def fire(desk: Any, *orders: dict[str, Any], known: dict[str, Any] | None = None, **context: Any) -> Any:
    """Sign these orders; `selections` select some, `dispatchedOrders` dispatch them."""
    hook = "order-select" if "selections" in context else "order-sign"
    if "dispatchedOrders" in context:
        hook, named = "order-dispatch", {"patientId": "p1", "performer": "Organization/o1"}
    else:
        named = {"userId": USER, "patientId": "p1", "draftOrders": drafts(*orders)}
    body = hook_body(hook=hook, context=named | context, prefetch=chart() if known is None else known)
    return desk.hook(body, service=f"{hook}-context")


def card(desk: Any, *orders: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The one card of these orders."""
    answer = fire(desk, *orders, **fields)
    assert answer.status_code == 200, answer.text
    (one,) = answer.json()["cards"]
    return one


def silence(desk: Any, *orders: dict[str, Any], **fields: Any) -> str:
    """Why these orders show no card."""
    assert fire(desk, *orders, **fields).json() == {"cards": []}
    return desk.event("card.none").detail["reason"]
