"""The worker's one child: it owns the model, the ledger's connections and the relay, and dies with its parent.

All of it is opened here, after the fork: neither CUDA nor an SQLite database that is open survives one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import ExitStack

import structlog
from celery import Celery
from celery.exceptions import Reject

from fhir_adapters.errors import AdapterError
from ledger.errors import LedgerError
from ledger.jobs import Jobs
from tasks.celery_app import SCHEMA_VERSION, CeleryQueue
from tasks.errors import EngineUnusable, SummaryError
from tasks.relay import Relay
from tasks.runner import Runner
from tasks.worker_parts import make_runner, open_decoder, open_ledger
from tasks.worker_plan import WorkerPlan

log = structlog.get_logger(__name__)


class Child:
    """What the prefork child holds between jobs; made before the fork, filled after it."""

    def __init__(self, plan: WorkerPlan, app: Celery) -> None:
        self.plan = plan
        self.app = app
        self.parent = os.getpid()
        self.runner: Runner | None = None
        self.is_unusable = multiprocessing.get_context("fork").Event()  # shared: the parent asks when it has ended
        self._opened = ExitStack()

    def start(self, **_: object) -> None:
        """Open the ledger, start the relay, load the model. The worker is ready when this says so, and not before."""
        end_with_parent(self.parent, every_s=self.plan.parent_check_s)
        try:
            store = open_ledger(self.plan)
            self._opened.callback(store.close)
            relay = Relay(Jobs(store, waits=self.plan.waits), CeleryQueue(self.app), every_s=self.plan.relay_every_s)
            relay.start()
            self._opened.callback(relay.stop)
            self.runner = make_runner(self.plan, store, open_decoder(self.plan.profile, self._opened))
        except Exception as error:  # noqa: BLE001 - the child's composition root; Celery would go on without a model
            self._give_up(error)
            return
        engine = self.runner.workshop.engine
        log.info("worker.ready", model=engine.version.name if engine else "none", profile=self.plan.profile)

    def stop(self, **_: object) -> None:
        """Close what `start` opened."""
        self._opened.close()

    def run(self, job_id: str, schema_version: int) -> None:
        """The task: an id in, nothing out."""
        if schema_version != SCHEMA_VERSION:
            # A newer service wrote it (CH-16); the relay of this version publishes the same job in its own form.
            log.warning("job.refused", schema_version=schema_version)
            raise Reject("unknown message schema", requeue=False)
        if self.runner is None:
            raise Reject("this worker is ending", requeue=True)
        outcome = self.runner.run(job_id)
        log.info("job.ended", job=job_id, outcome=outcome)
        if outcome == EngineUnusable.reason:
            self.runner = None
            self._give_up(EngineUnusable("the engine can serve no job any more; start the worker again"))

    def _give_up(self, error: Exception) -> None:
        """Stop the whole worker: its supervisor starts it again, or a person reads why not."""
        told = isinstance(error, (SummaryError, LedgerError, AdapterError))  # our words, written for operators
        log.error("worker.unusable", error=type(error).__name__, reason=str(error) if told else "")
        self.is_unusable.set()
        os.kill(self.parent, signal.SIGTERM)


def end_with_parent(parent: int, *, every_s: float) -> None:
    """End this process soon after its parent was killed, in mid-job too.

    Its job is taken up again when the lease runs out. Until it ended, it would hold the GPU's memory against the worker
    that is started in the parent's place, and nobody would keep the time limit. On Linux with glibc the kernel is
    faster: Celery asks it for a SIGKILL at the parent's death (PR_SET_PDEATHSIG). Elsewhere this thread is all.
    """

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(every_s)
        log.error("worker.orphaned")
        os._exit(1)

    threading.Thread(target=watch, name="chartside-parent-watch", daemon=True).start()
