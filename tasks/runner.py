"""One delivery of one job: claim it, keep the lease, make the summary, store it if the attempt still holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from fhir_adapters.errors import AdapterError
from fhir_adapters.stored import canonical, history_to_plain
from ledger.errors import LedgerError, NotHeld
from ledger.records import Event, StoredImage, StoredSummary, SummaryJob
from tasks.errors import SummaryError
from tasks.stored import summary_to_bytes
from tasks.summarise import Made, Workshop, summarise

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

    def run(self, job_id: str) -> str:
        """Deliver one job; the word returned says how it ended ("done", "not claimed", or the failure's code)."""
        job = self.jobs.claim(job_id, worker=self.worker, lease_s=self.lease_s)
        if job is None:
            return "not claimed"  # done, leased elsewhere, expired, or unknown: a doubled message is harmless
        try:
            with self._kept_alive(job):
                made = summarise(job, self.workshop, note=lambda kind, detail: self._note(job, kind, detail))
            self._store(job, made)
        except NotHeld:
            return "lease lost"  # a later attempt owns the job; this result is not written
        except (SummaryError, AdapterError) as error:
            reason = error.reason if isinstance(error, SummaryError) else type(error).__name__
            return self._fail(job, reason, retry=error.retryable)
        except SoftTimeLimitExceeded:
            return self._fail(job, "time-limit", retry=True)
        return "done"

    def _store(self, job: SummaryJob, made: Made) -> None:
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
        self.jobs.finish(job, summary, images, (), history=history)

    def _fail(self, job: SummaryJob, reason: str, *, retry: bool) -> str:
        log.warning("job.failed", job=job.id, attempt=job.attempt, reason=reason, retry=retry)
        try:
            self.jobs.fail(job, reason, retry=retry)
        except NotHeld:
            return "lease lost"
        return reason

    def _note(self, job: SummaryJob, kind: str, detail: Mapping[str, Any]) -> None:
        event = Event(
            kind=kind, subject=job.id, at=self.clock(), key=job.key, user="", detail={"attempt": job.attempt, **detail}
        )
        self.record([event])

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
