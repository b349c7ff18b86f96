"""Everything a worker process needs to know, as plain values that a fork can carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ledger.jobs import Waits
from tasks.engine import ModelEngine
from tasks.profile import Profile


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
    """One worker. Times in seconds."""

    ledger_url: str = field(repr=False)  # may hold a password
    key_file: Path | None
    data_dir: Path
    checkpoint: Path
    broker_url: str = field(repr=False)
    broker_folder: Path | None
    profile: Profile
    make_engine: Callable[[], ModelEngine] | None  # called in the child: CUDA does not survive a fork
    key_command: tuple[str, ...] = field(default=(), repr=False)  # without a key file: what prints the keys
    sources: tuple[SourcePlan, ...] = ()
    lease_s: float = 60.0  # renewed three times as often; so long a job waits whose worker was killed
    hard_limit_s: float = 600.0  # a generation that hangs is killed with its process
    soft_limit_s: float | None = None  # one that can still listen is asked to end before; None: 10 s before
    child_start_s: float = 600.0  # the longest that loading the model may take
    relay_every_s: float = 1.0
    parent_check_s: float = 1.0  # so long a child outlives its killed parent
    waits: Waits = field(default_factory=Waits)
    busy_timeout_s: float = 10.0  # the longest wait for the ledger's lock
