"""The service under examination: what is known of it, and how to ask it something."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_service.doctor.answer import Answer
from cds_service.doctor.chart import Chart, is_search, prefetched
from cds_service.doctor.contexts import SHAPES, HookShape, context_for
from cds_service.doctor.entries import Entry
from cds_service.doctor.finding import Outcome, Rule
from cds_service.doctor.stand import FhirStand
from cds_service.doctor.wire import Wire

Body = dict[str, Any]


class NotAsked(Exception):
    """A check could not be asked; the message says what is missing, or what to give the doctor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the checks ask. `why_not` says, where there is no service to call, why."""

    wire: Wire
    chart: Chart = field(repr=False)
    entries: tuple[Entry, ...] = ()
    chosen: Entry | None = None
    why_not: str = ""
    discovery: Answer | None = None
    calls: Mapping[Entry, Answer] = field(default_factory=dict)  # the whole, usual call of each service that answered
    known_feedback: Answer | None = None  # to feedback on a card of this service
    stand: FhirStand | None = None  # the doctor's own FHIR server, where the service can reach it
    fhir_base: str = ""  # what is sent as fhirServer
    is_base_given: bool = False  # by the person, who says that the service accepts it
    is_base_taken: bool | None = None  # by the service; None where that was not tried

    @property
    def entry(self) -> Entry:
        """The service that is looked at closely. Raises NotAsked."""
        if self.chosen is None or self.why_not:
            raise NotAsked(self.why_not or "no service is listed whose hook is known here")
        return self.chosen

    @property
    def shape(self) -> HookShape:
        """The fields of its hook's context."""
        return SHAPES[self.entry.hook]

    @property
    def usual(self) -> Answer:
        """What it answers to a whole, usual call."""
        try:
            return self.calls[self.entry]
        except KeyError:
            raise NotAsked("the usual call got no answer") from None

    @property
    def card(self) -> Mapping[str, Any]:
        """A card of its that feedback can be given about. Raises NotAsked."""
        for one in self.usual.cards:
            if isinstance(one.get("uuid"), str) and one["uuid"]:
                return one
        raise NotAsked("the usual call gets no card with a uuid")

    @property
    def patient_id(self) -> str:
        """The synthetic patient's id."""
        return str(self.chart["Patient"][0]["id"])

    @property
    def is_host(self) -> bool:
        """Whether the FHIR server that calls name is the doctor's own."""
        return self.stand is not None and self.stand.base == self.fhir_base

    @property
    def host_of_fhir(self) -> FhirStand:
        """The doctor's own FHIR server, whose base the service accepts. Raises NotAsked."""
        _ = self.entry
        if self.stand is None:
            raise NotAsked("the service cannot reach the doctor's own FHIR server: run both on one machine")
        if not self.is_base_taken:
            raise NotAsked(
                "the FHIR base is not configured (T5): configure one on loopback, and give it as --fhir-base"
            )
        if not self.is_host:
            raise NotAsked("another server listens at --fhir-base: give one on loopback whose port is free")
        return self.stand

    def body(self, entry: Entry | None = None, **changes: Any) -> Body:  # noqa: ANN401 - JSON
        """A whole call of the service, with a hookInstance of its own; a change to ... leaves a member out."""
        entry = entry or self.entry
        whole = {
            "hook": entry.hook,
            "hookInstance": str(uuid.uuid4()),
            "context": context_for(entry.hook, self.chart),
            "prefetch": {key: prefetched(template, self.chart) for key, template in entry.prefetch.items()} or ...,
        }
        return {name: value for name, value in (whole | changes).items() if value is not ...}

    def prefetch(self, change: Callable[[str], object], *, searches_only: bool = True) -> Mapping[str, Any]:
        """The usual prefetch, with `change(template)` for each search, or for every key. Raises NotAsked."""
        templates = self.entry.prefetch
        chosen = {key for key, template in templates.items() if is_search(template) or not searches_only}
        if not chosen:
            raise NotAsked("the service lists no such prefetch")
        filled = {
            key: change(text) if key in chosen else prefetched(text, self.chart) for key, text in templates.items()
        }
        return {key: value for key, value in filled.items() if value is not ...}

    async def call(self, body: object, *, authorization: str | None = None) -> Answer:
        """POST to the service."""
        return await self.wire.post(self.entry.path, body, authorization=authorization)

    async def give_feedback(self, *items: object) -> Answer:
        """POST feedback. Raises NotAsked where the service takes none, which it may."""
        self.known_answer()
        return await self.wire.post(f"{self.entry.path}/feedback", {"feedback": list(items)})

    def known_answer(self) -> Answer:
        """What feedback on a card of this service was answered. Raises NotAsked."""
        _ = self.card
        if self.known_feedback is None:
            raise NotAsked("feedback got no answer")
        if self.known_feedback.status in {404, 405, 501}:
            raise NotAsked(f"the service takes no feedback, which it may: {self.known_feedback.status}")
        return self.known_feedback


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and how to ask the subject about it. `ask` may raise NotAsked and NoAnswer."""

    rule: Rule
    ask: Callable[[Subject], Awaitable[Outcome]]


Expectation = Callable[[Subject, Answer], Outcome]


def variation(rule: Rule, change: Callable[[Subject], object], expects: Expectation) -> Check:
    """A check that sends one changed call, and judges its answer."""

    async def ask(subject: Subject) -> Outcome:
        return expects(subject, await subject.call(change(subject)))

    return Check(rule, ask)
