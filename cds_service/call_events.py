"""What happened in one hook call, as entries of the chain: few, because each costs the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cds_service.call import HookCall
from cds_service.kinds import ServiceEvent
from cds_service.leaving import Leaving
from hooks.service import Silence
from ledger.kinds import LedgerEvent
from ledger.records import Event
from tasks.states import State

_Happened = tuple[str, str, dict[str, Any]]  # kind, subject, detail


def call_events(call: HookCall, leaving: Sequence[Leaving], silence: Silence | None, state: State) -> tuple[Event, ...]:
    """The entries of this call; the ledger adds those of job and snapshot."""
    instance = call.request.hook_instance
    happened: list[_Happened] = [
        (ServiceEvent.HOOK_RECEIVED, instance, _received(call)),
        (ServiceEvent.HOOK_GATHERED, instance, _gathered(call)),
        *(
            (f"alarm.{alarm.kind}", instance, {"what": alarm.what, "count": alarm.count})
            for alarm in call.gathered.alarms
        ),
        *(_left(one, call, state) for one in leaving),
    ]
    if silence is not None:
        happened.append((ServiceEvent.CARD_NONE, instance, {"reason": silence.value}))
    return tuple(event_of(call, kind, subject, detail) for kind, subject, detail in happened)


def failure_event(call: HookCall, error: Exception) -> Event:
    """A service that raised, or made a card that must not leave; without the error's words, which may hold PHI."""
    detail = {"service": call.service.id, "client": call.caller.client.id, "why": type(error).__name__}
    return event_of(call, ServiceEvent.HOOK_FAILED, call.request.hook_instance, detail)


def event_of(call: HookCall, kind: str, subject: str, detail: dict[str, Any]) -> Event:
    """Something that happened in this call."""
    return Event(kind=kind, subject=subject, at=call.now, key=call.key, user=call.user, detail=detail)


def _received(call: HookCall) -> dict[str, Any]:
    request = call.request
    return {
        "service": call.service.id,
        "hook": request.hook,
        "prefetch": sorted(request.prefetch.keys() & call.service.prefetch.keys()),
        "fhir_server": bool(request.fhir_server),
        "token": request.fhir_authorization is not None,
        "encounter": request.context.encounter_id,
    }


def _gathered(call: HookCall) -> dict[str, Any]:
    gathered = call.gathered
    return {
        "reads": [[one.system, one.interaction, one.what, one.outcome, one.count] for one in gathered.access_records],
        "entries": len(gathered.history.entries),
        "not_seen": [str(omission) for omission in gathered.history.omissions],
        "coverage": dict(gathered.history.coverage),
        "fingerprint": call.fingerprint,
    }


def _left(one: Leaving, call: HookCall, state: State) -> _Happened:
    """A card that is issued, or one that stands and leaves again: then also what this hook saw, which may be other."""
    detail: dict[str, Any] = {
        "card": one.card.kind.value,
        "summary": one.card.summary_id,
        "state": state.name,
        "indicator": one.card.indicator.value,
    }
    standing = one.standing(call.now)
    if standing is None:
        return LedgerEvent.CARD_ISSUED, one.card.uuid, detail | {"surface": one.surface_sha256}
    seen = {"fingerprint": call.fingerprint, "coverage": dict(call.gathered.history.coverage)}
    detail |= {"surface": standing.surface_sha256, "hook_instance": call.request.hook_instance, "seen": seen}
    return LedgerEvent.CARD_REPEATED, standing.id, detail
