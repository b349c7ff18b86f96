"""A card as one client can show it: whatever a service made, what this client would drop or mistake is not sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hooks.capabilities import ClientCapabilities
from hooks.card import Card, Link

_DIGEST: Final = 16  # hex digits of the content in a topic code
_LONGEST_TOPIC: Final = 100 - _DIGEST


def card_for(card: Card, can: ClientCapabilities) -> Card:
    """The same card with the suggestions, reasons and links that the client can show."""
    wanted: dict[str, Any] = {
        "suggestions": card.suggestions if can.bare_suggestions else (),  # ours have no actions
        "selection_behavior": can.selection_behavior,
        "override_reasons": can.reasons.offered(card.override_reasons) if can.override_menu else (),
        "links": tuple(_link_for(link, can) for link in card.links if can.shows(link)),
    }
    changes = {name: value for name, value in wanted.items() if value != getattr(card, name)}
    return replace(card, **changes) if changes else card  # a card is checked when it is made: not once more for nothing


def with_topic_of(card: Card, content_sha256: str) -> Card:
    """The same card under a topic of its content, for a client that hides a topic once it was acknowledged.

    Letters and digits, at most 100: what Epic takes (cds-hooks.md 9.1).
    """
    source = card.source
    code = source.topic.code[:_LONGEST_TOPIC] + content_sha256[:_DIGEST]
    return replace(card, source=replace(source, topic=replace(source.topic, code=code)))


def _link_for(link: Link, can: ClientCapabilities) -> Link:
    return replace(link, app_context="") if link.app_context and not can.app_context else link
