"""From what was gathered to what leaves: one read of the ledger, a pure decision, one transaction, one body.

Synchronous, and run in one thread from end to end, so that a hook call crosses into a thread once.
"""

from __future__ import annotations

from dataclasses import replace

from cds_service.call import HookCall
from cds_service.call_events import call_events, event_of, failure_event
from cds_service.kinds import ServiceEvent
from cds_service.lanes import Turn
from cds_service.leaving import Leaving, response_body
from cds_service.parts import Parts
from cds_service.seen_before import answered_by_user, unless_seen
from cds_service.wanting import Wanted, wanted_for
from fhir_adapters.stored import canonical, history_to_plain
from hooks.card import Card
from hooks.draft_orders import DraftOrders
from hooks.service import Chart, Silence
from ledger.errors import WrongPatient
from ledger.records import Event, Issuance, Situation
from tasks.states import State


def decide_and_issue(parts: Parts, call: HookCall, turn: Turn) -> bytes:
    """Decide what the clinician sees, record it, and give the response's body.

    Raises OutOfTime and LedgerError: then nothing was recorded, and nothing may leave. The turn is kept just before the
    commit: what is recorded is waited for, and what nobody waits for is not recorded.
    """
    parts.time_left(call.ends)
    recipe = parts.engine.recipe(call.focus) if parts.engine else ""
    situation = _situation(parts, call, recipe)
    wanted = wanted_for(parts, call, situation, recipe=recipe)
    said = _say(parts, call, situation, wanted.state)
    leaving, silence = _leaving(call, situation, said)
    new = tuple(one for one in leaving if one.standing(call.now) is None)
    issuance = Issuance(
        key=call.key,
        user=call.user,
        service_id=call.service.id,
        hook_instance=call.request.hook_instance,
        at=call.now,
        cards=tuple(one.record(call, wanted.state, expires_at=call.now + parts.pace.card_life) for one in new),
        repeats=tuple(standing for one in leaving if (standing := one.standing(call.now)) is not None),
        events=call_events(call, leaving, silence, wanted.state),
        # For a page of the card, and to tell another prefetch of this chart from news once a job is under way.
        snapshot=_snapshot(call, situation, is_needed=bool(new) or wanted.job is not None),
        fingerprint=call.fingerprint,
        focus=call.focus,
        job=wanted.job,
        switched_off=situation.switched_off,
    )
    issued = call.use.within(
        lambda nonce: parts.cards.issue(
            replace(issuance, nonce=nonce), timeout_s=parts.time_left(call.ends), before_commit=turn.keep
        )
    )
    _count(parts, call, silence.value if silence else leaving[0].card.kind.value, wanted)
    return response_body(leaving, now=call.now, repeated=issued.repeated)


def _leaving(
    call: HookCall, situation: Situation, said: tuple[Card, ...] | Silence
) -> tuple[tuple[Leaving, ...], Silence | None]:
    """What is to leave, or why nothing does."""
    if isinstance(said, Silence):
        return (), said
    return unless_seen(tuple(Leaving.of(card, call, situation.shown) for card in said), call, situation)


def _situation(parts: Parts, call: HookCall, recipe: str) -> Situation:
    try:
        return parts.cards.situation(
            call.key, focus=call.focus, fingerprint=call.fingerprint, recipe=recipe, user=call.user
        )
    except WrongPatient:
        # Somebody moved a stored summary to this patient (decision 9): nothing is shown, and a person must look.
        instance, detail = call.request.hook_instance, {"service": call.service.id}
        _put_on_record(parts, call, event_of(call, ServiceEvent.WRONG_PATIENT_SUMMARY, instance, detail))
        raise


def _say(parts: Parts, call: HookCall, situation: Situation, state: State) -> tuple[Card, ...] | Silence:
    client = call.caller.client
    if situation.switched_off and not call.switches.isdisjoint(situation.switched_off):
        return Silence.SWITCHED_OFF
    chart = Chart(
        history=call.gathered.history,
        brief=call.brief,
        state=state,
        orders=call.orders or DraftOrders(),
        now=call.now,
        new_id=parts.new_id,
        capabilities=client.capabilities,
        alarms=call.gathered.alarms,
        answered=answered_by_user(parts, call, situation),
        review_url=parts.review_url,
        silent_while_preparing=client.silent_while_preparing,
    )
    try:
        return call.service.answer(call.request, chart)
    except Exception as error:  # a plugin may raise anything; it leaves as an error, and that is on record
        _put_on_record(parts, call, failure_event(call, error))
        raise


def _put_on_record(parts: Parts, call: HookCall, event: Event) -> None:
    """What a call came to that leaves no card, its token burnt with it."""
    left = parts.time_left(call.ends)
    call.use.within(lambda nonce: parts.record([event], timeout_s=left, nonce=nonce))


def _snapshot(call: HookCall, situation: Situation, *, is_needed: bool) -> bytes | None:
    """The history that a card's page is drawn from, unless the ledger holds it."""
    if situation.has_snapshot or not is_needed:
        return None
    return canonical(history_to_plain(call.gathered.history))


def _count(parts: Parts, call: HookCall, outcome: str, wanted: Wanted) -> None:
    parts.metrics.hooks.labels(call.service.id, outcome).inc()
    for alarm in call.gathered.alarms:
        parts.metrics.alarms.labels(alarm.kind.value).inc(alarm.count)
    if wanted.job is not None:
        parts.wake()
