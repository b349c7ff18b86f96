"""One CDS Hooks client of one service address: it discovers, fires, and feeds back (client C1 to C8)."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import httpx2

from chartside_sandbox.client.cards import ReceivedCard, read_cards
from chartside_sandbox.client.contexts import hook_context
from chartside_sandbox.client.errors import ClientError, NoAnswer, NotFired
from chartside_sandbox.client.exchange import Exchange, exchange
from chartside_sandbox.client.feedback import Item
from chartside_sandbox.client.grants import Grant, Grants
from chartside_sandbox.client.prefetch import Prefetch, Sending, gather_prefetch
from chartside_sandbox.client.quirks import REFERENCE, Quirks
from chartside_sandbox.client.record import FhirRecord
from chartside_sandbox.client.signing import Signer
from chartside_sandbox.client.templates import type_of

_OK: Final = 200


def utc_now() -> datetime:
    """The clock of a client."""
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid.uuid4())  # from the system's source of randomness: nobody guesses the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as discovery lists it, or as it was typed in."""

    id: str
    hook: str
    title: str
    prefetch: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one service answered, or what kept it from answering."""

    service: Service
    cards: tuple[ReceivedCard, ...] = ()
    failure: ClientError | None = None


@dataclass(slots=True, kw_only=True)
class CdsHooksClient:
    """Holds what one EHR knows of one CDS service. `heard` is called with every exchange."""

    address: str  # the base, without /cds-services
    http: httpx2.AsyncClient
    record: FhirRecord
    grants: Grants
    quirks: Quirks = REFERENCE
    signer: Signer | None = None
    typed_in: Sequence[Service] | None = None  # of a client that does not discover
    heard: Callable[[Exchange], None] = lambda _one: None
    clock: Callable[[], datetime] = utc_now
    new_id: Callable[[], str] = _new_id
    _services: tuple[Service, ...] | None = field(init=False, default=None)
    _failures: Counter[str] = field(init=False, default_factory=Counter)
    _acknowledged: set[tuple[str, str, str]] = field(init=False, default_factory=set)  # user, patient, topic

    async def services(self) -> tuple[Service, ...]:
        """Every service. Discovery is asked once; after a failure it is asked again. Raises NoAnswer."""
        if self._services is None:
            self._services = await self._discover() if self.typed_in is None else tuple(self.typed_in)
        return self._services

    async def fire(self, hook: str, values: Mapping[str, Any], *, sending: Sending = "prefetch") -> list[Answer]:
        """Call every service of this hook at once. Raises NotFired, BadContext, NoAnswer (of discovery)."""
        if hook not in self.quirks.hooks:
            raise NotFired(f"This kind of EHR does not fire {hook}.")
        context = hook_context(hook, values, names_encounter=self.quirks.names_encounter)
        services = [one for one in await self.services() if one.hook == hook]
        return list(await asyncio.gather(*(self._call(one, context, sending) for one in services)))

    def acknowledge(self, received: ReceivedCard, *, user_id: str, patient_id: str) -> None:
        """This user has answered this card: a client that goes by topics shows no more of its topic to them."""
        if self.quirks.topic_suppresses and received.topic:
            self._acknowledged.add((user_id, patient_id, received.topic))

    async def send_feedback(self, service_id: str, items: Sequence[Item]) -> None:
        """One POST with these items. Raises NoAnswer where they did not arrive."""
        body = {"feedback": [item.feedback for item in items]}
        seen = await self._exchange(f"/cds-services/{service_id}/feedback", body=body, note="feedback")
        if not seen.is_good:
            raise NoAnswer(seen.trouble, said=seen.said)

    async def _discover(self) -> tuple[Service, ...]:
        seen = await self._exchange("/cds-services", note="discovery")
        listed = seen.response.get("services") if isinstance(seen.response, dict) else None
        if seen.status != _OK or not isinstance(listed, list):
            raise NoAnswer(seen.trouble or "no list of services", said=seen.said)
        return tuple(
            Service(
                id=str(one["id"]),
                hook=str(one["hook"]),
                title=str(one.get("title") or one["id"]),
                prefetch=one.get("prefetch") or {},
            )
            for one in listed
        )

    async def _call(self, service: Service, context: Mapping[str, Any], sending: Sending) -> Answer:
        limit = self.quirks.disables_after
        if limit and self._failures[service.id] >= limit:
            off = f"{service.id} was switched off after {limit} failures in a row."
            return Answer(service=service, failure=NotFired(off))
        try:
            cards = await self._cards_of(service, context, sending)
        except NoAnswer as failure:
            self._failures[service.id] += 1
            return Answer(service=service, failure=failure)
        self._failures[service.id] = 0
        return Answer(service=service, cards=cards)

    async def _cards_of(
        self, service: Service, context: Mapping[str, Any], sending: Sending
    ) -> tuple[ReceivedCard, ...]:
        prefetch = await self._prefetch(service, context, sending)
        needs_token = sending != "prefetch" or self.quirks.always_authorizes
        grant = None
        if needs_token and self.quirks.may_authorize:
            grant = self.grants.issue(context["patientId"], map(type_of, service.prefetch.values()))
        try:
            seen = await self._exchange(
                f"/cds-services/{service.id}",
                body=self._body(service, context, prefetch, grant),
                note=_note(prefetch),
            )
        finally:
            if grant is not None:
                self.grants.revoke(grant)  # client C3: on completion
        if seen.status != _OK or seen.problem:
            raise NoAnswer(seen.trouble, said=seen.said)
        cards = read_cards(seen.response, service_id=service.id, hook=service.hook, quirks=self.quirks)
        who = (str(context.get("userId", "")), str(context["patientId"]))
        return tuple(one for one in cards if (*who, one.topic) not in self._acknowledged)

    async def _prefetch(self, service: Service, context: Mapping[str, Any], sending: Sending) -> Prefetch | None:
        if sending == "server":
            return None
        return await gather_prefetch(
            service.prefetch,
            context,
            self.record,
            quirks=self.quirks,
            sending=sending,
            today=self.clock().date(),
        )

    def _body(
        self, service: Service, context: Mapping[str, Any], prefetch: Prefetch | None, grant: Grant | None
    ) -> dict[str, Any]:
        """The request. Members without a value are left out (S2), but for clients that send them empty."""
        body: dict[str, Any] = {
            "hook": service.hook,
            "hookInstance": self.new_id(),
            "fhirServer": self.record.base,
            "context": context,
        }
        if self.quirks.sends_empty_members:
            body |= {"fhirAuthorization": None, "prefetch": {}, "extension": {}}
        if grant is not None:
            body["fhirAuthorization"] = grant.authorization(service.id)
        if prefetch is not None and prefetch.values:
            body["prefetch"] = prefetch.values
        return body

    async def _exchange(self, path: str, *, body: Mapping[str, Any] | None = None, note: str) -> Exchange:
        url = self.address.rstrip("/") + path
        token = ""
        if self.signer is not None and self.quirks.signs:
            token = self.signer.token(url, now=self.clock(), jti=self.new_id(), quirks=self.quirks)
            note = f"{note}; signed with {self.signer.algorithm} for this address"
        seen = await exchange(self.http, url, body=body, token=token, note=note, new_id=self.new_id, clock=self.clock)
        self.heard(seen)
        return seen


def _note(prefetch: Prefetch | None) -> str:
    if prefetch is None:
        return "no prefetch: the service reads fhirServer"
    return f"prefetch: {len(prefetch.values)} keys from {prefetch.requests} FHIR requests"
