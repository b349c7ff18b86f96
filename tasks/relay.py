"""The relay: one thread in each process that publishes the outbox and what was lost on the way."""

from __future__ import annotations

import threading
from typing import Protocol

import structlog

from ledger.errors import LedgerError

log = structlog.get_logger(__name__)


class JobQueue(Protocol):
    """Where job ids go."""

    def publish(self, job_id: str) -> bool:
        """Whether the queue took the id."""
        ...


class DueJobs(Protocol):
    """What is waiting to be published."""

    def due(self, *, limit: int = 100) -> tuple[str, ...]:
        """Job ids to publish now; each is handed to one relay only, and again later if it gets lost."""
        ...


class Relay:
    """Publishes due job ids until stopped. Losing the broker is a delay, never a loss."""

    def __init__(self, jobs: DueJobs, queue: JobQueue, *, every_s: float = 1.0, batch: int = 50) -> None:
        self._jobs, self._queue, self._every_s, self._batch = jobs, queue, every_s, batch
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="chartside-relay", daemon=True)

    def start(self) -> None:
        """Begin; a relay starts once."""
        self._thread.start()

    def wake(self) -> None:
        """Look now rather than at the next turn; cheap enough for the hook's path."""
        self._wake.set()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """End after the publication in hand."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def publish_due(self) -> int:
        """One turn: how many ids were published."""
        published = 0
        for job_id in self._jobs.due(limit=self._batch):
            if not self._queue.publish(job_id):
                break  # the broker is away; this one and the rest are due again after the ledger's pause
            published += 1
        return published

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.publish_due()
            except LedgerError as error:
                log.warning("relay.ledger", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the root of a thread: were it to die, no summary would be made
                log.error("relay.failed", error=type(error).__name__)  # noqa: TRY400 - its text may hold anything
            self._wake.wait(self._every_s)
            self._wake.clear()
