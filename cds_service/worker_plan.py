"""From settings to a worker's plan: which engine, which queue, and where each client's record is read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from cds_service.clients import CdsClient, client_from
from cds_service.errors import NotConfigured
from cds_service.settings import EngineSettings, Settings
from tasks.engine import ModelEngine
from tasks.engines.scripted import Scripted
from tasks.worker import SourcePlan, WorkerPlan


def worker_plan(settings: Settings, *, clients: tuple[CdsClient, ...] | None = None) -> WorkerPlan:
    """What `chartside worker` needs to know. Raises NotConfigured, which says what to set."""
    if settings.profile is None:
        raise NotConfigured("profile: choose text-only (no pixel reaches a model) or imaging")
    if settings.ledger.key_file is None and not settings.ledger.key_command:
        raise NotConfigured("ledger.key_file: name the key file that the service uses, or its ledger.key_command")
    url = settings.broker.url.get_secret_value()
    return WorkerPlan(
        ledger_url=settings.ledger.url.get_secret_value(),
        key_file=settings.ledger.key_file,
        key_command=settings.ledger.key_command,
        data_dir=settings.ledger.data_dir,
        checkpoint=settings.ledger.checkpoint,
        broker_url=url,
        broker_folder=settings.broker.folder if url.startswith("filesystem://") else None,
        profile=settings.profile,
        make_engine=engine_maker(settings.engine),
        sources=tuple(
            SourcePlan(
                client=client.id,
                fhir_base=base.url,
                fhir_folder=base.fhir_folder,
                dicomweb_folder=base.dicomweb_folder,
                dicomweb_url=base.dicomweb_url,
            )
            for client in (clients if clients is not None else tuple(map(client_from, settings.clients)))
            for base in client.fhir_bases
        ),
    )


def engine_maker(engine: EngineSettings) -> Callable[[], ModelEngine] | None:
    """How a worker's child makes its engine; None where none is configured."""
    match engine:
        case EngineSettings(kind="scripted", completions_dir=Path() as folder):
            return partial(Scripted, folder)
        case EngineSettings(kind="medgemma", model_dir=Path() as folder):
            return partial(_medgemma, folder)
        case _:
            return None


def _medgemma(folder: Path) -> ModelEngine:
    # Only here and in the child that calls this: the service runs without torch (decision 10).
    from tasks.engines.medgemma import MedGemma  # noqa: PLC0415

    return MedGemma(folder)
