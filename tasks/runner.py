"""One delivery of one job: claim it, keep the lease, make the summary, store it if the attempt still holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import structlog

from fhir_adapters.stored import canonical, history_to_plain
from ledger.errors import LedgerError, NotHeld
from ledger.records import Event, StoredImage, StoredSummary, SummaryJob
from tasks.failures import reason_of
from tasks.reasons import FailureReason
from tasks.stored import summary_to_bytes
from tasks.summarise import Made, Workshop, summarise


class Ending(StrEnum):
    """How a delivery ended that did not fail the job."""

    DONE = "done"
    NOT_CLAIMED = "not claimed"  # done, leased elsewhere, expired, or unknown: a doubled message is harmless
    LEASE_LOST = "lease lost"  # a later attempt owns the job; this attempt wrote nothing
    LEDGER_AWAY = "ledger away"  # nothing could be written; the lease runs out and the job is tried again


log = structlog.get_logger(__name__)


class JobBook(Protocol):
    """The worker's side of the job table."""

    def claim(self, job_id: str, *, worker: str, lease_s: float) -> SummaryJob | None:
        """Lease the job, or None where it is not to be had."""
        ...

    def renew(self, job: SummaryJob, lease_s: float) -> None:
        """Extend the lease. Raises NotHeld."""
        ...

    def finish(
        self,
        job: SummaryJob,
        summary: StoredSummary,
        images: Sequence[StoredImage],
        events: Sequence[Event],
        *,
        history: tuple[str, bytes] | None = None,
    ) -> None:
        """Store the summary, its pictures and the history it cites, and end the job. Raises NotHeld."""
        ...

    def fail(self, job: SummaryJob, reason: str, *, retry: bool, events: Sequence[Event] = ()) -> None:
        """End the attempt, and the job where there is no further try. Raises NotHeld."""
        ...


@dataclass(slots=True, kw_only=True)
class Journal:
    """The steps of one attempt, written with the change that ends it, or sooner where waiting could lose them."""

    job: SummaryJob
    clock: Callable[[], datetime]
    record: Callable[[Sequence[Event]], object]
    waiting: list[Event] = field(default_factory=list)
    has_alarm: bool = False

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Take down one step."""
        self.has_alarm |= kind.startswith("alarm.")
        mine = {"attempt": self.job.attempt, **detail}
        self.waiting.append(Event(kind=kind, subject=self.job.id, at=self.clock(), key=self.job.key, detail=mine))

    def keep(self) -> None:
        """Write what waits now, in a transaction of its own. Raises LedgerError."""
        self.record(tuple(self.waiting))
        self.waiting.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs jobs by id. Everything that touches time, ids or storage comes in from outside."""

    jobs: JobBook
    record: Callable[[Sequence[Event]], object]
    workshop: Workshop
    worker: str
    lease_s: float
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    def run(self, job_id: str) -> Ending | FailureReason:
        """Deliver one job. How it ended, or the code it failed with.

        Raises nothing: an exception's text may hold record text, and whoever catches it next would log it.
        """
        try:
            job = self.jobs.claim(job_id, worker=self.worker, lease_s=self.lease_s)
        except LedgerError as error:
            log.warning("job.unclaimed", job=job_id, error=type(error).__name__)
            return Ending.LEDGER_AWAY
        return self._work(job) if job else Ending.NOT_CLAIMED

    def _work(self, job: SummaryJob) -> Ending | FailureReason:
        journal = Journal(job=job, clock=self.clock, record=self.record)
        try:
            with self._kept_alive(job):
                self._store(job, summarise(job, self.workshop, note=journal), journal)
        except NotHeld:
            return Ending.LEASE_LOST
        except Exception as error:  # noqa: BLE001 - every attempt ends in the book; see `run` for what must not get out
            return self._fail(job, error, journal)
        return Ending.DONE

    def _store(self, job: SummaryJob, made: Made, journal: Journal) -> None:
        summary = StoredSummary(
            id=self.new_id(),
            job_id=job.id,
            key=job.key,
            focus=job.focus,
            fingerprint=job.fingerprint,
            recipe=job.recipe,
            made_at=made.summary.made_at,
            content=summary_to_bytes(made.summary),
        )
        images = [
            StoredImage(ordinal=number, label=image.label, png=image.png)
            for number, image in enumerate(made.evidence.images, start=1)
        ]
        # The worker may have read more than the hook saw: the page opens a statement's sources in this history.
        history = (made.history.fingerprint, canonical(history_to_plain(made.history)))
        self.jobs.finish(job, summary, images, tuple(journal.waiting), history=history)

    def _fail(self, job: SummaryJob, error: Exception, journal: Journal) -> Ending | FailureReason:
        reason, retry = reason_of(error)
        if reason is FailureReason.WRONG_PATIENT_DATA and not journal.has_alarm:
            journal(f"alarm.{reason}", {"what": type(error).__name__, "count": 1})
        log.warning(
            "job.failed", job=job.id, attempt=job.attempt, reason=reason.value, retry=retry, error=type(error).__name__
        )
        try:
            self.jobs.fail(job, reason.value, retry=retry, events=tuple(journal.waiting))
        except NotHeld:
            return Ending.LEASE_LOST
        except LedgerError as failure:
            log.warning("job.unended", job=job.id, attempt=job.attempt, error=type(failure).__name__)
            return Ending.LEDGER_AWAY
        return reason

    @contextmanager
    def _kept_alive(self, job: SummaryJob) -> Iterator[None]:
        """Renew the lease in a thread while the work lasts, so that only a dead worker loses it."""
        stop = threading.Event()

        def renew() -> None:
            while not stop.wait(self.lease_s / 3):
                try:
                    self.jobs.renew(job, self.lease_s)
                except NotHeld:
                    return  # finish() will refuse as well
                except LedgerError as error:
                    log.warning("lease.renewal", job=job.id, error=type(error).__name__)

        heart = threading.Thread(target=renew, name="chartside-lease", daemon=True)
        heart.start()
        try:
            yield
        finally:
            stop.set()
            heart.join()
