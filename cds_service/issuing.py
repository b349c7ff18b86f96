"""From what was gathered to what leaves: one read of the ledger, a pure decision, one transaction, one body.

Synchronous, and run in one thread from end to end, so that a hook call crosses into a thread once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from cds_service.call import HookCall
from cds_service.kinds import ServiceEvent
from cds_service.lanes import Turn
from cds_service.parts import Parts
from cds_service.surface import card_content, sha256
from cds_service.wanting import Wanted, wanted_for
from fhir_adapters.stored import canonical, history_to_plain
from hooks.card import Card
from hooks.service import Answered, Chart, Silence
from ledger.errors import WrongPatient
from ledger.kinds import LedgerEvent
from ledger.records import CardRecord, Event, Issuance, Situation
from tasks.states import State

_EMPTY: Final = b'{"cards":[]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """One card on its way out: the bytes that leave are the bytes that are hashed and kept."""

    card: Card
    wire: dict[str, Any] = field(repr=False)
    surface: bytes = field(repr=False)

    @classmethod
    def of(cls, card: Card) -> Leaving:
        """The card in its one form."""
        wire = card.to_wire()
        return cls(card=card, wire=wire, surface=canonical(wire))


def decide_and_issue(parts: Parts, call: HookCall, turn: Turn) -> bytes:
    """Decide what the clinician sees, record it, and give the response's body.

    Raises OutOfTime and LedgerError: then nothing was recorded, and nothing may leave. The turn is kept just before the
    commit: what is recorded is waited for, and what nobody waits for is not recorded.
    """
    parts.time_left(call.ends)
    situation = _situation(parts, call)
    wanted = wanted_for(parts, call, situation)
    said = _say(parts, call, situation, wanted.state)
    leaving = tuple(map(Leaving.of, said)) if not isinstance(said, Silence) else ()
    issuance = Issuance(
        key=call.key,
        user=call.user,
        service_id=call.service.id,
        hook_instance=call.request.hook_instance,
        at=call.now,
        cards=tuple(_record(parts, call, one, wanted.state) for one in leaving),
        events=_events(call, said, leaving, wanted.state),
        snapshot=_snapshot(call, situation, is_needed=bool(leaving)),
        fingerprint=call.fingerprint,
        focus=call.focus,
        job=wanted.job,
        switched_off=situation.switched_off,
    )
    call.use.within(
        lambda nonce: parts.cards.issue(
            replace(issuance, nonce=nonce), timeout_s=parts.time_left(call.ends), before_commit=turn.keep
        )
    )
    _count(parts, call, said, wanted)
    return b'{"cards":[' + b",".join(one.surface for one in leaving) + b"]}" if leaving else _EMPTY


def _situation(parts: Parts, call: HookCall) -> Situation:
    recipe = parts.engine.recipe(call.focus) if parts.engine else ""
    try:
        return parts.cards.situation(call.key, focus=call.focus, fingerprint=call.fingerprint, recipe=recipe)
    except WrongPatient:
        # Somebody moved a stored summary to this patient (decision 9): nothing is shown, and a person must look.
        detail = {"service": call.service.id}
        subject = call.request.hook_instance
        kind = ServiceEvent.WRONG_PATIENT_SUMMARY
        moved = Event(kind=kind, subject=subject, at=call.now, key=call.key, user=call.user, detail=detail)
        _put_on_record(parts, call, moved)
        raise


def _say(parts: Parts, call: HookCall, situation: Situation, state: State) -> tuple[Card, ...] | Silence:
    client = call.caller.client
    if not call.switches.isdisjoint(situation.switched_off):
        return Silence.SWITCHED_OFF
    chart = Chart(
        history=call.gathered.history,
        brief=call.brief,
        state=state,
        now=call.now,
        new_id=parts.new_id,
        capabilities=client.capabilities,
        alarms=call.gathered.alarms,
        answered=_answered(call, situation),
        review_url=parts.review_url,
        silent_while_preparing=client.silent_while_preparing,
    )
    try:
        return call.service.answer(call.request, chart)
    except Exception as error:  # a plugin may raise anything; it leaves as an error, and that is on record
        _put_on_record(parts, call, _failure(call, error))
        raise


def _put_on_record(parts: Parts, call: HookCall, event: Event) -> None:
    """What a call came to that leaves no card, its token burnt with it."""
    left = parts.time_left(call.ends)
    call.use.within(lambda nonce: parts.record([event], timeout_s=left, nonce=nonce))


def _failure(call: HookCall, error: Exception) -> Event:
    """A service that raised, or made a card that must not leave; without the error's words, which may hold PHI."""
    detail = {"service": call.service.id, "client": call.caller.client.id, "why": type(error).__name__}
    subject = call.request.hook_instance
    return Event(
        kind=ServiceEvent.HOOK_FAILED, subject=subject, at=call.now, key=call.key, user=call.user, detail=detail
    )


