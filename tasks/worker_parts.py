"""The real parts of a worker, made from its plan: the ledger, the sources of each client, the decoder, the runner."""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import httpx2
import structlog

from fhir_adapters.decoder import GuardedDecoder
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.dicomweb import HttpDicomWebServer
from fhir_adapters.errors import GuardMissing
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_http import HttpFhirServer
from ledger import opening
from ledger.events import record
from ledger.jobs import Jobs
from ledger.records import PatientKey
from ledger.store import LedgerStore
from tasks.profile import Profile
from tasks.runner import Runner
from tasks.summarise import Sources, Workshop
from tasks.worker_plan import SourcePlan, WorkerPlan

_CLIENT_TIMEOUT_S = 30.0

log = structlog.get_logger(__name__)


def open_ledger(plan: WorkerPlan) -> LedgerStore:
    """The ledger of this plan, with its keys. Raises KeyMissing. Call it in the process that uses it: no fork after."""
    return opening.open_ledger(
        plan.ledger_url,
        key_file=plan.key_file,
        key_command=plan.key_command,
        data_dir=plan.data_dir,
        checkpoint=plan.checkpoint,
        busy_timeout_s=plan.busy_timeout_s,
    )


def open_decoder(profile: Profile, opened: ExitStack | AsyncExitStack) -> GuardedDecoder | None:
    """The decoder, if the profile allows pixels and this machine the guard: no guard, no imaging."""
    if profile != Profile.IMAGING:
        return None
    try:
        return opened.enter_context(GuardedDecoder())
    except GuardMissing:
        log.warning("imaging.none", reason="guard missing")
        return None


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
        # trust_env: a proxy of the environment would be told which patients are read.
        async with httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=_CLIENT_TIMEOUT_S) as client:
            yield Sources(
                fhir=records[plan.fhir_folder] if plan.fhir_folder
                else HttpFhirServer(plan.fhir_url, client=client) if plan.fhir_url else None,
                dicomweb=pictures[plan.dicomweb_folder] if plan.dicomweb_folder
                else HttpDicomWebServer(plan.dicomweb_url, client=client) if plan.dicomweb_url else None,
            )  # fmt: skip

    return sources


def make_runner(plan: WorkerPlan, store: LedgerStore, decoder: GuardedDecoder | None) -> Runner:
    """A runner over real parts; loads the model. Raises what the engine raises."""
    now = partial(datetime.now, UTC)
    return Runner(
        jobs=Jobs(store, waits=plan.waits),
        record=partial(record, store),
        workshop=Workshop(
            engine=plan.make_engine() if plan.make_engine else None,
            sources=sources_for(plan.sources),
            profile=plan.profile,
            decoder=decoder,
            clock=now,
        ),
        worker=f"{platform.node()}-{os.getpid()}",
        lease_s=plan.lease_s,
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )
