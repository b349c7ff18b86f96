"""The loopback demo: service, worker and sample EHR from embedded parts. Unsigned calls are accepted here alone."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from cds_service.clients import CdsClient
from cds_service.demo_login import DemoLogin, demo_login_router
from cds_service.main import build_parts, demo_client, open_ledger
from cds_service.pages import PageParts, names_to_switch, page_routers, review_url, static_mounts
from cds_service.parts import Parts
from cds_service.settings import BrokerSettings, EngineSettings, LedgerSettings, Settings, read_settings
from cds_service.worker_plan import worker_plan
from chartside_sandbox.ehr import sample_ehr
from chartside_sandbox.samples import CHARTS, COMPLETIONS, restamp_images
from fhir_adapters.decoder import GuardedDecoder
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.history import PatientHistory
from fhir_adapters.imaging import ImagingEvidence
from fhir_adapters.key_images import gather_images
from ledger.keys import create_key_file
from tasks.profile import Profile
from tasks.worker import WorkerPlan
from tasks.worker_parts import open_decoder

STATE: Final = Path(".chartside")
HOST: Final = "127.0.0.1"
_LOOK_S: Final = 20.0

_CONFIG: Final = """\
# Written by `chartside demo`, for `chartside ledger` in this folder. Synthetic data only.
profile = "imaging"
time_zone = "{zone}"
[ledger]
url = "sqlite:///{state}/data/ledger.db"
data_dir = "data"
key_file = "keys/ledger.json"
checkpoint = "checkpoint.log"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What `chartside demo` was asked for."""

    state: Path
    port: int
    engine: str  # "none", "scripted", or a local model directory

    @property
    def address(self) -> str:
        """Where the browser finds it."""
        return f"http://{HOST}:{self.port}"

    @property
    def client(self) -> CdsClient:
        """The sample EHR as the service meets it: its FHIR endpoint is read over HTTP like any other, page by page."""
        return demo_client(f"{self.address}/sandbox/fhir", dicomweb_folder=self.images)

    @property
    def client_of_worker(self) -> CdsClient:
        """The same EHR for the worker, which reads the charts as files: it may start before the endpoint answers."""
        return demo_client(f"{self.address}/sandbox/fhir", fhir_folder=CHARTS, dicomweb_folder=self.images)

    @property
    def images(self) -> Path:
        """Where the restamped DICOM files are."""
        return self.state / "images"


def prepare(demo: Demo) -> Settings:
    """Make the demo's state where it is not there yet, and its settings. Raises BadSettings."""
    demo.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    key_file = demo.state / "keys" / "ledger.json"
    if not key_file.exists():
        create_key_file(key_file)
    settings = _settings(demo, key_file)
    config = _CONFIG.format(state=demo.state, zone=settings.time_zone)
    (demo.state / "chartside.toml").write_text(config, encoding="utf-8")
    restamp_images(demo.images)
    return settings


def _settings(demo: Demo, key_file: Path) -> Settings:
    """What the demo is made of; CHARTSIDE_TIME_ZONE says where its hospital is."""
    return read_settings(
        demo=True,
        profile="imaging",
        host=HOST,
        port=demo.port,
        public_base_url=demo.address,
        ledger=LedgerSettings(
            url=f"sqlite:///{demo.state}/data/ledger.db",
            data_dir=demo.state / "data",
            key_file=key_file,
            checkpoint=demo.state / "checkpoint.log",
        ),
        broker=BrokerSettings(url="filesystem://", folder=demo.state / "queue"),
        engine=_engine(demo.engine),
    )


def demo_parts(demo: Demo, settings: Settings) -> Parts:
    """The service with its pages, the demo's users and the sample EHR beside it."""
    store = open_ledger(settings)
    parts = build_parts(settings, store, demo=demo.client)
    secret = secrets.token_bytes(32)  # sessions end with the demo
    login = DemoLogin(secret, client=demo.client.id, clock=parts.clock)
    window = Window(demo.images)
    ehr = sample_ehr(service=demo.address, look=window.look)
    pages = PageParts.over(
        store,
        login=login,
        secret=secret,
        base_url=demo.address,
        engine=parts.engine,
        look=lambda history, _key: window.look(history),
        frame_ancestors=(demo.address,),
        zone=settings.zone,
        switchable=names_to_switch(parts.services.values(), engine=parts.engine, clients=(demo.client.id,)),
        notice="Demo: all patients are synthetic; the pictures are real, their link to these patients is not.",
    )
    return replace(
        parts,
        review_url=review_url(demo.address),
        pages=(*page_routers(pages), demo_login_router(login, html=pages.html, guard=pages.guard), _front_door()),
        mounts=(*static_mounts(), ("/sandbox", ehr)),
        starts=(*parts.starts, window.open, ehr.warm),
    )


def _front_door() -> APIRouter:
    """What a person types: the address alone, or the mount without its slash."""
    router = APIRouter()
    for path in ("/", "/sandbox"):
        router.add_api_route(path, lambda: RedirectResponse("/sandbox/"), methods=["GET"], response_class=Response)
    return router


class Window:
    """Pictures for the clinician where no worker has gathered any: a page's business, never a hook's."""

    def __init__(self, images: Path) -> None:
        self._server = FolderDicomWebServer(images)
        self._decoder = GuardedDecoder()  # one that is not open decodes nothing, and says so of each study

    async def open(self, opened: AsyncExitStack) -> None:
        """Be ready to decode; where this machine has no guard, the demo runs without pictures, as a worker would."""
        self._decoder = open_decoder(Profile.IMAGING, opened) or self._decoder

    def look(self, history: PatientHistory) -> ImagingEvidence:
        """The key images of this history's studies."""
        return asyncio.run(gather_images(history, self._server, self._decoder, timeout_s=_LOOK_S))


def demo_worker(demo: Demo, settings: Settings) -> WorkerPlan:
    """The plan of the demo's worker: quick to notice that one of its kind has died."""
    return replace(worker_plan(settings, clients=(demo.client_of_worker,)), lease_s=15.0, relay_every_s=0.5)


def _engine(name: str) -> EngineSettings:
    kind: Literal["none", "scripted", "medgemma"]
    match name:
        case "none":
            return EngineSettings()
        case "scripted":
            return EngineSettings(kind="scripted", completions_dir=COMPLETIONS)
        case _:
            kind = "medgemma"
            return EngineSettings(kind=kind, model_dir=Path(name).resolve())
