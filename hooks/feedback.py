"""The feedback that clients send about cards: strict on what is answered, lenient on how it is written (S28 to S31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from hooks.errors import MalformedFeedback
from hooks.reasons import OVERRIDE_REASONS

_LONGEST_ID: Final = 255
_LONGEST_CODE: Final = 100
_LONGEST_COMMENT: Final = 4_000
_MOST_SUGGESTIONS: Final = 20
# Where Epic puts the words of a reason that it does not code (S31).
_EPIC_DISPLAY: Final = "com.epic.cdshooks.feedback.overrideReason.reasonDisplay"
_BY_DISPLAY: Final = {reason.display.casefold(): reason.code for reason in OVERRIDE_REASONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackItem:
    """One answer to one card, as its client asserts it."""

    card_id: str
    outcome: Literal["accepted", "overridden"]
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: str = ""  # a code
    comment: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The items of one body that can be read, in order, and how many cannot."""

    items: tuple[FeedbackItem, ...]
    unreadable: int


def parse_feedback(body: Mapping[str, Any], *, at_most: int = 500) -> Feedback:
    """Read a feedback body item by item: one bad item does not cost the others.

    Raises MalformedFeedback where there is no list of items, more than `at_most`, or none that can be read.
    """
    sent = body.get("feedback")
    if not isinstance(sent, list):
        raise MalformedFeedback("feedback must be a list of items (S28)")
    if len(sent) > at_most:
        raise MalformedFeedback(f"feedback holds more than {at_most} items; send them in several calls")
    items = [item for one in sent if (item := _item(one)) is not None]
    if not items:
        raise MalformedFeedback("no item of feedback can be read: each needs card, outcome and outcomeTimestamp (S28)")
    return Feedback(items=tuple(items), unreadable=len(sent) - len(items))


def _item(sent: object) -> FeedbackItem | None:
    if not isinstance(sent, Mapping):
        return None
    card_id, outcome, at = sent.get("card"), sent.get("outcome"), _moment(sent.get("outcomeTimestamp"))
    if not isinstance(card_id, str) or not 0 < len(card_id) <= _LONGEST_ID or at is None:
        return None
    if outcome not in {"accepted", "overridden"} if isinstance(outcome, str) else True:
        return None
    reason, comment = _reason(sent)
    return FeedbackItem(
        card_id=card_id,
        outcome="accepted" if outcome == "accepted" else "overridden",
        at=at,
        suggestions=_suggestions(sent.get("acceptedSuggestions")),
        reason=reason,
        comment=comment,
    )


def _moment(sent: object) -> datetime | None:
    """RFC 3339; a time without an offset is taken as UTC, which S28 asks for."""
    if not isinstance(sent, str):
        return None
    try:
        at = datetime.fromisoformat(sent)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _suggestions(sent: object) -> tuple[str, ...]:
    items = sent if isinstance(sent, list) else []
    ids = [item.get("id") for item in items[:_MOST_SUGGESTIONS] if isinstance(item, Mapping)]
    return tuple(one[:_LONGEST_ID] for one in ids if isinstance(one, str) and one)


def _reason(sent: Mapping[str, Any]) -> tuple[str, str]:
    """Code and comment, from `overrideReason` or Epic's plural; one object, or the first of a list."""
    given = sent.get("overrideReason") or sent.get("overrideReasons")
    if isinstance(given, list):
        given = given[0] if given else None
    if not isinstance(given, Mapping):
        return "", ""
    coding = given.get("reason")
    if not isinstance(coding, Mapping):
        coding = given if "code" in given else {}  # a bare Coding in a list of reasons
    comment = _text(given, "userComment", _LONGEST_COMMENT)
    code = _text(coding, "code", _LONGEST_CODE)
    if code:
        return code, comment
    words = _text(coding, "display", _LONGEST_COMMENT) or _epic_words(given)
    known = _BY_DISPLAY.get(words.casefold(), "")
    if known or not words:
        return known, comment
    return "other", "\n".join(filter(None, (words, comment)))


def _epic_words(given: Mapping[str, Any]) -> str:
    extension = given.get("extension")
    return _text(extension, _EPIC_DISPLAY, _LONGEST_COMMENT) if isinstance(extension, Mapping) else ""


def _text(sent: Mapping[str, Any], member: str, limit: int) -> str:
    value = sent.get(member)
    return value.strip()[:limit] if isinstance(value, str) else ""
