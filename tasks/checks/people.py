"""People other than the patient whom a text names: by title, by credentials, by a given name, or as a relative."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tasks.checks.cues import persons, verbs

_LAY = r"Mr|Mrs|Ms|Miss|Mx|Herr|Frau|Mme|Señora|Señor|Sra|Sr"
_CARING = r"Dr|Prof|Professor|Doctor|Nurse|Sister|Matron"
_CREDENTIALS = r"M\.?D|R\.?N|N\.?P|P\.?A|D\.?O|Ph\.?D|MBBS|FRC[SPA]|RD|PT|OT|LCSW"
_PART = r"(?:van|von|de|der|den|la|le|di|da|bin|al|el|y)"
_NAME = r"[^\W\d_]['’\w-]*\w|[^\W\d_](?=\.)"
_TOKEN = re.compile(rf"(?:{_NAME})|[^\w\s]")
_TITLED = re.compile(rf"(?:{_LAY}|{_CARING})")
_VERBS = verbs() | {
    "with",
    "came",
    "said",
    "says",
    "died",
    "underwent",
    "started",
    "stopped",
    "uses",
    "lives",
    "weighs",
}
_VERBS |= {"denies", "denied", "smokes", "'s", "’s", ":", ",", "("}
_LED_BY = frozenset(["by", "with", "to", "per", "from", "cc", "via", "signed", "dr", "prof", "nurse"])
_LONGEST_NAME = 5  # words


@dataclass(frozen=True, slots=True)
class Person:
    """One mention: the words of the name, casefolded; whether the sentence is about them; whether they care for her."""

    words: tuple[str, ...]
    is_subject: bool
    is_caring: bool

    def is_called(self, parts: frozenset[str]) -> bool:
        """Whether these are the patient's own names: the first one of a whole name, or the one that stands alone."""
        return bool(self.words) and self.words[0] in parts


def people(text: str) -> Iterator[Person]:
    """Everybody named in a text, in order. A name alone, without title or given name, cannot be told from a disease."""
    tokens = [match[0] for match in _TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        end, person = _person(tokens, at)
        if person is not None:
            yield person
        at = max(end, at + 1)


def _person(tokens: list[str], at: int) -> tuple[int, Person | None]:
    titled = _TITLED.fullmatch(tokens[at]) is not None
    start = at + 1 if titled else at
    if titled and tokens[start : start + 1] == ["."]:
        start += 1
    end = _name_end(tokens, start)
    named = tokens[start:end]
    words = tuple(_plain(word) for word in named if word != "." and not re.fullmatch(_PART, word))
    if not words:
        return at + 1, None
    caring = (titled and re.fullmatch(_CARING, tokens[at]) is not None) or _has_credentials(tokens, end)
    known = titled or caring or (len(words) > 1 and words[0] in _given_names()) or _is_introduced(tokens, at, end)
    if not known:
        return at + 1, None
    before = tokens[at - 1].casefold() if at else ""
    behind = tokens[end].casefold() if end < len(tokens) else ""
    owns = named[-1].endswith(("'s", "’s"))
    is_subject = before not in _LED_BY and (owns or behind in _VERBS)
    return end, Person(words, is_subject, caring)


def _name_end(tokens: list[str], start: int) -> int:
    """Where a run of capitalised words ends; initials and "van der" may stand within it."""
    end = start
    for index in range(start, min(start + _LONGEST_NAME, len(tokens))):
        word = tokens[index]
        if word[0].isupper() and not (len(word) > 1 and word.isupper() and index > start):
            end = index + 1
            if word.endswith(("'s", "’s")):
                break
        elif word == "." and index > start and len(tokens[index - 1]) == 1:
            continue
        elif not re.fullmatch(_PART, word):
            break
    return end


def _has_credentials(tokens: list[str], end: int) -> bool:
    following = [word for word in tokens[end : end + 2] if word != ","]
    return bool(following) and re.fullmatch(_CREDENTIALS, following[0]) is not None


def _is_introduced(tokens: list[str], at: int, end: int) -> bool:
    """Whether a single name follows a word for a person and a verb follows it: "wife Maria reports"."""
    if at == 0 or end >= len(tokens):
        return False
    before = tokens[at - 1].casefold()
    return (before in persons() and tokens[end].casefold() in _VERBS - {":", ",", "(", "with"}) or before in {
        "named",
        "called",
    }


def _plain(word: str) -> str:
    return re.sub(r"['’]s$", "", word).casefold()


@cache
def _given_names() -> frozenset[str]:
    text = files("tasks.checks").joinpath("lexicon", "given_names.txt").read_text(encoding="utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())
