"""Composition root of the worker: a Celery prefork child that owns the model, and a relay beside it."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2
import structlog
from celery import Celery
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown

from fhir_adapters.decoder import GuardedDecoder
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.dicomweb import HttpDicomWebServer
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_http import HttpFhirServer
from ledger.events import record
from ledger.jobs import Jobs
from ledger.keys import load_keys
from ledger.records import PatientKey
from ledger.store import LedgerStore, open_store
from tasks.celery_app import SCHEMA_VERSION, TASK, CeleryQueue, make_celery
from tasks.engine import ModelEngine
from tasks.relay import Relay
from tasks.runner import Runner
from tasks.summarise import Sources, Workshop

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """Where the worker reads for one client's FHIR base; all None: what the job carries."""

    client: str
    fhir_base: str
    fhir_folder: Path | None = None
    fhir_url: str | None = None
    dicomweb_folder: Path | None = None
    dicomweb_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlan:
    """Everything a worker process needs to know, as plain values."""

    ledger_url: str = field(repr=False)  # may hold a password
    key_file: Path
    data_dir: Path
    checkpoint: Path
    broker_url: str = field(repr=False)
    broker_folder: Path | None
    profile: str
    make_engine: Callable[[], ModelEngine] | None  # called in the child: CUDA does not survive a fork
    sources: tuple[SourcePlan, ...] = ()
    lease_s: float = 60.0
    hard_limit_s: int = 600
    relay_every_s: float = 1.0


def open_ledger(plan: WorkerPlan) -> LedgerStore:
    """The ledger of this plan, with its keys. Raises KeyMissing, LedgerUnavailable."""
    keys = load_keys(plan.key_file, plan.data_dir)
    return open_store(plan.ledger_url, keys=keys, checkpoint=plan.checkpoint, busy_timeout_s=10.0)


def sources_for(plans: tuple[SourcePlan, ...]) -> Callable[[PatientKey], AbstractAsyncContextManager[Sources]]:
    """A function from a patient's key to where that patient's record and pictures are read."""
    by_base = {(plan.client, plan.fhir_base): plan for plan in plans}
    # Folders are indexed once for all jobs; connections live as long as one job's event loop.
    records = {plan.fhir_folder: FolderFhirServer(plan.fhir_folder) for plan in plans if plan.fhir_folder}
    pictures = {
        plan.dicomweb_folder: FolderDicomWebServer(plan.dicomweb_folder) for plan in plans if plan.dicomweb_folder
    }

    @asynccontextmanager
    async def sources(key: PatientKey) -> AsyncIterator[Sources]:
        plan = by_base.get((key.client, key.fhir_base))
        if plan is None:
            yield Sources()
            return
        async with httpx2.AsyncClient(follow_redirects=False, timeout=30.0) as client:
            yield Sources(
                fhir=records[plan.fhir_folder] if plan.fhir_folder
                else HttpFhirServer(plan.fhir_url, client=client) if plan.fhir_url else None,
                dicomweb=pictures[plan.dicomweb_folder] if plan.dicomweb_folder
                else HttpDicomWebServer(plan.dicomweb_url, client=client) if plan.dicomweb_url else None,
            )  # fmt: skip

    return sources


def make_runner(plan: WorkerPlan, store: LedgerStore, decoder: GuardedDecoder | None) -> Runner:
    """A runner over real parts; loads the model."""
    now = partial(datetime.now, UTC)
    return Runner(
        jobs=Jobs(store),
        record=partial(record, store),
        workshop=Workshop(
            engine=plan.make_engine() if plan.make_engine else None,
            sources=sources_for(plan.sources),
            profile=plan.profile,
            decoder=decoder,
            clock=now,
        ),
        worker=f"worker-{os.getpid()}",
        lease_s=plan.lease_s,
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )


class _Child:
    """What one prefork child holds between jobs."""

    def __init__(self, plan: WorkerPlan) -> None:
        self.plan = plan
        self.runner: Runner | None = None
        self.decoder: GuardedDecoder | None = None
        self.open = ExitStack()

    def start(self, **_: object) -> None:
        """Open the ledger and load the model, once, in the child."""
        if self.plan.profile == "imaging":
            self.decoder = self.open.enter_context(GuardedDecoder())
        self.runner = make_runner(self.plan, open_ledger(self.plan), self.decoder)
        engine = self.runner.workshop.engine
        log.info("worker.ready", model=engine.version.name if engine else "none", profile=self.plan.profile)

    def stop(self, **_: object) -> None:
        """End the decoder's children with this one."""
        self.open.close()

    def run(self, job_id: str, schema_version: int) -> None:
        """The task: an id in, nothing out."""
        if schema_version != SCHEMA_VERSION or self.runner is None:
            # A newer service wrote it (CH-16): leave the job to a newer worker; the relay publishes it again.
            raise Reject("unknown message schema", requeue=False)
        outcome = self.runner.run(job_id)
        log.info("job.ended", job=job_id, outcome=outcome)


def build_worker(plan: WorkerPlan) -> Celery:
    """The Celery application with its one task; nothing is opened before a child starts."""
    app = make_celery(plan.broker_url, folder=plan.broker_folder, hard_limit_s=plan.hard_limit_s)
    child = _Child(plan)
    app.task(child.run, name=TASK, ignore_result=True)
    # Weak references would let the bound methods be collected before a child starts.
    worker_process_init.connect(child.start, weak=False)
    worker_process_shutdown.connect(child.stop, weak=False)
    return app


def run_worker(plan: WorkerPlan) -> None:
    """Serve jobs until told to stop. One process a GPU: prefork keeps the hard time limit, solo would not."""
    app = build_worker(plan)
    relay = Relay(Jobs(open_ledger(plan)), CeleryQueue(app), every_s=plan.relay_every_s)
    relay.start()
    try:
        app.worker_main(
            ["worker", "--pool=prefork", "--concurrency=1", "--loglevel=WARNING", "--without-gossip",
             "--without-mingle", "--without-heartbeat", f"--hostname=chartside-{os.getpid()}@%h"]
        )  # fmt: skip
    finally:
        relay.stop()
