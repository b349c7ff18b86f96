"""Why a card was overridden, however a client writes it: every reason is kept, and the most harmful one acts (S31)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hooks.client_reasons import ClientReasons, is_published, published
from hooks.reasons import WRONG_PATIENT, harm_rank
from hooks.wrong_patient import says_wrong_patient

_NO_MAPPING: Final = ClientReasons()
OTHER: Final = "other"  # words that are no reason of ours; they are kept as a comment
_LONGEST_CODE: Final = 100
_LONGEST_TEXT: Final = 4_000
_LONGEST_COMMENT: Final = 8_000
_MOST_CODES: Final = 50
# Where Epic puts the words of a reason that it does not code.
_EPIC_DISPLAY: Final = "com.epic.cdshooks.feedback.overrideReason.reasonDisplay"
# Where reasons lie inside a reason: the standard's member, a CodeableConcept's, and slips of either.
_INNER: Final = ("reason", "reasons", "reasonCode", "coding", "concept", "overrideReason", "overrideReasons")
_KEPT_ELSEWHERE: Final = frozenset({"card", "outcome", "outcomeTimestamp", "acceptedSuggestions"})  # of an item
_NO_WORDS: Final = frozenset({"system", "url", "version"})  # members whose texts are addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonsGiven:
    """The codes of every reason given, in order and once each, and what was said in words."""

    codes: tuple[str, ...] = ()
    comment: str = field(default="", repr=False)

    @property
    def acting(self) -> str:
        """The most harmful code; empty where no reason was given."""
        return min(self.codes, key=harm_rank, default="")


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    words: tuple[str, ...] = ()
    system: str = ""


@dataclass(slots=True)
class _Read:
    """What was read so far of one item, each thing once and in order."""

    client: ClientReasons
    codes: dict[str, None] = field(default_factory=dict)
    words: dict[str, None] = field(default_factory=dict)
    comments: dict[str, None] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)  # texts that a mapping stands for

    def take(self, said: _Said) -> None:
        """Take one reason: by the client's own mapping, else as one of ours, else as it was sent."""
        mapped = self.client.reason_of(said.system, said.code)
        found = [mapped] if mapped else []
        for text in said.words if mapped else (said.code, *said.words):
            code = self.client.reason_said(text)
            self.known |= {text} if code else set()
            found += [code] if (code := code or published(text)) else []
        self.known |= {said.code} if mapped else set()
        unknown = "" if mapped or is_published(said.code) else said.code[:_LONGEST_CODE]
        self.codes |= dict.fromkeys([unknown, *found] if unknown else found or ([OTHER] if said.words else []))
        plain = (text for text in said.words if not is_published(text) and text not in self.known)
        self.words |= dict.fromkeys(plain)


def read_reasons(item: Mapping[str, Any], client: ClientReasons = _NO_MAPPING) -> ReasonsGiven:
    """The reasons of one feedback item, from `overrideReason`, Epic's plural and Epic's extension.

    Each is an object, a Coding, a CodeableConcept, plain text, or a list of any of these. A code that the client's
    mapping knows counts as what it means there. A code or words that are one of our published reasons, whatever their
    case, blanks and marks, count as that reason; another code is kept as sent. Words beside it, and texts in places
    that we do not know, are kept as a comment. Any text of the item that says "wrong patient" is that reason, wherever
    it stands. Raises nothing.
    """
    read = _Read(client, comments=dict.fromkeys(_texts(item, "userComment")))
    for said in _walk([item.get("overrideReason"), item.get("overrideReasons"), *_extended(item)], read.comments):
        read.take(said)
    if any(says_wrong_patient(text) for _, text in _every_text(item)):
        read.codes[WRONG_PATIENT] = None
    known = {*read.codes, *read.words, *read.comments, *read.known}
    loose = [text for text in _loose(item) if text[:_LONGEST_CODE] not in known and text not in known]
    said_in_words = "\n".join(dict.fromkeys([*read.words, *read.comments, *loose]))
    return ReasonsGiven(codes=_capped(read.codes), comment=said_in_words[:_LONGEST_COMMENT])


def _walk(sent: list[Any], comments: dict[str, None]) -> Iterator[_Said]:
    """Every reason in `sent`, depth first, without recursion: how deep it lies is its sender's choice."""
    waiting = sent[::-1]
    while waiting:
        match waiting.pop():
            case str() as text if text := text.strip()[:_LONGEST_TEXT]:
                yield _Said("", (text,))
            case [*several]:
                waiting.extend(reversed(several))
            case Mapping() as one:
                comments |= dict.fromkeys(_texts(one, "userComment"))
                if (said := _said(one)).code or said.words:
                    yield said
                waiting.extend(reversed([*_extended(one), *(one[name] for name in _INNER if name in one)]))
                waiting.extend(one[name] for name in ("code", "text") if isinstance(one.get(name), list | dict))


def _loose(item: Mapping[str, Any]) -> Iterator[str]:
    """Texts in places that hold no reason that we know: kept, whatever they say."""
    beside = {member: value for member, value in item.items() if member not in _KEPT_ELSEWHERE}
    for member, whole in _every_text(beside):
        text = whole.strip()[:_LONGEST_TEXT]
        if text and member not in _NO_WORDS and not is_published(text):
            yield text


def _every_text(sent: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Every text in `sent` with the member that holds it, in order and without recursion."""
    waiting: list[tuple[str, Any]] = [("", sent)]
    while waiting:
        match waiting.pop():
            case (member, str() as text):
                yield member, text
            case (member, [*several]):
                waiting.extend((member, one) for one in reversed(several))
            case (_, Mapping() as one):
                waiting.extend(reversed([(str(name), value) for name, value in one.items()]))


def _said(one: Mapping[str, Any]) -> _Said:
    """What this very object says: as a Coding, or as the text of a CodeableConcept."""
    code = one.get("code")
    number = str(code) if isinstance(code, int | float) and not isinstance(code, bool) else ""
    (given,) = _texts(one, "code") or (number,)
    (system,) = _texts(one, "system") or ("",)
    return _Said(given, tuple(dict.fromkeys([*_texts(one, "display"), *_texts(one, "text")])), system)


def _extended(one: Mapping[str, Any]) -> list[Any]:
    """Epic's extension: an object by key, or a FHIR list of url and value."""
    match one.get("extension"):
        case Mapping() as named:
            return [named[_EPIC_DISPLAY]] if _EPIC_DISPLAY in named else []
        case [*several]:
            ours = [each for each in several if isinstance(each, Mapping) and each.get("url") == _EPIC_DISPLAY]
            return [value for each in ours for name, value in each.items() if name.startswith("value")]
        case _:
            return []


def _texts(one: Mapping[str, Any], member: str) -> tuple[str, ...]:
    value = one.get(member)
    text = value.strip()[:_LONGEST_TEXT] if isinstance(value, str) else ""
    return (text,) if text else ()


def _capped(codes: Iterable[str]) -> tuple[str, ...]:
    """The first codes in the order given; the most harmful is among them wherever it stood."""
    given = list(codes)
    worst = min(given, key=harm_rank, default="")
    kept = given[:_MOST_CODES]
    return tuple(kept if worst in kept or not worst else [*kept[:-1], worst])
