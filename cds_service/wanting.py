"""Whether this very content wants a new AI summary, and in what state that leaves the present one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from cds_service.call import HookCall
from cds_service.parts import EngineInfo, Parts, summary_in_use
from cds_service.seen_before import is_known
from fhir_adapters.history import Gathered
from ledger.records import JobStanding, JobState, NewJob, Situation
from ledger.switches import SwitchKind
from tasks.job import JobPayload
from tasks.reasons import AbsenceReason
from tasks.standing import state_of
from tasks.states import Absent, Preparing, Ready, Stale, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The state that the card tells of, and the job to be queued with it."""

    state: State = field(repr=False)
    job: NewJob | None = None


def wanted_for(parts: Parts, call: HookCall, situation: Situation, *, recipe: str) -> Wanted:
    """The state of the summary of what was gathered; a job where its content is new (decision: one per content)."""
    if not call.service.asks_summary:
        return Wanted(state=Absent(reason=AbsenceReason.NOT_ASKED))
    engine = parts.engine
    job = _own_job(parts, call, situation.job)
    state = state_of(
        call.gathered.history,
        summary=summary_in_use(situation),
        job=job,
        withdrawal=situation.withdrawal,
        engine_configured=engine is not None,
        alarms_stop=call.gathered.stops_summary,
        switched_off=_is_off(call, engine, situation),
    )
    if engine is None:
        return Wanted(state=state)
    if not _is_new(parts, call, job, recipe=recipe, state=state):
        return Wanted(state=state)
    new = NewJob(
        id=parts.new_id(),
        focus=call.focus,
        fingerprint=call.fingerprint,
        recipe=recipe,
        payload=_payload(call.gathered, call),
        useful_until=call.now + parts.pace.job_life,
    )
    return Wanted(state=_after_asking(state, new, call), job=new)


def _is_off(call: HookCall, engine: EngineInfo | None, situation: Situation) -> bool:
    if not situation.switched_off:
        return False
    names = call.switches | {SwitchKind.PROMPT.named(call.focus.partition("#")[0])}
    names |= {SwitchKind.MODEL.named(engine.name)} if engine else frozenset()
    return not names.isdisjoint(situation.switched_off)


def _own_job(parts: Parts, call: HookCall, job: JobStanding | None) -> JobStanding | None:
    """The standing job; as one of this very content, where another prefetch of the same chart had it queued.

    Of a job that is done its summary tells, by the same rule.
    """
    if job is None or job.state is JobState.DONE or not is_known(parts, call, job.fingerprint):
        return job
    return replace(job, fingerprint=call.fingerprint)


def _is_new(parts: Parts, call: HookCall, job: JobStanding | None, *, recipe: str, state: State) -> bool:
    """Whether a job should be queued. The ledger's unique key settles what many hooks at once decide alike."""
    if isinstance(state, Ready) or (isinstance(state, Absent) and state.reason is not AbsenceReason.NOT_ASKED):
        return False  # a stop, a switch or a withdrawal holds until a person lifts it
    same = job is not None and (job.fingerprint, job.recipe) == (call.fingerprint, recipe)
    if job is None or not same:
        return True
    return _may_try_again(parts, call, job)


def _may_try_again(parts: Parts, call: HookCall, job: JobStanding) -> bool:
    """Neither a failure nor a purge is for ever, but a chart that fails each time is not tried at every opening."""
    if job.state is JobState.FAILED:
        return call.now - job.since >= parts.pace.retry_failed_after
    return job.state is JobState.EXPIRED or job.is_purged


def _payload(gathered: Gathered, call: HookCall) -> bytes:
    return JobPayload.of(gathered, service_id=call.service.id, as_of=call.now).to_bytes()


def _after_asking(state: State, job: NewJob, call: HookCall) -> State:
    """What the card says once the job is queued. A failure stays said until the next attempt has begun."""
    match state:
        case Absent():
            return Preparing(job_id=job.id, since=call.now)
        case Stale():
            return replace(state, preparing=True)
        case _:
            return state
