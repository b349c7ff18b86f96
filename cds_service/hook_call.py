"""The journey of a hook: gather under the deadline, then decide, record and answer. No model, broker or PACS is called.

What is late is an omission. What cannot be recorded is not issued: 503, and never an empty card list.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from cds_service.call import HookCall
from cds_service.clients import Caller
from cds_service.issuing import decide_and_issue
from cds_service.kinds import ServiceEvent
from cds_service.parts import Parts
from cds_service.recent import Seen
from fhir_adapters.errors import AdapterError, AddressRefused, WrongPatient
from fhir_adapters.history import AlarmKind
from fhir_adapters.prefetch import history_for_hook
from hooks.request import HookRequest, parse_hook_request
from hooks.service import Service
from ledger.records import Event, PatientKey

_ALARMS: dict[type[AdapterError], AlarmKind] = {
    AddressRefused: AlarmKind.ADDRESS_REFUSED,
    WrongPatient: AlarmKind.WRONG_PATIENT_RESOURCE,
}


async def answer_hook(parts: Parts, service: Service, caller: Caller, body: object, *, ends: float) -> bytes:
    """The body of the answer to one hook call, with everything about it on record.

    `ends`, on the parts' timer, is when it must be on record. Raises HookError, AdapterError, LedgerError, OutOfTime;
    the one table of errors turns them into a status.
    """
    request = parse_hook_request(body, service)
    now = parts.clock().astimezone(parts.zone)  # brief, card and the worker's prompt take their day from this alone
    hooks = parts.lanes.hooks
    try:
        key, seen = await _gather(parts, service, caller, request, now=now)
    except AdapterError as error:
        # Refused, not failed: who asked for what stays on record. A ledger that cannot keep it answers 503.
        events = _refusal_events(service, caller, request, error=error, now=now)
        left = parts.time_left(ends)
        await hooks.take_turn(left, lambda _turn: parts.record(events, timeout_s=left))
        raise
    call = HookCall(
        service=service,
        caller=caller,
        request=request,
        key=key,
        gathered=seen.gathered,
        brief=seen.brief,
        brief_plain=seen.brief_plain,
        now=now,
        ends=ends,
    )
    return await hooks.take_turn(parts.time_left(ends), partial(decide_and_issue, parts, call))


async def _gather(
    parts: Parts, service: Service, caller: Caller, request: HookRequest, *, now: datetime
) -> tuple[PatientKey, Seen]:
    base = caller.client.base_of(request.fhir_server)
    patient_id = request.context.patient_id
    key = PatientKey(client=caller.client.id, tenant=caller.tenant, fhir_base=base.url, patient_id=patient_id)
    asked = f"{service.id} {'with' if request.fhir_server else 'without'} server"
    address = parts.recent.address(key, asked, request.prefetch, now=now)
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
    seen = Seen.of(parts.recent.alike(gathered), now=now)
    parts.recent.keep(address, seen)
    return key, seen


def _refusal_events(
    service: Service, caller: Caller, request: HookRequest, *, error: AdapterError, now: datetime
) -> tuple[Event, ...]:
    key = _named_key(caller, request)
    user, subject = request.context.user_id, request.hook_instance
    detail = {"service": service.id, "client": caller.client.id, "tenant": caller.tenant, "why": type(error).__name__}
    refused = Event(kind=ServiceEvent.HOOK_REFUSED, subject=subject, at=now, key=key, user=user, detail=detail)
    alarm = _ALARMS.get(type(error))
    if alarm is None:
        return (refused,)
    detail = {"service": service.id}
    return (refused, Event(kind=f"alarm.{alarm}", subject=subject, at=now, key=key, user=user, detail=detail))


def _named_key(caller: Caller, request: HookRequest) -> PatientKey:
    """The patient that the context names, on the base that was named: on a base that is not ours, nobody of ours."""
    try:
        base = caller.client.base_of(request.fhir_server).url
    except AddressRefused:
        base = request.fhir_server
    return PatientKey(
        client=caller.client.id, tenant=caller.tenant, fhir_base=base, patient_id=request.context.patient_id
    )
