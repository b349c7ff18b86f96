"""The cards on display while a chart is open: a new call of a service replaces those of its earlier one (client C5)."""

from __future__ import annotations

from collections.abc import Iterable

from chartside_sandbox.client.cards import ReceivedCard, urgency


class Screen:
    """One open chart's cards. Those replaced can still be answered, for the reader may not have looked up yet."""

    def __init__(self) -> None:
        self._by_service: dict[str, tuple[ReceivedCard, ...]] = {}
        self._known: dict[str, ReceivedCard] = {}

    def show(self, service_id: str, cards: Iterable[ReceivedCard]) -> None:
        """Put these cards in the place of all that this service sent before."""
        self._by_service[service_id] = tuple(cards)
        self._known |= {one.uuid: one for one in self._by_service[service_id] if one.uuid}

    def card(self, uuid: str) -> ReceivedCard | None:
        """The card of this id, on display or replaced."""
        return self._known.get(uuid)

    @property
    def cards(self) -> tuple[ReceivedCard, ...]:
        """What is on display, the most urgent first."""
        return tuple(sorted((one for cards in self._by_service.values() for one in cards), key=urgency))
