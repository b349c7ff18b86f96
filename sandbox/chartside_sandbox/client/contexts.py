"""The context of each hook: what its definition requires and allows, and nothing made up (client C1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chartside_sandbox.client.errors import BadContext


@dataclass(frozen=True, slots=True)
class ContextFields:
    """The fields of a hook's context."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


_WHO: Final = ("userId", "patientId")
_ENCOUNTER: Final = ("encounterId",)

# The CDS Hooks library's pages; the deprecated two last.
HOOKS: Final[Mapping[str, ContextFields]] = {
    "patient-view": ContextFields(_WHO, _ENCOUNTER),
    "order-select": ContextFields((*_WHO, "selections", "draftOrders"), _ENCOUNTER),
    "order-sign": ContextFields((*_WHO, "draftOrders"), _ENCOUNTER),
    "order-dispatch": ContextFields(("patientId", "dispatchedOrders", "performer"), ("fulfillmentTasks",)),
    "encounter-start": ContextFields((*_WHO, "encounterId")),
    "appointment-book": ContextFields((*_WHO, "appointments"), _ENCOUNTER),
    "encounter-discharge": ContextFields((*_WHO, "encounterId")),
    "allergyintolerance-create": ContextFields((*_WHO, "allergyIntolerance"), _ENCOUNTER),
    "problem-list-item-create": ContextFields((*_WHO, "conditions"), _ENCOUNTER),
    "medication-refill": ContextFields(("patientId", "medications"), ("userId", *_ENCOUNTER)),
    "medication-prescribe": ContextFields((*_WHO, "medications"), _ENCOUNTER),
    "order-review": ContextFields((*_WHO, "orders"), _ENCOUNTER),
}


def hook_context(hook: str, values: Mapping[str, Any], *, names_encounter: bool = True) -> dict[str, Any]:
    """The context of `hook` out of what the EHR knows. Raises BadContext where a required field is missing.

    What the hook does not define is left out, and so is an optional field without a value. With `names_encounter`
    false, encounterId stays out wherever the hook leaves it to the client.
    """
    fields = HOOKS.get(hook)
    if fields is None:
        raise BadContext("This hook is none that the client knows.")
    if missing := [name for name in fields.required if not values.get(name)]:
        raise BadContext(f"{hook}: the context needs {', '.join(missing)}.")
    optional = [name for name in fields.optional if values.get(name) and (names_encounter or name != "encounterId")]
    return {name: values[name] for name in (*fields.required, *optional)}
