"""Cards, valid once they exist, written to the wire without a null or an empty member.

No text of a card holds HTML, a link or a hidden character, whoever wrote the service (T12); InvalidCard says which rule
was broken and never repeats the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from hooks.errors import InvalidCard
from hooks.markdown import Markdown, escape, is_plain, is_safe

SUMMARY_LIMIT: Final = 140  # S18: fewer than 140 characters
TOPIC_CODE: Final = re.compile(r"[A-Za-z0-9]{1,100}")  # what Epic keys acknowledgments by (cds-hooks.md 9.1)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# RFC 3986, section 2: none of these stands unescaped; nor "'", which may, but ends the href='…' of a careless page.
_NOT_IN_A_URL: Final = re.compile(r"[\s<>\"'\\^`{|}\x00-\x1f\x7f]")
_NO_DETAIL: Final = escape("")
_BEHAVIORS: Final = frozenset({"any", "at-most-one"})


class Indicator(StrEnum):
    """How urgent a card is (S18). Never chosen by a model (T8)."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


SelectionBehavior = Literal["any", "at-most-one"]


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
        _require_plain("coding.display", self.display)
        for member, text in (("coding.system", self.system), ("coding.code", self.code)):
            if not text.isprintable() or "<" in text:
                raise InvalidCard(f"{member} must be printable, without '<'")

    def to_wire(self) -> dict[str, Any]:
        """The JSON object."""
        return {"code": self.code, "system": self.system, "display": self.display}


# Of our own extension, for an EHR that asks again: words are for people (S27).
AWAITS_SUMMARY: Final = "org.chartside.awaits-summary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who speaks (S19), and the topic that acknowledgments are keyed by."""

    label: str
    topic: Coding
    url: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        """A label, absolute URLs, and a topic code that every client can key on."""
        _require_plain("source.label", self.label)
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
        _require_plain("link.label", self.label)
        require_absolute(self.url)
        if self.type not in {"absolute", "smart"}:
            raise InvalidCard("link.type must be absolute or smart (S24)")
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
        _require_plain("suggestion.label", self.label)
        _require_uuid("suggestion.uuid", self.uuid)

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
    detail: Markdown = _NO_DETAIL
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: SelectionBehavior = "any"
    override_reasons: tuple[Coding, ...] = ()
    links: tuple[Link, ...] = ()
    kind: CardKind = field(default=CardKind.NOTICE)  # for the ledger, not on the wire
    summary_id: str = ""  # for the ledger, not on the wire: the AI summary the card shows
    awaits_summary: bool = False  # an AI summary is on its way: asking again later may bring it

    def __post_init__(self) -> None:
        """A card that exists may leave."""
        _require_uuid("card.uuid", self.uuid)
        _require_plain("summary", self.summary)
        if len(self.summary) >= SUMMARY_LIMIT:
            raise InvalidCard("summary must be one line of fewer than 140 characters (S18)")
        _require_type("detail", self.detail, Markdown)
        if not is_safe(self.detail):
            raise InvalidCard("detail must be made by hooks.markdown, with no HTML, link or address in it (T12)")
        _require_type("indicator", self.indicator, Indicator)
        _require_type("kind", self.kind, CardKind)
        _require_type("source", self.source, Source)
        _require_all("suggestions", self.suggestions, Suggestion)
        _require_all("override_reasons", self.override_reasons, Coding)
        _require_all("links", self.links, Link)
        if self.selection_behavior not in _BEHAVIORS:
            raise InvalidCard("selection_behavior must be any or at-most-one (S20)")
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
        if self.awaits_summary:
            wire["extension"] = {AWAITS_SUMMARY: True}  # S27
        return wire


def require_absolute(url: str) -> None:
    """Refuse what is no absolute http(s) URL. Raises InvalidCard, without the URL."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidCard("a URL of a card must be absolute (S19, S24)") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or _NOT_IN_A_URL.search(url):
        raise InvalidCard("a URL of a card must be absolute (S19, S24)")


def _require_plain(member: str, text: object) -> None:
    if not isinstance(text, str) or not text or text.isspace() or not is_plain(text):
        raise InvalidCard(f"{member} must be one line of plain text: no HTML, link or hidden character; see plain()")


def _require_uuid(member: str, text: object) -> None:
    """Without one no feedback comes back (C6, S18)."""
    if not isinstance(text, str) or _UUID.fullmatch(text) is None:
        raise InvalidCard(f"{member} must be a UUID; chart.new_id() makes one (S18, S21)")


def _require_type(member: str, value: object, kind: type) -> None:
    if type(value) is not kind:
        raise InvalidCard(f"{member} must be a {kind.__module__}.{kind.__name__}")


def _require_all(member: str, values: object, kind: type) -> None:
    if type(values) is not tuple or not {kind}.issuperset(map(type, values)):
        raise InvalidCard(f"{member} must be a tuple of {kind.__name__}")
