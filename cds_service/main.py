"""The composition root of the service: settings in, constructed parts out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx2

from cds_service.client_keys import open_key_sets
from cds_service.clients import CdsClient, FhirBase, client_from
from cds_service.crowd import Crowd
from cds_service.errors import NotConfigured
from cds_service.forgetting import forget_at_purge
from cds_service.key_sets import KeySet, start_watching
from cds_service.listening import run
from cds_service.logs import configure_logs
from cds_service.loopback import is_loopback
from cds_service.may_serve import check_issuers, check_serve, check_test_clients, tell_capabilities, tell_test_clients
from cds_service.metrics import Metrics
from cds_service.parts import EngineInfo, Pace, Parts, Start
from cds_service.recent import RecentCharts
from cds_service.settings import EngineSettings, Settings
from cds_service.trust import Trust
from fhir_adapters.addresses import read_base
from fhir_adapters.circuit import Circuit
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.fhir_http import HttpFhirServer, ReadLimits
from fhir_adapters.fhir_server import FhirServer
from fhir_adapters.secret import Secret
from hooks.discovery import find_services
from ledger import opening
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.errors import KeyMissing, LedgerError
from ledger.events import record
from ledger.jobs import Jobs
from ledger.nonces import Nonces
from ledger.readiness import check_writable, read_backlog
from ledger.reanchoring import check_begun
from ledger.store import LedgerStore
from tasks.celery_app import CeleryQueue, make_celery
from tasks.profile import Profile
from tasks.relay import Relay

# What a hook can read in its time and show at all (1,000 entries); the worker reads the rest. A page of this size takes
# 40 ms to read, in which nobody else is answered.
_HOOK_READS = ReadLimits(page_bytes=5_000_000, search_bytes=10_000_000, pages=20)


def serve(settings: Settings) -> None:
    """Run the production service until it is told to stop.

    Raises StartRefused, StartupError or LedgerError, each with a message for the operator, before anything listens.
    """
    check_serve(settings)
    configure_logs()
    tell_test_clients(settings)
    tell_capabilities(settings)
    parts = build_parts(settings, open_ledger(settings))
    run(parts, settings)


def open_ledger(settings: Settings) -> LedgerStore:
    """The ledger, migrated, with its keys and a checkpoint file that begins lawfully.

    Raises NotConfigured, LedgerUnavailable, ChainBroken (`ledger.reanchoring.check_begun`).
    """
    ledger = settings.ledger
    if ledger.key_file is None and not ledger.key_command:
        raise NotConfigured("ledger.key_file is not set")
    for folder in (ledger.data_dir, ledger.checkpoint.parent):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        store = opening.open_ledger(
            ledger.url.get_secret_value(),
            key_file=ledger.key_file,
            key_command=ledger.key_command,
            data_dir=ledger.data_dir,
            checkpoint=ledger.checkpoint,
            busy_timeout_s=settings.deadlines.cap_s,
            migrates=True,
        )
    except KeyMissing as error:
        raise NotConfigured(f"ledger.{'key_command' if ledger.key_command else 'key_file'}: {error}") from None
    try:
        check_begun(store)
    except LedgerError:
        store.close()
        raise
    return store


def build_parts(settings: Settings, store: LedgerStore, *, demo: CdsClient | None = None) -> Parts:
    """Everything the application is made of. Opens no connection and starts no thread.

    `demo` is who an unsigned call is; refused unless the settings say demo and the host is loopback. A composition
    root that has pages adds them with `dataclasses.replace(parts, review_url=…, pages=…)`.
    """
    if demo is not None and not (settings.demo and is_loopback(settings.host)):
        raise NotConfigured("unsigned calls are for the loopback demo alone")
    metrics = Metrics()
    http = httpx2.AsyncClient(follow_redirects=False, trust_env=False)
    key_sets = open_key_sets(settings, http=http, metrics=metrics)
    clients = _clients(settings, key_sets)
    everybody = (*clients, *((demo,) if demo else ()))
    folders, circuits = _folders(everybody), _circuits(everybody)
    relay = _relay(settings, store)
    pace = _pace(settings)
    cards = Cards(store, retry_failed_after_s=pace.retry_failed_after.total_seconds())
    recent = RecentCharts()
    forget_at_purge(store, recent)
    return Parts(
        services=find_services(settings.services_dir),
        trust=_trust(settings, clients, demo),
        cards=cards,
        issued=cards,
        answers=Answers(store),
        nonces=Nonces(store),
        record=partial(record, store),
        check_ledger=partial(check_writable, store, _folders_written(settings)),
        backlog=partial(read_backlog, store),
        open_server=_opener(folders, circuits, http),
        circuits=circuits,
        clock=partial(datetime.now, UTC),
        new_id=lambda: str(uuid.uuid4()),
        zone=settings.zone,
        engine=engine_info(settings.engine, settings.profile or Profile.TEXT_ONLY),
        pace=pace,
        recent=recent,
        crowd=Crowd(settings.limits.hooks_at_once),
        wake=relay.wake if relay else lambda: None,
        metrics=metrics,
        cors_origins=settings.cors_origins,
        starts=(_start(store, http, folders, relay), start_watching(key_sets)),
    )


def demo_client(fhir_base: str, *, fhir_folder: Path | None = None, dicomweb_folder: Path | None = None) -> CdsClient:
    """The sample EHR of the loopback demo: no key, no issuer, one FHIR base."""
    base = FhirBase(base=read_base(fhir_base), fhir_folder=fhir_folder, dicomweb_folder=dicomweb_folder)
    return CdsClient(id="sample-ehr", issuer="", keys={}, algorithms=(), fhir_bases=(base,))


def engine_info(engine: EngineSettings, profile: Profile) -> EngineInfo | None:
    """What the service knows of the workers' engine; None where there is none."""
    if engine.kind == "none":
        return None
    name = engine.model or (engine.model_dir.name if engine.model_dir else engine.kind)
    return EngineInfo(name=name, revision=engine.revision, profile=profile)


