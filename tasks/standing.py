"""Where the AI summary of a chart stands now: one of five states, decided from what the ledger holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

from fhir_adapters.fingerprint import patient_hash
from fhir_adapters.history import Coverage, PatientHistory
from ledger.records import JobStanding, JobState, StoredSummary, Withdrawal
from tasks.errors import SummaryUnreadable
from tasks.reasons import AbsenceReason, FailureReason
from tasks.states import Absent, Failed, Preparing, Ready, Stale, State
from tasks.stored import summary_from_bytes
from tasks.summary import Summary

_UNDER_WAY = {JobState.QUEUED, JobState.LEASED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a chart seen now differs from the one a summary was made of."""

    newer: int  # entries that it did not have, or had otherwise; the patient's own facts count as one
    removed: int  # entries of a type seen whole now that are gone

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self.newer or self.removed)


def state_of(
    history: PatientHistory,
    *,
    summary: StoredSummary | None,
    job: JobStanding | None,
    withdrawal: Withdrawal | None,
    engine_configured: bool,
    alarms_stop: bool = False,
    switched_off: bool = False,
) -> State:
    """The state of the summary of this history. `withdrawal` is any unreleased one of the key: it holds all of it.

    A stop outranks everything, then a withdrawal, then a failure for this very content: the reader must know that
    nothing was checked. A summary that cannot be read counts as failed, never as absent.
    """
    if alarms_stop:
        return Absent(reason=AbsenceReason.WRONG_PATIENT_DATA)
    if switched_off:
        return Absent(reason=AbsenceReason.SWITCHED_OFF)
    if withdrawal is not None:
        return Absent(reason=AbsenceReason.WITHDRAWN)
    if summary is None:
        return _without_summary(job, engine_configured=engine_configured)
    try:
        content = summary_from_bytes(summary.content)
    except SummaryUnreadable as error:
        return Failed(reason=error.reason, since=summary.made_at)
    return _with_summary(history, summary.id, content, job)


@lru_cache(maxsize=64)  # the same few charts are opened again and again
def difference(history: PatientHistory, summary: Summary) -> Difference:
    """Compare what is seen now with what the summary knew of: given to the model or knowingly left out."""
    known = dict((*summary.manifest, *summary.left_out))
    return _difference(history, known, is_same_patient=_is_same_patient(history, summary))


def has_news(history: PatientHistory, earlier: PatientHistory) -> bool:
    """Whether a chart seen now differs from what was seen earlier. Less of the same chart is no news."""
    known = {entry.reference: entry.content_hash for entry in earlier.entries}
    is_same_patient = patient_hash(history.patient) == patient_hash(earlier.patient)
    return bool(_difference(history, known, is_same_patient=is_same_patient))


def _difference(history: PatientHistory, known: Mapping[str, str], *, is_same_patient: bool) -> Difference:
    newer = sum(known.get(entry.reference) != entry.content_hash for entry in history.entries)
    whole = {resource_type for resource_type, coverage in history.coverage if coverage is Coverage.WHOLE}
    gone = known.keys() - history.by_reference.keys()
    removed = sum(reference.partition("/")[0] in whole for reference in gone)
    return Difference(newer=newer + (not is_same_patient), removed=removed)


def _is_same_patient(history: PatientHistory, summary: Summary) -> bool:
    """Whether name, birth date, sex, number and death stand as they did: an age or a dose may hang on each of them."""
    if not summary.patient_hash:  # of an earlier version: an equal chart has equal facts, of another nobody can tell
        return history.fingerprint == summary.fingerprint
    return patient_hash(history.patient) == summary.patient_hash


def _with_summary(history: PatientHistory, summary_id: str, summary: Summary, job: JobStanding | None) -> State:
    changed = difference(history, summary)
    if not changed:
        return Ready(summary_id=summary_id, summary=summary)
    if job is not None and job.fingerprint == history.fingerprint and job.state in {JobState.FAILED, JobState.EXPIRED}:
        return _failed(job)
    return Stale(
        summary_id=summary_id,
        summary=summary,
        newer=changed.newer,
        removed=changed.removed,
        preparing=job is not None and job.state in _UNDER_WAY,
    )


def _failed(job: JobStanding) -> Failed:
    return Failed(reason=FailureReason.read(job.reason or job.state.value), since=job.since)


def _without_summary(job: JobStanding | None, *, engine_configured: bool) -> State:
    if not engine_configured:
        return Absent(reason=AbsenceReason.NO_MODEL)
    if job is None:
        return Absent(reason=AbsenceReason.NOT_ASKED)
    match job.state:
        case JobState.QUEUED | JobState.LEASED:
            return Preparing(job_id=job.id, since=job.since)
        case JobState.FAILED | JobState.EXPIRED:
            return _failed(job)
        case JobState.DONE:  # its summary is gone: purged, or of another focus
            return Absent(reason=AbsenceReason.NOT_ASKED)
        case _:
            assert_never(job.state)