def _answered(call: HookCall, situation: Situation) -> Answered:
    """What this user, and no other, has answered (SAF-ACK-2)."""
    user = call.user
    mine = [answer for answer in situation.answers if user and answer.user == user]
    briefs = [
        answer.at
        for answer in mine
        if not answer.summary_id and answer.fingerprint == call.gathered.history.fingerprint
    ]  # fmt: skip
    return Answered(
        summaries=frozenset(answer.summary_id for answer in mine if answer.summary_id),
        brief_at=max(briefs, default=None),
    )


def _record(parts: Parts, call: HookCall, one: Leaving, state: State) -> CardRecord:
    return CardRecord(
        id=one.card.uuid,
        service_id=call.service.id,
        topic=one.card.source.topic.code,
        kind=one.card.kind.value,
        summary_id=one.card.summary_id,
        fingerprint=call.fingerprint,
        content=card_content(one.wire, state, call.brief_plain, encounter_id=call.request.context.encounter_id),
        surface_sha256=sha256(one.surface),
        expires_at=call.now + parts.pace.card_life,
    )


def _snapshot(call: HookCall, situation: Situation, *, is_needed: bool) -> bytes | None:
    """The history that a card's page is drawn from, unless the ledger holds it."""
    if situation.has_snapshot or not is_needed:
        return None
    return canonical(history_to_plain(call.gathered.history))


def _events(
    call: HookCall, said: tuple[Card, ...] | Silence, leaving: tuple[Leaving, ...], state: State
) -> tuple[Event, ...]:
    """What happened, as entries: few, because each costs the hot path; the ledger adds those of job and snapshot."""
    request, gathered, instance = call.request, call.gathered, call.request.hook_instance
    received = {
        "service": call.service.id,
        "hook": request.hook,
        "prefetch": sorted(request.prefetch.keys() & call.service.prefetch.keys()),
        "fhir_server": bool(request.fhir_server),
        "token": request.fhir_authorization is not None,
        "encounter": request.context.encounter_id,
    }
    reads = [[one.system, one.interaction, one.what, one.outcome, one.count] for one in gathered.access_records]
    seen = {
        "reads": reads,
        "entries": len(gathered.history.entries),
        "not_seen": [str(omission) for omission in gathered.history.omissions],
        "coverage": dict(gathered.history.coverage),
        "fingerprint": call.fingerprint,
    }
    alarms = [
        (f"alarm.{alarm.kind}", instance, {"what": alarm.what, "count": alarm.count}) for alarm in gathered.alarms
    ]
    issued = [(LedgerEvent.CARD_ISSUED, one.card.uuid, _issued(one, state)) for one in leaving]
    none = [(ServiceEvent.CARD_NONE, instance, {"reason": said.value})] if isinstance(said, Silence) else []
    happened = [
        (ServiceEvent.HOOK_RECEIVED, instance, received),
        (ServiceEvent.HOOK_GATHERED, instance, seen),
        *alarms,
        *issued,
        *none,
    ]
    return tuple(
        Event(kind=kind, subject=subject, at=call.now, key=call.key, user=call.user, detail=detail)
        for kind, subject, detail in happened
    )


def _issued(one: Leaving, state: State) -> dict[str, Any]:
    return {
        "card": one.card.kind.value,
        "summary": one.card.summary_id,
        "state": state.name,
        "indicator": one.card.indicator.value,
        "surface": sha256(one.surface),
    }


def _count(parts: Parts, call: HookCall, said: tuple[Card, ...] | Silence, wanted: Wanted) -> None:
    outcome = said.value if isinstance(said, Silence) else said[0].kind.value
    parts.metrics.hooks.labels(call.service.id, outcome).inc()
    for alarm in call.gathered.alarms:
        parts.metrics.alarms.labels(alarm.kind.value).inc(alarm.count)
    if wanted.job is not None:
        parts.wake()
