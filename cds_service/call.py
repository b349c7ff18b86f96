"""One hook call as a value: who asked for what about whom, and what was gathered for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cds_service.clients import Caller
from cds_service.token_use import TokenUse
from fhir_adapters.history import Gathered
from hooks.draft_orders import DraftOrders
from hooks.request import HookRequest
from hooks.service import Service
from ledger.records import PatientKey
from ledger.switches import SwitchKind
from tasks.brief import ChartBrief


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """One hook call with all that was gathered for it."""

    service: Service
    caller: Caller
    use: TokenUse = field(repr=False)  # what it puts on record first burns its token (T4)
    request: HookRequest
    key: PatientKey
    gathered: Gathered = field(repr=False)
    brief: ChartBrief = field(repr=False)
    brief_plain: Mapping[str, Any] = field(repr=False)  # the same as JSON values
    orders: DraftOrders | None = field(default=None, repr=False)  # None for a hook that carries none
    focus: str  # what cards and summaries are made for, as focus_of tells it
    now: datetime
    ends: float  # on the parts' timer: when the answer must be recorded

    @property
    def fingerprint(self) -> str:
        """Of the history that was gathered."""
        return self.gathered.history.fingerprint

    @property
    def user(self) -> str:
        """`Type/id` of the user; empty for the hooks that have none."""
        return self.request.context.user_id

    @property
    def switches(self) -> frozenset[str]:
        """The names under which the audit desk can switch this call off."""
        services = {self.service.id, self.service.prepares or self.service.id}
        return frozenset(map(SwitchKind.SERVICE.named, services)) | {SwitchKind.CLIENT.named(self.caller.client.id)}


def focus_of(service: Service, request: HookRequest, orders: DraftOrders | None) -> str:
    """The service with its orders' hash, or whom a warm-up prepares for."""
    if service.prepares:
        return service.prepares
    if orders is not None:
        return f"{service.id}#{orders.digest}"
    encounter = request.context.encounter_id
    if service.digest is None or not encounter:
        return service.id
    # A digest of its own is of the encounter: one user's answer to one stay hides no other's.
    return f"{service.id}#{hashlib.sha256(encounter.encode()).hexdigest()[:32]}"