def _clients(settings: Settings, key_sets: tuple[KeySet, ...]) -> tuple[CdsClient, ...]:
    """The configured clients, each with its keys. Raises NotConfigured for any that must not be believed."""
    clients = tuple(map(client_from, settings.clients, key_sets))
    check_issuers(clients)
    check_test_clients(clients, test_only=settings.test_clients)
    return clients


def _trust(settings: Settings, clients: tuple[CdsClient, ...], demo: CdsClient | None) -> Trust:
    tokens = settings.tokens
    return Trust(
        clients,
        public_base_url=settings.public_base_url,
        leeway_s=tokens.leeway_s,
        lifetime_s=tokens.lifetime_s,
        demo=demo,
    )


def _folders(clients: tuple[CdsClient, ...]) -> dict[Path, FolderFhirServer]:
    named = {base.fhir_folder for client in clients for base in client.fhir_bases if base.fhir_folder}
    return {folder: FolderFhirServer(folder) for folder in named}


def _circuits(clients: tuple[CdsClient, ...]) -> dict[str, Circuit]:
    """One for each FHIR server, whichever clients name it."""
    return {base.url: Circuit() for client in clients for base in client.fhir_bases if base.fhir_folder is None}


def _opener(
    folders: Mapping[Path, FolderFhirServer], circuits: Mapping[str, Circuit], http: httpx2.AsyncClient
) -> Callable[[FhirBase, Secret | None], FhirServer]:
    def open_server(base: FhirBase, token: Secret | None) -> FhirServer:
        if base.fhir_folder is not None:
            return folders[base.fhir_folder]
        return HttpFhirServer(base.url, client=http, token=token, limits=_HOOK_READS, circuit=circuits.get(base.url))

    return open_server


def _folders_written(settings: Settings) -> tuple[Path, ...]:
    """Where a card needs room: beside the checkpoint file, and in the data's folder where the database lies there."""
    ledger = settings.ledger
    is_file = ledger.url.get_secret_value().startswith("sqlite")
    return (ledger.checkpoint.parent, *((ledger.data_dir,) if is_file else ()))


def _start(
    store: LedgerStore, http: httpx2.AsyncClient, folders: Mapping[Path, FolderFhirServer], relay: Relay | None
) -> Start:
    async def start(opened: AsyncExitStack) -> None:
        opened.callback(store.close)  # last: the relay writes until it has stopped
        opened.push_async_callback(http.aclose)
        await _warm_up(folders)
        if relay is not None:
            relay.start()
            opened.callback(relay.stop)

    return start


async def _warm_up(folders: Mapping[Path, FolderFhirServer]) -> None:
    """Parse the folders before the first hook, whose deadline is shorter than that takes."""
    for server in folders.values():
        await server.search("Condition", {"patient": "nobody"})


def _relay(settings: Settings, store: LedgerStore) -> Relay | None:
    """Publishes job ids; without an engine there are none."""
    if settings.engine.kind == "none":
        return None
    url = settings.broker.url.get_secret_value()
    folder = settings.broker.folder if url.startswith("filesystem://") else None
    return Relay(Jobs(store), CeleryQueue(make_celery(url, folder=folder)))


def _pace(settings: Settings) -> Pace:
    return Pace(
        gather_s=settings.deadlines.gather_s,
        cap_s=settings.deadlines.cap_s,
        body_bytes=settings.limits.body_bytes,
        entries=settings.limits.entries,
        card_life=timedelta(hours=settings.card_hours),
        job_life=timedelta(hours=settings.job_hours),
    )
