"""The feedback that clients send about cards: strict on what is answered, lenient on how it is written (S28 to S31)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hooks.client_reasons import ClientReasons
from hooks.errors import MalformedFeedback
from hooks.reasons import WRONG_PATIENT
from hooks.reasons_given import read_reasons

Answered = Literal["accepted", "overridden"]

_NO_MAPPING: Final = ClientReasons()
_LONGEST_ID: Final = 255
_LONGEST_CLAIM: Final = 100
_MOST_SUGGESTIONS: Final = 20
_OUTCOMES: Final[Mapping[str, Answered]] = {"accepted": "accepted", "overridden": "overridden"}
_UUID: Final = re.compile(r"(?:urn:uuid:)?\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackItem:
    """One answer to one card, as its client asserts it."""

    card_id: str
    outcome: Answered
    claimed_at: str = ""  # outcomeTimestamp as sent: kept, and never reckoned with
    suggestions: tuple[str, ...] = ()
    reason: str = ""  # the code that acts: the most harmful of `reasons`
    reasons: tuple[str, ...] = ()
    comment: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An item that cannot be filed, and why; nothing of what was sent."""

    position: int  # in the list, from 1
    why: str  # the rule that it breaks
    reason: str = ""  # "wrong-patient" where it says so: somebody should look for the card


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The items of one body, in order: those that can be read, and those that cannot."""

    items: tuple[FeedbackItem, ...]
    unreadable: tuple[Unreadable, ...]


def parse_feedback(body: Mapping[str, Any], *, reasons: ClientReasons = _NO_MAPPING, at_most: int = 500) -> Feedback:
    """Read a feedback body item by item: one bad item does not cost the others, and all may be bad.

    `reasons` are the client's own. An empty list is lawful and has no items. Raises MalformedFeedback where there is no
    list, or more than `at_most`.
    """
    sent = body.get("feedback")
    if isinstance(sent, Mapping):
        sent = [sent]  # one item that nobody put into a list
    if not isinstance(sent, list):
        raise MalformedFeedback("feedback must be a list of items (S28)")
    if len(sent) > at_most:
        raise MalformedFeedback(f"feedback holds more than {at_most} items; send them in several calls")
    read = [_item(one, position, reasons) for position, one in enumerate(sent, start=1)]
    return Feedback(
        items=tuple(one for one in read if isinstance(one, FeedbackItem)),
        unreadable=tuple(one for one in read if isinstance(one, Unreadable)),
    )


def _item(sent: object, position: int, reasons: ClientReasons) -> FeedbackItem | Unreadable:
    if not isinstance(sent, Mapping):
        return Unreadable(position=position, why="an item must be a JSON object")
    given = read_reasons(sent, reasons)
    acts = given.acting == WRONG_PATIENT
    card_id, outcome = _card_id(sent.get("card")), _outcome(sent.get("outcome"))
    if not card_id:
        why = "card must be the uuid of a card"
        return Unreadable(position=position, why=why, reason=given.acting if acts else "")
    if outcome is None and not acts:  # whoever says "wrong patient" of a card has set it aside
        return Unreadable(position=position, why="outcome must be accepted or overridden")
    return FeedbackItem(
        card_id=card_id,
        outcome=outcome or "overridden",
        claimed_at=_claim(sent.get("outcomeTimestamp")),
        suggestions=_suggestions(sent.get("acceptedSuggestions")),
        reason=given.acting,
        reasons=given.codes,
        comment=given.comment,
    )


def _card_id(sent: object) -> str:
    """The card's id, a UUID in our own spelling; empty where it cannot be one. Epic's need not be UUIDs (S31)."""
    text = sent.strip() if isinstance(sent, str) else ""
    if not text.isprintable() or len(text) > _LONGEST_ID:
        return ""
    uuid = _UUID.fullmatch(text)
    return uuid[1].lower() if uuid else text


def _outcome(sent: object) -> Answered | None:
    return _OUTCOMES.get(sent.strip().casefold()) if isinstance(sent, str) else None


def _claim(sent: object) -> str:
    """Verbatim, in whatever form: a clock that is wrong, or no time at all, costs no answer."""
    if sent is None:
        return ""
    return (sent if isinstance(sent, str) else json.dumps(sent))[:_LONGEST_CLAIM]


def _suggestions(sent: object) -> tuple[str, ...]:
    items = sent if isinstance(sent, list) else []
    ids = [item.get("id") for item in items[:_MOST_SUGGESTIONS] if isinstance(item, Mapping)]
    return tuple(one[:_LONGEST_ID] for one in ids if isinstance(one, str) and one)
