"""Everything the application is made of, constructed elsewhere: by a composition root, or by a test."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from fastapi import APIRouter
from starlette.types import ASGIApp

from cds_service.answering import AnswerBook
from cds_service.clients import FhirBase
from cds_service.crowd import Crowd
from cds_service.errors import OutOfTime
from cds_service.lanes import Lanes
from cds_service.metrics import Metrics
from cds_service.recent import RecentCharts
from cds_service.token_use import Nonces
from cds_service.trust import Trust
from fhir_adapters.circuit import Circuit
from fhir_adapters.fhir_server import FhirServer
from fhir_adapters.secret import Secret
from hooks.service import Service
from ledger.cards import IssuedResult
from ledger.readiness import Backlog
from ledger.records import Event, Issuance, IssuedCard, Nonce, PatientKey, Situation, StoredSummary
from ledger.switches import SwitchKind
from tasks.profile import Profile
from tasks.prompt import instructions_for

# Starts something for as long as the application lives, and leaves on the stack how it is ended.
Start = Callable[[AsyncExitStack], Awaitable[None]]


class CardBook(Protocol):
    """What a hook reads before it speaks, and where its cards are kept: ledger.cards.Cards."""

    def situation(
        self, key: PatientKey, *, focus: str, fingerprint: str, recipe: str = "", user: str = ""
    ) -> Situation:
        """All that a hook needs to know, from one read. Raises LedgerError."""
        ...

    def issue(
        self, issuance: Issuance, *, timeout_s: float, before_commit: Callable[[], object] | None = None
    ) -> IssuedResult:
        """Write all of one hook call and burn its token, or nothing. Raises LedgerError, as does `before_commit`."""
        ...

    def snapshot(self, key: PatientKey, fingerprint: str) -> bytes | None:
        """The canonical history of this fingerprint, where it is kept. Raises LedgerError."""
        ...


class IssuedCards(Protocol):
    """The cards that answers speak of: ledger.cards.Cards."""

    def find(self, card_id: str, *, client: str | None = None) -> IssuedCard | None:
        """One card as issued, if it is this client's. Raises LedgerError."""
        ...


class Recorder(Protocol):
    """Writes audit entries alone: ledger.events.record over a store."""

    def __call__(
        self, events: Sequence[Event], /, *, timeout_s: float | None = None, nonce: Nonce | None = None
    ) -> object:
        """Write them in one transaction, and burn the token of their call in it. Raises LedgerError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """What the service must know of the workers' engine: that there is one, and what its summaries depend on."""

    name: str  # as the audit desk's switch names it
    revision: str
    profile: Profile

    def recipe(self, focus: str) -> str:
        """Prompt version, model and profile: another recipe is another job."""
        return f"{instructions_for(focus).version} | {self.name} | {self.revision} | {self.profile}"


def summary_in_use(situation: Situation) -> StoredSummary | None:
    """The stored summary, unless the model that made it is switched off: it counts as none, and another may be made."""
    summary = situation.summary
    if summary is None or SwitchKind.MODEL.named(model_of(summary.recipe)) in situation.switched_off:
        return None
    return summary


def model_of(recipe: str) -> str:
    """The model that a recipe names, as the audit desk's switch names it; empty where it names none."""
    _prompt, _, rest = recipe.partition(" | ")
    return rest.partition(" | ")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Time and size limits. Seconds and bytes."""

    gather_s: float = 0.4
    cap_s: float = 1.5
    body_bytes: int = 10_000_000
    entries: int = 1_000
    card_life: timedelta = timedelta(hours=24)
    job_life: timedelta = timedelta(hours=24)
    retry_failed_after: timedelta = timedelta(minutes=15)  # the ledger's own rule, so that nothing is sealed in vain


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The constructed things behind one application. Nothing here reads settings or the environment."""

    services: Mapping[str, Service]
    trust: Trust
    cards: CardBook
    issued: IssuedCards
    answers: AnswerBook
    nonces: Nonces
    record: Recorder
    check_ledger: Callable[[], object]  # raises LedgerError where no card could be recorded now
    open_server: Callable[[FhirBase, Secret | None], FhirServer]
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    zone: tzinfo = UTC  # the hospital's: in which a hook's "now" is told, and its day counted
    engine: EngineInfo | None = None  # None: no model; the brief stands alone
    pace: Pace = field(default_factory=Pace)
    timer: Callable[[], float] = time.monotonic
    metrics: Metrics = field(default_factory=Metrics)
    recent: RecentCharts = field(default_factory=RecentCharts)
    circuits: Mapping[str, Circuit] = field(default_factory=dict)  # of the FHIR servers, by base URL
    backlog: Callable[[], Backlog] | None = None  # what waits in the ledger, for /metrics
    wake: Callable[[], None] = lambda: None  # the relay, when a job was queued
    # Pages. Without a login there are none: /review and /audit answer 401 and no card carries a link (decision 6).
    review_url: Callable[[str], str] | None = None
    pages: tuple[APIRouter, ...] = ()
    mounts: tuple[tuple[str, ASGIApp], ...] = ()  # static files, the sample EHR
    lanes: Lanes = field(default_factory=Lanes)
    crowd: Crowd = field(default_factory=Crowd)
    cors_origins: tuple[str, ...] = ()  # the browser pages that may call the CDS Hooks endpoints: none
    starts: tuple[Start, ...] = ()  # in order; where one fails, what the earlier ones opened is closed

    def time_left(self, ends: float) -> float:
        """Seconds until `ends` on the timer. Raises OutOfTime where there are none."""
        left = ends - self.timer()
        if left <= 0:
            raise OutOfTime
        return left
