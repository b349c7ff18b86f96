"""A service as a value: what discovery lists, and the pure function that decides what the clinician sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from fhir_adapters.history import Alarm, PatientHistory
from fhir_adapters.prefetch import PREFETCH
from hooks.capabilities import ClientCapabilities
from hooks.card import Card
from hooks.contexts import CONTEXTS, ReadContext
from hooks.draft_orders import DraftOrders
from hooks.errors import InvalidCard, UnusableService
from hooks.request import HookRequest
from tasks.brief import ChartBrief
from tasks.states import State

SPEC_VERSION: Final = "2.0.1"
_SERVICE_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")  # a URL segment (S6)


class Silence(StrEnum):
    """Why a service shows no card. Silence is a clinical statement: it never stands for a failure."""

    NOTHING_TO_SAY = "nothing-to-say"
    ACKNOWLEDGED = "suppressed-acknowledged"  # this user has answered this very content
    SHOWN_RECENTLY = "suppressed-shown-recently"  # the very same card left for this user within the site's window
    SITE_CHOICE = "site-silence"
    SWITCHED_OFF = "switched-off"  # on the audit desk
    WARMED_UP = "warm-up-done"  # an AI summary of this very content is there, or on its way
    NOT_WARMED_UP = "warm-up-not-possible"  # no engine, a stop, a withdrawal, or a failure not yet to be tried again


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What this user has already answered: nobody else's answer ever hides a card."""

    summaries: frozenset[str] = frozenset()  # ids of AI summaries
    brief_at: datetime | None = None  # when the brief of this same content was answered last


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that a service may know of the patient. No service reads anything else."""

    history: PatientHistory = field(repr=False)
    brief: ChartBrief = field(repr=False)
    state: State = field(repr=False)  # of the AI summary
    now: datetime
    new_id: Callable[[], str]
    orders: DraftOrders = field(default_factory=DraftOrders, repr=False)  # as the service's own `orders` read them
    capabilities: ClientCapabilities = field(default_factory=ClientCapabilities)
    alarms: tuple[Alarm, ...] = ()
    answered: Answered = field(default_factory=Answered)
    silent_while_preparing: bool = False  # a site's choice; a failure is never silent
    review_url: Callable[[str], str] | None = None  # card id to page; None: no login, so no link (decision 6)


Say = Callable[[HookRequest, Chart], "tuple[Card, ...] | Silence"]
ReadOrders = Callable[[HookRequest, PatientHistory], DraftOrders]
Digest = Callable[[HookRequest, PatientHistory, DraftOrders, datetime], ChartBrief]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One entry of discovery and the function behind it. One id answers one hook."""

    id: str
    hook: str
    title: str
    description: str
    say: Say
    read_context: ReadContext
    prefetch: Mapping[str, str] = field(default_factory=dict)
    usage_requirements: str = ""
    asks_summary: bool = True  # new content of a chart starts an AI summary for this service
    prepares: str = ""  # the service whose AI summary is made ready by this one, which shows nothing itself
    orders: ReadOrders | None = None  # the orders that a call is about: its cards are theirs, and no other order's
    digest: Digest | None = None  # the brief that is told, kept and drawn; None: that of the whole chart

    def __post_init__(self) -> None:
        """An id that works as a URL segment (S6), and the texts that discovery requires (S5)."""
        if _SERVICE_ID.fullmatch(self.id) is None:
            raise UnusableService(f"service id {self.id!r}: use lower-case letters, digits and '-'")
        if not (self.hook and self.description):
            raise UnusableService(f"service {self.id}: hook and description are required (S5)")

    def answer(self, request: HookRequest, chart: Chart) -> tuple[Card, ...] | Silence:
        """What the function says: cards, or why there are none.

        Raises InvalidCard for anything else: a forgotten `return` is a fault, and must not read as nothing to say.
        Whatever the function raises goes up.
        """
        said: object = self.say(request, chart)
        if isinstance(said, Silence):
            return said
        if not isinstance(said, tuple | list) or not {Card}.issuperset(map(type, said)):
            raise InvalidCard(f"service {self.id}: answer with a tuple of cards, or with a Silence")
        return tuple(said) or Silence.NOTHING_TO_SAY

    def to_wire(self, *, potentially_long_running: bool = False) -> dict[str, Any]:
        """Its entry in the discovery answer (S5).

        `potentially_long_running` is for a client that shows that something may come later: proposed to the standard
        (FHIR-57316) and in no published version, so no client is told unless its site says so.
        """
        wire: dict[str, Any] = {"id": self.id, "hook": self.hook, "description": self.description}
        if self.title:
            wire["title"] = self.title
        if self.prefetch:
            wire["prefetch"] = dict(self.prefetch)
        if self.usage_requirements:
            wire["usageRequirements"] = self.usage_requirements
        if potentially_long_running and self.asks_summary:
            wire["potentiallyLongRunning"] = True
        return wire | {"version": SPEC_VERSION}


def service(  # noqa: PLR0913 - one keyword for each thing that a service's file can say of it
    *,
    id: str,
    hook: str,
    title: str,
    description: str,
    prefetch: Mapping[str, str] | None = None,
    read_context: ReadContext | None = None,
    usage_requirements: str = "",
    asks_summary: bool = True,
    prepares: str = "",
    orders: ReadOrders | None = None,
    digest: Digest | None = None,
) -> Callable[[Say], Service]:
    """Turn a pure function into a Service. `read_context` reads the context of a hook that `hooks.contexts` has not.

    `prefetch` is by default the whole chart, as chart-summary asks for it; an empty one reads the Patient alone.
    Raises UnusableService for a hook whose context nobody can read.
    """
    reads = read_context or CONTEXTS.get(hook)
    if reads is None:
        raise UnusableService(f"service {id}: give read_context, which reads the context of {hook}")

    def make(say: Say) -> Service:
        return Service(
            id=id,
            hook=hook,
            title=title,
            description=description,
            say=say,
            read_context=reads,
            prefetch=dict(PREFETCH if prefetch is None else prefetch),
            usage_requirements=usage_requirements,
            asks_summary=asks_summary,
            prepares=prepares,
            orders=orders,
            digest=digest,
        )

    return make
