"""What a reader did with a card, as feedback: at the click, or in a queue that is sent in batches (client C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chartside_sandbox.client.cards import ReceivedCard
from chartside_sandbox.client.quirks import Quirks


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item, and the service that it is for."""

    service_id: str
    feedback: Mapping[str, Any]


def accepted(received: ReceivedCard, suggestion_uuid: str, *, at: datetime) -> Item | None:
    """A suggestion was taken. None where card or suggestion has no id: then nothing is sent."""
    if not received.uuid or received.suggestion(suggestion_uuid) is None:
        return None
    return _item(received, "accepted", at, {"acceptedSuggestions": [{"id": suggestion_uuid}]})


def overridden(
    received: ReceivedCard, *, at: datetime, quirks: Quirks, reason: int | None = None, comment: str = ""
) -> Item | None:
    """The card was dismissed, with the reason of this number among its `overrideReasons`, a comment, both, or neither.

    None where the card has no id. A comment without a reason stands alone (cds-fb-3).
    """
    if not received.uuid:
        return None
    reasons = received.card.get("overrideReasons") or []
    given: dict[str, Any] = {}
    if reason is not None and 0 <= reason < len(reasons):
        kept = ("code", "system", "display") if quirks.reason_display else ("code", "system")
        given["reason"] = {name: reasons[reason][name] for name in kept if name in reasons[reason]}
    if comment.strip():
        given["userComment"] = comment.strip()
    name = "overrideReasons" if quirks.plural_reasons else "overrideReason"
    return _item(received, "overridden", at, {name: given} if given else {})


def _item(received: ReceivedCard, outcome: str, at: datetime, more: Mapping[str, Any]) -> Item:
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    said = {"card": received.uuid, "outcome": outcome, **more, "outcomeTimestamp": moment}
    return Item(service_id=received.service_id, feedback=said)


class Outbox:
    """Items that wait. What could not be delivered goes back to the front."""

    def __init__(self) -> None:
        self._waiting: list[Item] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: Item) -> None:
        """Put an item behind the others."""
        self._waiting.append(item)

    def take(self) -> dict[str, list[Item]]:
        """Everything that waits, by service, in the order of the clicks; the box is empty then."""
        taken, self._waiting = self._waiting, []
        services = dict.fromkeys(item.service_id for item in taken)
        return {one: [item for item in taken if item.service_id == one] for one in services}

    def put_back(self, items: list[Item]) -> None:
        """These did not arrive."""
        self._waiting = [*items, *self._waiting]
