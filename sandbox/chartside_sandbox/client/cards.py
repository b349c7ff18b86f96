"""What came back, as this kind of client takes and shows it: client C4, C6 and C7."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from chartside_sandbox.client.errors import NoAnswer
from chartside_sandbox.client.quirks import Quirks

_INDICATORS: Final = ("critical", "warning", "info")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCard:
    """A card as it came, and which service of which hook it is from."""

    service_id: str
    hook: str
    card: Mapping[str, Any]

    @property
    def uuid(self) -> str:
        """Its id; empty where it has none, and then nothing is ever fed back."""
        return str(self.card.get("uuid") or "")

    @property
    def topic(self) -> str:
        """The code of its source's topic."""
        topic = (self.card.get("source") or {}).get("topic") or {}
        return str(topic.get("code") or "")

    def suggestion(self, uuid: str) -> Mapping[str, Any] | None:
        """The suggestion of this id."""
        return next((one for one in self.card.get("suggestions") or () if one.get("uuid") == uuid), None)


def read_cards(answer: object, *, service_id: str, hook: str, quirks: Quirks) -> tuple[ReceivedCard, ...]:
    """The cards of an answer, the most urgent first. Raises NoAnswer for what is none (S17), or breaks client C4."""
    cards = answer.get("cards") if isinstance(answer, dict) else None
    if not isinstance(cards, list) or not all(isinstance(one, dict) for one in cards):
        raise NoAnswer("its answer holds no cards")
    for one in cards:
        if one.get("suggestions") and one.get("selectionBehavior") not in quirks.selection_behaviors:
            raise NoAnswer("a card with an unknown selectionBehavior")
    received = (ReceivedCard(service_id=service_id, hook=hook, card=one) for one in cards)
    return tuple(sorted(received, key=urgency))


def urgency(received: ReceivedCard) -> int:
    """Its place among cards: the most urgent first."""
    indicator = received.card.get("indicator")
    return _INDICATORS.index(indicator) if indicator in _INDICATORS else len(_INDICATORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a SMART link needs (client C4), and which addresses this EHR has registered (client C7)."""

    fhir_server: str
    registered: tuple[str, ...] = ()  # the beginnings of addresses

    def shown(self, link: Mapping[str, Any], *, quirks: Quirks, launch_id: str) -> dict[str, str] | None:
        """The link as it may be followed; None where this EHR takes it off.

        A SMART app is launched only where it is registered: any other would be handed to whoever wrote the link.
        """
        url, kind = link.get("url"), link.get("type")
        if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
            return None
        is_registered = url.startswith(self.registered) if self.registered else False
        if not is_registered and (kind != "absolute" or not quirks.unregistered_links):
            return None
        label = str(link.get("label") or "") if quirks.shows_label else "Open"
        if kind != "smart":
            return {"label": label, "url": url}
        joined = "&" if urlsplit(url).query else "?"
        return {"label": label, "url": f"{url}{joined}{urlencode({'iss': self.fhir_server, 'launch': launch_id})}"}


def view(received: ReceivedCard, *, quirks: Quirks, launch: Launch, launch_id: str) -> dict[str, Any]:
    """The card as this client's screen shows it."""
    card, can_answer = received.card, bool(received.uuid) and quirks.feedback != "none"
    links = [launch.shown(one, quirks=quirks, launch_id=launch_id) for one in card.get("links") or ()]
    reasons = [{"display": one.get("display") or one.get("code")} for one in card.get("overrideReasons") or ()]
    return {
        "uuid": received.uuid,
        "service": received.service_id,
        "hook": received.hook,
        "summary": str(card.get("summary") or ""),
        "indicator": str(card.get("indicator") or "info"),
        "detail": str(card.get("detail") or ""),
        "rawHtml": quirks.raw_html,
        "staysOpen": quirks.card_stays,
        "source": card.get("source") or {},
        "extension": card.get("extension") or {},
        "links": [one for one in links if one is not None],
        "suggestions": list(_suggestions(card, quirks)) if can_answer else [],
        "overrideReasons": reasons if can_answer and quirks.overrides else [],
        "canDismiss": can_answer and quirks.overrides,
    }


def _suggestions(card: Mapping[str, Any], quirks: Quirks) -> Iterable[dict[str, Any]]:
    """Those that can be shown and fed back: without an id there is nothing to answer to (client C6)."""
    for one in card.get("suggestions") or ():
        actions = one.get("actions") or []
        is_shown = quirks.suggestions == "all" or (quirks.suggestions == "one-action" and len(actions) == 1)
        if not one.get("uuid") or not is_shown:
            continue
        label = one.get("label") if quirks.shows_label else actions[0].get("description")
        yield {
            "uuid": one["uuid"],
            "label": str(label or ""),
            "actions": [str(action.get("description") or action.get("type") or "") for action in actions],
        }
