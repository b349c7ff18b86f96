"""The word lists of the brief, read once from the TOML files beside this module."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fhir_adapters.history import Entry


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("lexicon", f"{name}.toml").read_text(encoding="utf-8"))


def _words(words: str | list[str]) -> re.Pattern[str]:
    """Any of `words`, as a whole word or phrase, in any case."""
    listed = words.split() if isinstance(words, str) else words
    longest_first = sorted(listed, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTest:
    """What the brief knows of a test beyond its title."""

    id: str
    short: str
    change: float = 0.2
    worse: str = ""
    key: bool = False
    vital: bool = False


_MEDICINES, _PROBLEMS, _TESTS, _EVENTS = map(_table, ("medicines", "problems", "tests", "events"))

NOTABLE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (group["name"], _words(group["words"])) for group in _MEDICINES["notable"]
)
RELEVANT: dict[str, re.Pattern[str]] = {test: _words(words) for test, words in _MEDICINES["relevant"].items()}
MAJOR_PROBLEM = _words(_PROBLEMS["major"])
MINOR_PROBLEM = _words(_PROBLEMS["minor"])
SOCIAL_FINDING = _words(_PROBLEMS["social"])
ADMINISTRATIVE = _words(_PROBLEMS["administrative"])
ROUTINE = _words(_EVENTS["routine"])
SCREENING = _words(_EVENTS["screening"])
DIRECTIVE = _words(_EVENTS["directive"])
PREGNANCY = _words(_EVENTS["pregnancy"])
IMAGING = _words(_EVENTS["imaging"])
NOTE = _words(_EVENTS["note"])
SOCIAL_TESTS: dict[str, str] = _EVENTS["social"]
_MAJOR_PROCEDURE = _words(_EVENTS["major"])
_MAJOR_ENDING = re.compile(r"(?:" + "|".join(_EVENTS["major_endings"]) + r")\b", re.IGNORECASE)
_KNOWN: dict[str, KnownTest] = {
    code: KnownTest(**{key: value for key, value in row.items() if key != "loinc"})
    for row in _TESTS["test"]
    for code in row["loinc"]
}


def known_test(entry: Entry) -> KnownTest | None:
    """The known test that one of the entry's codes names."""
    for code in entry.codes:
        if code.code in _KNOWN:
            return _KNOWN[code.code]
    return None


def known_code(code: str) -> KnownTest | None:
    """The known test of a LOINC code."""
    return _KNOWN.get(code)


def is_major_procedure(title: str) -> bool:
    """Whether a title names an operation, an implant or organ support."""
    return bool(_MAJOR_PROCEDURE.search(title) or _MAJOR_ENDING.search(title))


def names(entry: Entry) -> str:
    """The entry's title and the displays of its codes, for matching words."""
    return " | ".join((entry.title, *(code.display for code in entry.codes if code.display)))
