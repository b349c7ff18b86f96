"""One type for the context of each published hook; a hook that is not here brings its own, see docs/hooks.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hooks.contexts.orders import OrderDispatchContext, OrderSelectContext, OrderSignContext
from hooks.contexts.patient_view import PatientViewContext
from hooks.contexts.reading import (
    HookContext,
    ReadContext,
    is_absent,
    optional_id,
    optional_user,
    required_bundle,
    required_id,
    required_reference,
    required_references,
    required_user,
)
from hooks.contexts.visits import AppointmentBookContext, EncounterDischargeContext, EncounterStartContext

__all__ = [
    "CONTEXTS",
    "AppointmentBookContext",
    "EncounterDischargeContext",
    "EncounterStartContext",
    "HookContext",
    "OrderDispatchContext",
    "OrderSelectContext",
    "OrderSignContext",
    "PatientViewContext",
    "ReadContext",
    "is_absent",
    "optional_id",
    "optional_user",
    "required_bundle",
    "required_id",
    "required_reference",
    "required_references",
    "required_user",
]

# The published hooks that are final or nearly so: https://cds-hooks.hl7.org/.
CONTEXTS: Final[Mapping[str, ReadContext]] = {
    PatientViewContext.HOOK: PatientViewContext.read,
    OrderSelectContext.HOOK: OrderSelectContext.read,
    OrderSignContext.HOOK: OrderSignContext.read,
    OrderDispatchContext.HOOK: OrderDispatchContext.read,
    EncounterStartContext.HOOK: EncounterStartContext.read,
    EncounterDischargeContext.HOOK: EncounterDischargeContext.read,
    AppointmentBookContext.HOOK: AppointmentBookContext.read,
}
