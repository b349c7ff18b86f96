"""The journey of a hook: gather under the deadline, then decide, record and answer. No model, broker or PACS is called.

What is late is an omission. What cannot be recorded is not issued: 503, and never an empty card list.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from cds_service.admission import Admitted
from cds_service.call import HookCall, focus_of
from cds_service.clients import Caller
from cds_service.issuing import decide_and_issue
from cds_service.kinds import ServiceEvent
from cds_service.parts import Parts
from cds_service.recent import Seen
from cds_service.token_use import TokenUse
from fhir_adapters.errors import AdapterError, AddressRefused, WrongPatient
from fhir_adapters.history import AlarmKind, Gathered
from fhir_adapters.large_work import LARGE_COUNT, run_work
from fhir_adapters.prefetch import count_sent, history_for_hook
from hooks.draft_orders import DraftOrders
from hooks.request import HookRequest, parse_hook_request
from hooks.service import Service
from ledger.records import Event, PatientKey

_ALARMS: dict[type[AdapterError], AlarmKind] = {
    AddressRefused: AlarmKind.ADDRESS_REFUSED,
    WrongPatient: AlarmKind.WRONG_PATIENT_RESOURCE,
}


async def answer_hook(parts: Parts, service: Service, admitted: Admitted, body: object, *, ends: float) -> bytes:
    """The body of the answer to one hook call, with everything about it on record.

    `ends`, on the parts' timer, is when it must be on record. Raises HookError, AdapterError, LedgerError, OutOfTime;
    the one table of errors turns them into a status.
    """
    caller, use = admitted.caller, admitted.use
    request = parse_hook_request(body, service)
    now = parts.clock().astimezone(parts.zone)  # brief, card and the worker's prompt take their day from this alone
    try:
        key, seen = await _gather(parts, service, caller, request, now=now)
    except AdapterError as error:
        # Refused, not failed: who asked for what stays on record. A ledger that cannot keep it answers 503.
        events = _refusal_events(service, caller, request, error=error, now=now)
        await _record(parts, use, events, ends=ends)
        raise
    request = replace(request, base=key.fhir_base)
    # How many orders a context holds nobody knows before they are read.
    is_large = service.orders is not None or len(seen.gathered.history.entries) >= LARGE_COUNT
    try:
        orders, seen = await run_work(partial(_told, service, request, seen, now=now), is_large=is_large)
    except Exception as error:  # a plugin's rules may raise anything; that leaves as an error, and is on record
        events = (_event(ServiceEvent.HOOK_FAILED, service, caller, request, error=error, now=now),)
        await _record(parts, use, events, ends=ends)
        raise
    call = HookCall(
        service=service,
        caller=caller,
        use=use,
        request=request,
        key=key,
        gathered=_with_alarms(seen.gathered, orders),
        brief=seen.brief,
        brief_plain=seen.brief_plain,
        orders=orders,
        focus=focus_of(service, request, orders),
        now=now,
        ends=ends,
    )
    return await parts.lanes.hooks.take_turn(parts.time_left(ends), partial(decide_and_issue, parts, call))


async def _record(parts: Parts, use: TokenUse, events: tuple[Event, ...], *, ends: float) -> None:
    """Put on record what a call came to, its token burnt with it."""
    left = parts.time_left(ends)
    write = partial(parts.record, events, timeout_s=left)
    await parts.lanes.hooks.take_turn(left, lambda _turn: use.within(lambda nonce: write(nonce=nonce)))


async def _gather(
    parts: Parts, service: Service, caller: Caller, request: HookRequest, *, now: datetime
) -> tuple[PatientKey, Seen]:
    base = caller.client.base_of(request.fhir_server)
    patient_id = request.context.patient_id
    key = PatientKey(client=caller.client.id, tenant=caller.tenant, fhir_base=base.url, patient_id=patient_id)
    asked = f"{service.id} {'with' if request.fhir_server else 'without'} server"
    is_large = count_sent(request.prefetch) >= LARGE_COUNT
    place = partial(parts.recent.address, key, asked, request.prefetch, now=now)
    address = await run_work(place, is_large=is_large)
    if (seen := parts.recent.find(address, now=now)) is not None:
        return key, seen
    authorization = request.fhir_authorization
    # Without fhirServer the client works from prefetch alone (S14): nothing is asked of anybody.
    server = parts.open_server(base, authorization.token if authorization else None) if request.fhir_server else None
    gathered = await history_for_hook(
        request.prefetch,
        patient_id=patient_id,
        server=server,
        timeout_s=parts.pace.gather_s,
        limit=parts.pace.entries,
        templates=service.prefetch,  # what a service does not ask for is not read for it, with nobody's token
        base=base.url if request.fhir_server else None,
    )
    tell = partial(Seen.of if service.digest is None else Seen.untold, parts.recent.alike(gathered), now=now)
    seen = await run_work(tell, is_large=is_large or len(gathered.history.entries) >= LARGE_COUNT)
    parts.recent.keep(address, seen)
    return key, seen


def _told(service: Service, request: HookRequest, seen: Seen, *, now: datetime) -> tuple[DraftOrders | None, Seen]:
    """The orders of this call, and the brief that the service makes of its own; else the chart's."""
    history = seen.gathered.history
    orders = service.orders(request, history) if service.orders else None
    if service.digest is None:
        return orders, seen
    return orders, Seen.told(seen.gathered, service.digest(request, history, orders or DraftOrders(), now))


def _with_alarms(gathered: Gathered, orders: DraftOrders | None) -> Gathered:
    """A draft of another patient is a resource of another patient (T24)."""
    return replace(gathered, alarms=(*gathered.alarms, *orders.alarms)) if orders and orders.refused else gathered


def _refusal_events(
    service: Service, caller: Caller, request: HookRequest, *, error: AdapterError, now: datetime
) -> tuple[Event, ...]:
    refused = _event(ServiceEvent.HOOK_REFUSED, service, caller, request, error=error, now=now)
    alarm = _ALARMS.get(type(error))
    return (refused, replace(refused, kind=f"alarm.{alarm}", detail={"service": service.id})) if alarm else (refused,)


def _event(
    kind: ServiceEvent, service: Service, caller: Caller, request: HookRequest, *, error: Exception, now: datetime
) -> Event:
    """A call that came to nothing, and why; without the error's words, which may hold PHI."""
    detail = {"service": service.id, "client": caller.client.id, "tenant": caller.tenant, "why": type(error).__name__}
    return Event(
        kind=kind,
        subject=request.hook_instance,
        at=now,
        key=_named_key(caller, request),
        user=request.context.user_id,
        detail=detail,
    )


def _named_key(caller: Caller, request: HookRequest) -> PatientKey:
    """The patient that the context names, on the base that was named: on a base that is not ours, nobody of ours."""
    try:
        base = caller.client.base_of(request.fhir_server).url
    except AddressRefused:
        base = request.fhir_server
    return PatientKey(
        client=caller.client.id, tenant=caller.tenant, fhir_base=base, patient_id=request.context.patient_id
    )
