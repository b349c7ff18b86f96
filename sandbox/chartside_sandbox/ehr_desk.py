"""What the EHR's server does for its page: it fires hooks, keeps what is on display, and feeds answers back."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import httpx2

from chartside_sandbox.client.actions import transaction
from chartside_sandbox.client.cards import Launch, ReceivedCard, view
from chartside_sandbox.client.client import Answer, CdsHooksClient
from chartside_sandbox.client.errors import ClientError, NoAnswer
from chartside_sandbox.client.exchange import Exchange
from chartside_sandbox.client.feedback import Item, Outbox, accepted, overridden
from chartside_sandbox.client.grants import Grants
from chartside_sandbox.client.prefetch import Sending
from chartside_sandbox.client.quirks import PRESETS, REFERENCE, Quirks
from chartside_sandbox.client.record import FhirRecord
from chartside_sandbox.client.screen import Screen
from chartside_sandbox.client.signing import Signer
from chartside_sandbox.kept import KeptResources

_CHARTS: Final = 64  # open at once; then the one opened first is taken for closed
_EXCHANGES: Final = 60


class UnknownCard(ClientError):
    """An answer to a card that no open chart has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a desk stands on."""

    service: str  # the address of the CDS service
    http: httpx2.AsyncClient  # to the CDS service
    own: httpx2.AsyncClient  # to this EHR's FHIR endpoint
    fhir_base: str
    kept: KeptResources
    grants: Grants
    signer: Signer | None = None
    registered_links: tuple[str, ...] = ()


@dataclass(slots=True)
class _Chart:
    """One open chart."""

    user_id: str
    patient_id: str
    screen: Screen = field(default_factory=Screen)


class Desk:
    """One kind of EHR before one CDS service. Its charts are named by the page."""

    def __init__(self, quirks: Quirks, around: Surroundings, exchanges: deque[Exchange]) -> None:
        self.quirks = quirks
        self.outbox = Outbox()
        self._around, self._exchanges = around, exchanges
        self._fresh: list[Exchange] = []
        self._charts: dict[str, _Chart] = {}
        record = FhirRecord(around.fhir_base, around.own, searches_by_post=quirks.searches_by_post)
        self._client = CdsHooksClient(
            address=around.service,
            http=around.http,
            record=record,
            grants=around.grants,
            quirks=quirks,
            signer=around.signer,
            heard=self._hear,
        )
        # Of a site that types its services in: what its analyst reads from discovery, once.
        self._analyst = replace(self._client, quirks=REFERENCE, heard=lambda _one: None)

    async def fire(
        self, chart_id: str, hook: str, values: Mapping[str, Any], *, sending: Sending = "prefetch"
    ) -> dict[str, Any]:
        """Fire a hook in an open chart: everything that is on display then, and what went wrong. Never raises."""
        chart = self._chart(chart_id, str(values.get("userId", "")), str(values.get("patientId", "")))
        try:
            if not self.quirks.discovers and self._client.typed_in is None:
                self._client.typed_in = await self._analyst.services()
            answers = await self._client.fire(hook, values, sending=sending)
        except ClientError as failure:
            return self._shown(chart, [_failure("", failure)], fired=[])
        for one in answers:
            chart.screen.show(one.service.id, one.cards)
        failures = [_failure(one.service.title, one.failure) for one in answers if one.failure is not None]
        return self._shown(chart, failures, fired=answers)

    async def accept(self, chart_id: str, card: str, suggestion_id: str, *, at: datetime) -> dict[str, Any]:
        """Take a suggestion: its actions as one transaction, then the feedback. Raises ClientError, Refused."""
        chart, received = self._find(chart_id, card)
        suggestion = received.suggestion(suggestion_id)
        if suggestion is None:
            raise UnknownCard("That card has no such suggestion.")
        try:
            bundle = transaction(suggestion)
        except ValueError:
            raise NoAnswer("an action that cannot be carried out") from None
        done = self._around.kept.transact(bundle)["entry"] if bundle is not None else []
        told = await self._tell(chart, received, accepted(received, suggestion_id, at=at))
        return told | {"done": [entry["response"].get("location", "") for entry in done]}

    async def override(
        self, chart_id: str, card: str, *, reason: int | None, comment: str, at: datetime
    ) -> dict[str, Any]:
        """Dismiss a card. Raises ClientError."""
        chart, received = self._find(chart_id, card)
        item = overridden(received, at=at, quirks=self.quirks, reason=reason, comment=comment)
        return await self._tell(chart, received, item)

    async def send(self) -> dict[str, Any]:
        """Send what waits, one batch a service. What did not arrive waits on. Raises NoAnswer."""
        failure: NoAnswer | None = None
        for service_id, items in self.outbox.take().items():
            try:
                await self._client.send_feedback(service_id, items)
            except NoAnswer as one:
                self.outbox.put_back(items)
                failure = one
        if failure is not None:
            raise failure
        return self.told()

    async def tried(self, deed: Awaitable[dict[str, Any]]) -> dict[str, Any]:
        """What the deed says, or what kept it from being done, in words for the page. Raises Refused."""
        try:
            return await deed
        except ClientError as failure:
            problem = failure.problem if isinstance(failure, NoAnswer) else str(failure)
            return {"problem": problem or "no answer", **self.told()}

    def told(self) -> dict[str, Any]:
        """What is new for the page: the exchanges since the last answer, and how much waits."""
        fresh, self._fresh = self._fresh, []
        return {"exchanges": [one.shown(whole=False) for one in fresh], "waiting": len(self.outbox)}

    async def _tell(self, chart: _Chart, received: ReceivedCard, item: Item | None) -> dict[str, Any]:
        if item is not None and self.quirks.feedback == "click":
            await self._client.send_feedback(item.service_id, [item])
        elif item is not None and self.quirks.feedback == "batch":
            self.outbox.add(item)
        self._client.acknowledge(received, user_id=chart.user_id, patient_id=chart.patient_id)
        return self.told()

    def _chart(self, chart_id: str, user_id: str, patient_id: str) -> _Chart:
        """The open chart of this name. Another patient or user is another chart: no card crosses over."""
        chart = self._charts.get(chart_id)
        # order-dispatch has no user: it goes on in the chart that is open.
        if chart is None or chart.patient_id != patient_id or (user_id and chart.user_id != user_id):
            chart = self._charts[chart_id] = _Chart(user_id, patient_id)
            while len(self._charts) > _CHARTS:
                del self._charts[next(iter(self._charts))]
        return chart

    def _find(self, chart_id: str, card: str) -> tuple[_Chart, ReceivedCard]:
        chart = self._charts.get(chart_id)
        received = chart.screen.card(card) if chart is not None else None
        if chart is None or received is None:
            raise UnknownCard("That card is of a chart that is no longer open.")
        return chart, received

    def _shown(self, chart: _Chart, failures: list[dict[str, str]], *, fired: list[Answer]) -> dict[str, Any]:
        launch = Launch(fhir_server=self._around.fhir_base, registered=self._around.registered_links)
        cards = [view(one, quirks=self.quirks, launch=launch, launch_id=one.uuid) for one in chart.screen.cards]
        answered = [{"service": one.service.id, "title": one.service.title, "cards": len(one.cards)} for one in fired]
        return {"cards": cards, "failures": failures, "answered": answered, **self.told()}

    def _hear(self, seen: Exchange) -> None:
        self._exchanges.append(seen)
        self._fresh.append(seen)


class Desks:
    """A desk for each kind of EHR that the page can be; each keeps what it has done."""

    def __init__(self, around: Surroundings) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=_EXCHANGES)
        self._desks = {name: Desk(quirks, around, self._exchanges) for name, quirks in PRESETS.items()}

    def of(self, name: str) -> Desk | None:
        """The desk of this kind of EHR."""
        return self._desks.get(name)

    def exchange(self, exchange_id: str) -> dict[str, Any] | None:
        """One exchange with its bodies, while it is kept."""
        return next((one.shown(whole=True) for one in self._exchanges if one.id == exchange_id), None)


def _failure(title: str, failure: ClientError) -> dict[str, str]:
    if isinstance(failure, NoAnswer):
        return {"title": title, "problem": failure.problem, "said": failure.said, "kind": "no-answer"}
    return {"title": title, "problem": str(failure), "said": "", "kind": "not-fired"}
