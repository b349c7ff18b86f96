"""The contexts of order-select, order-sign and order-dispatch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from hooks.contexts.reading import (
    STAFF,
    extra,
    is_absent,
    optional_id,
    optional_user,
    required_bundle,
    required_id,
    required_reference,
    required_references,
    required_user,
)
from hooks.errors import MalformedContext

_SIGNED: Final = frozenset({"userId", "patientId", "encounterId", "draftOrders"})
_SELECTED: Final = _SIGNED | {"selections"}
# `order` and `task` are the names of earlier versions of order-dispatch (section 9.3, 6).
_DISPATCHED: Final = frozenset(
    {"userId", "patientId", "encounterId", "dispatchedOrders", "performer", "fulfillmentTasks", "order", "task"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSelectContext:
    """order-select 1.0: https://cds-hooks.hl7.org/hooks/order-select/."""

    HOOK: ClassVar = "order-select"

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)  # empty where the client sent none
    selections: tuple[str, ...] = field(repr=False)  # as sent; one that names no draft selects nothing
    draft_orders: Mapping[str, Any] = field(repr=False)  # the Bundle as sent: DraftOrders reads it
    extra: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> OrderSelectContext:
        """The context as sent. Raises MalformedContext."""
        return cls(
            user_id=required_user(context, STAFF),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            selections=required_references(context, "selections"),
            draft_orders=required_bundle(context, "draftOrders"),
            extra=extra(context, _SELECTED),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSignContext:
    """order-sign 1.0: https://cds-hooks.hl7.org/hooks/order-sign/."""

    HOOK: ClassVar = "order-sign"

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)
    draft_orders: Mapping[str, Any] = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> OrderSignContext:
        """The context as sent. Raises MalformedContext."""
        return cls(
            user_id=required_user(context, STAFF),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            draft_orders=required_bundle(context, "draftOrders"),
            extra=extra(context, _SIGNED),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDispatchContext:
    """order-dispatch 1.1: https://cds-hooks.hl7.org/hooks/order-dispatch/. It names no user; some clients do."""

    HOOK: ClassVar = "order-dispatch"

    user_id: str = field(repr=False)  # empty unless the client says more than the hook asks
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)  # as user_id
    dispatched_orders: tuple[str, ...] = field(repr=False)
    performer: str = field(repr=False)
    fulfillment_tasks: tuple[Mapping[str, Any], ...] = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> OrderDispatchContext:
        """The context as sent, under its present names or the earlier ones. Raises MalformedContext."""
        return cls(
            user_id=optional_user(context),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            dispatched_orders=_dispatched_orders(context),
            performer=required_reference(context, "performer"),
            fulfillment_tasks=_tasks(context),
            extra=extra(context, _DISPATCHED),
        )


def _dispatched_orders(context: Mapping[str, Any]) -> tuple[str, ...]:
    if is_absent(context.get("dispatchedOrders")) and isinstance(context.get("order"), str):
        return (required_reference(context, "order"),)
    orders = required_references(context, "dispatchedOrders")
    if not orders:
        raise MalformedContext("context.dispatchedOrders must name an order")
    return orders


def _tasks(context: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The Tasks as sent. Optional, and nothing is decided by them: what is no Task is passed over."""
    sent = context.get("fulfillmentTasks")
    tasks = sent if isinstance(sent, list) else [context.get("task")]
    return tuple(task for task in tasks if isinstance(task, Mapping) and task.get("resourceType") == "Task")
