"""Cards, valid once they exist, written to the wire without a null or an empty member."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from hooks.errors import InvalidCard

SUMMARY_LIMIT: Final = 140  # S18: fewer than 140 characters
TOPIC_CODE: Final = re.compile(r"[A-Za-z0-9]{1,100}")  # what Epic keys acknowledgments by (cds-hooks.md 9.1)


class Indicator(StrEnum):
    """How urgent a card is (S18). Never chosen by a model (T8)."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class CardKind(StrEnum):
    """What a card is made of; the ledger keeps it, the wire does not carry it."""

    BRIEF = "brief"  # the rule-made digest
    SUMMARY = "summary"  # the checked AI summary
    NOTICE = "notice"  # anything else a service says


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """code, system and display, all three required by us: overrideReasons ask for it (S23, S26)."""

    system: str
    code: str
    display: str

    def __post_init__(self) -> None:
        """Nothing empty reaches the wire."""
        if not (self.system and self.code and self.display):
            raise InvalidCard("a coding needs system, code and display (S23, S26)")

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        return {"code": self.code, "system": self.system, "display": self.display}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who speaks (S19), and the topic that acknowledgments are keyed by."""

    label: str
    topic: Coding
    url: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        """A label, absolute URLs, and a topic code that every client can key on."""
        if not self.label.strip():
            raise InvalidCard("source.label must not be empty (S19)")
        if TOPIC_CODE.fullmatch(self.topic.code) is None:
            raise InvalidCard("source.topic.code must be 1 to 100 letters and digits")
        for url in filter(None, (self.url, self.icon)):
            require_absolute(url)

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        optional = {"url": self.url, "icon": self.icon}
        return {"label": self.label, **{name: url for name, url in optional.items() if url}} | {
            "topic": self.topic.to_wire()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a card (S24). `autolaunchable` is never set: a card with it may never be shown."""

    label: str
    url: str
    type: Literal["absolute", "smart"] = "absolute"
    app_context: str = ""

    def __post_init__(self) -> None:
        """cds-resp-3: appContext belongs to SMART links alone."""
        if not self.label.strip():
            raise InvalidCard("link.label must not be empty (S24)")
        require_absolute(self.url)
        if self.app_context and self.type != "smart":
            raise InvalidCard("appContext is for smart links only (cds-resp-3)")

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        wire: dict[str, Any] = {"label": self.label, "url": self.url, "type": self.type}
        return wire | {"appContext": self.app_context} if self.app_context else wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something the reader can accept with one click (S21). Ours carry no actions."""

    label: str
    uuid: str
    is_recommended: bool = False

    def __post_init__(self) -> None:
        """Without a uuid no feedback comes back (C6)."""
        if not (self.label.strip() and self.uuid):
            raise InvalidCard("a suggestion needs a label and a uuid (S21)")

    def to_wire(self) -> dict[str, Any]:
        """The JSON object, without an `actions` member: an empty one would break S2."""
        wire: dict[str, Any] = {"label": self.label, "uuid": self.uuid}
        return wire | {"isRecommended": True} if self.is_recommended else wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card (S18 to S24). Raises InvalidCard for anything the wire forbids."""

    uuid: str
    summary: str
    indicator: Indicator
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["any", "at-most-one"] = "any"
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    kind: CardKind = field(default=CardKind.NOTICE)  # for the ledger, not on the wire
    summary_id: str = ""  # for the ledger, not on the wire: the AI summary the card shows

    def __post_init__(self) -> None:
        """A card that exists may leave."""
        if not self.uuid:
            raise InvalidCard("a card needs a uuid, or no feedback comes back (S18)")
        if not self.summary.strip() or len(self.summary) >= SUMMARY_LIMIT or "\n" in self.summary:
            raise InvalidCard("summary must be one line of fewer than 140 characters (S18)")
        recommended = sum(suggestion.is_recommended for suggestion in self.suggestions)
        if self.selection_behavior == "at-most-one" and recommended > 1:
            raise InvalidCard("at-most-one allows one recommended suggestion (cds-resp-1)")
        if (self.kind is CardKind.SUMMARY) != bool(self.summary_id):
            raise InvalidCard("a summary card, and no other, names its summary")

    def to_wire(self) -> dict[str, Any]:
        """The JSON object: nothing null, nothing empty (S2)."""
        wire: dict[str, Any] = {
            "uuid": self.uuid,
            "summary": self.summary,
            "indicator": self.indicator.value,
            "source": self.source.to_wire(),
        }
        if self.detail:
            wire["detail"] = self.detail
        if self.suggestions:  # S20: never one without the other
            wire["suggestions"] = [suggestion.to_wire() for suggestion in self.suggestions]
            wire["selectionBehavior"] = self.selection_behavior
        if self.override_reasons:
            wire["overrideReasons"] = [reason.to_wire() for reason in self.override_reasons]
        if self.links:
            wire["links"] = [link.to_wire() for link in self.links]
        return wire


def require_absolute(url: str) -> None:
    """Refuse what is no absolute http(s) URL. Raises InvalidCard, without the URL."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidCard("a URL of a card must be absolute (S19, S24)") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or any(c.isspace() for c in url):
        raise InvalidCard("a URL of a card must be absolute (S19, S24)")
