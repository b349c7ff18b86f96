"""Why a card was overridden, however a client writes it: every reason is kept, and the most harmful one acts (S31)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hooks.reasons import OVERRIDE_REASONS, WRONG_PATIENT, harm_rank

OTHER: Final = "other"  # words that are no reason of ours; they are kept as a comment
_LONGEST_CODE: Final = 100
_LONGEST_TEXT: Final = 4_000
_LONGEST_COMMENT: Final = 8_000
_MOST_CODES: Final = 50
# Where Epic puts the words of a reason that it does not code.
_EPIC_DISPLAY: Final = "com.epic.cdshooks.feedback.overrideReason.reasonDisplay"
# Where reasons lie inside a reason: the standard's member, a CodeableConcept's, and slips of either.
_INNER: Final = ("reason", "reasons", "coding", "concept", "overrideReason", "overrideReasons")
# "Wrong patient!", "WRONG PATIENT - see chart 2": withdrawing too much is mended on the audit desk, too little is not.
_SAYS_WRONG_PATIENT: Final = re.compile(r"[\W_]*wrong[\W_]*patient(?![^\W_])")


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


def read_reasons(item: Mapping[str, Any]) -> ReasonsGiven:
    """The reasons of one feedback item, from `overrideReason`, Epic's plural, or both.

    Each is an object, a Coding, a CodeableConcept, plain text, or a list of any of these. A code or words that are one
    of our published reasons, whatever their case, blanks and marks, count as that reason; another code is kept as
    sent. Words beside it are kept as a comment. Raises nothing.
    """
    codes: dict[str, None] = {}
    words: dict[str, None] = {}
    comments: dict[str, None] = {}
    for said in _walk([item.get("overrideReason"), item.get("overrideReasons")], comments):
        found = [code for text in (said.code, *said.words) if (code := published(text))]
        unknown = said.code[:_LONGEST_CODE] if not published(said.code) else ""
        codes |= dict.fromkeys([unknown, *found] if unknown else found or ([OTHER] if said.words else []))
        words |= dict.fromkeys(text for text in said.words if not published(text))
    if any(published(text) == WRONG_PATIENT for text in comments):
        codes[WRONG_PATIENT] = None
    return ReasonsGiven(codes=_capped(codes), comment="\n".join([*words, *comments])[:_LONGEST_COMMENT])


def published(text: str) -> str:
    """The code of the published reason that `text` is, by code or display; empty where it is none."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if _SAYS_WRONG_PATIENT.match(folded):
        return WRONG_PATIENT
    return _PUBLISHED.get(_bare(folded), "")


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


_PUBLISHED: Final = {_bare(text): one.code for one in OVERRIDE_REASONS for text in (one.code, one.display)}


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


def _said(one: Mapping[str, Any]) -> _Said:
    """What this very object says: as a Coding, or as the text of a CodeableConcept."""
    code = one.get("code")
    number = str(code) if isinstance(code, int | float) and not isinstance(code, bool) else ""
    (given,) = _texts(one, "code") or (number,)
    return _Said(given, tuple(dict.fromkeys([*_texts(one, "display"), *_texts(one, "text")])))


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
