"""The word lists of the brief, read once from the TOML files beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fhir_adapters.history import Code, Entry
from tasks.brief_rules.specimens import said_of, specimen_of


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("lexicon", f"{name}.toml").read_text(encoding="utf-8"))


_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_LOINC, _LOINC_OID = "http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"


class Words:
    """A list of words and phrases to be found in titles, as whole words, in any case.

    Sets of words instead of one large regular expression: this runs over every title of a chart inside a hook.
    """

    __slots__ = ("_order", "_phrases", "_singles")

    def __init__(self, words: str | list[str]) -> None:
        """`words` separated by spaces, or a list that may hold phrases; the order given is the order of rank."""
        listed = words.split() if isinstance(words, str) else words
        self._order = {word: rank for rank, word in enumerate(listed)}
        self._singles = frozenset(word for word in listed if " " not in word)
        self._phrases = tuple(word for word in listed if " " in word)

    def find(self, text: str) -> str:
        """The word of the highest rank that stands in `text`, as listed; empty where none does."""
        lower = text.lower()
        found = [*self._singles.intersection(_WORD.findall(lower))] if self._singles else []
        for phrase in self._phrases:
            if phrase in lower and _stands(phrase, lower):
                found.append(phrase)  # noqa: PERF401 - measured: a generator costs twice this
        if len(found) > 1:
            return min(found, key=self._order.__getitem__)
        return found[0] if found else ""

    def rank(self, text: str) -> int:
        """The rank of what `find` finds, past the end where nothing is found."""
        found = self.find(text)
        return self._order[found] if found else len(self._order)


def _stands(phrase: str, text: str) -> bool:
    """Whether a phrase stands in a text between ends of words."""
    return re.search(rf"(?<![a-z0-9]){re.escape(phrase)}(?![a-z0-9])", text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTest:
    """What the brief knows of a test beyond its title."""

    id: str
    short: str
    change: float = 0.2
    worse: str = ""
    key: bool = False
    vital: bool = False
    scale: float = 1.0
    specimen: str = ""
    unlike: tuple[tuple[re.Pattern[str], str], ...] = ()
    variants: tuple[tuple[str, re.Pattern[str]], ...] = ()

    def variant(self, entry: Entry) -> str:
        """Which way of measuring it an entry names; empty where it names none."""
        if not self.variants:
            return ""
        said = " | ".join((said_of(entry), *(code.code for code in entry.codes)))
        return next((name for name, pattern in self.variants if pattern.search(said)), "")


_MEDICINES, _PROBLEMS, _TESTS, _EVENTS = map(_table, ("medicines", "problems", "tests", "events"))

NOTABLE: tuple[str, ...] = tuple(group["name"] for group in _MEDICINES["notable"])  # in order of rank
_GROUP_OF = {word: group["name"] for group in _MEDICINES["notable"] for word in group["words"].split()}
RELEVANT: dict[str, Words] = {test: Words(words) for test, words in _MEDICINES["relevant"].items()}
MAJOR_PROBLEM = Words(_PROBLEMS["major"])
MINOR_PROBLEM = Words(_PROBLEMS["minor"])
SOCIAL_FINDING = Words(_PROBLEMS["social"])
ADMINISTRATIVE = Words(_PROBLEMS["administrative"])
ROUTINE = Words(_EVENTS["routine"])
SCREENING = Words(_EVENTS["screening"])
DIRECTIVE = Words(_EVENTS["directive"])
PREGNANCY = Words(_EVENTS["pregnancy"])
ANTENATAL = Words(_EVENTS["antenatal"])
TESTED = Words(_EVENTS["tested"])
RISK_SCALES = Words(_EVENTS["risk_scales"])
IMAGING = Words(_EVENTS["imaging"])
DEMOGRAPHIC = Words(_EVENTS["demographic"])
NOTE = Words(_EVENTS["note"])
SOCIAL_TESTS: dict[str, str] = _EVENTS["social"]
_MAJOR_PROCEDURE = Words(_EVENTS["major"])
_MAJOR_ENDING = re.compile(r"(?:" + "|".join(_EVENTS["major_endings"]) + r")\b", re.IGNORECASE)
_HARM = re.compile(r"\b(?:" + "|".join(_MEDICINES["harm"]) + ")", re.IGNORECASE)
# "No side effects" tells of none; "not tolerated" and "no longer" deny no harm.
_DENIED = re.compile(r"\b(?:no|not|without|denie[sd])\b(?!\s+(?:tolerat|longer))[^.;,:]*", re.IGNORECASE)


def _test(row: dict[str, Any]) -> KnownTest:
    rest = {key: value for key, value in row.items() if key not in {"loinc", "labels", "unlike", "variants"}}
    return KnownTest(
        unlike=tuple((re.compile(pattern, re.IGNORECASE), other) for pattern, other in row.get("unlike", ())),
        variants=tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in row.get("variants", ())),
        **rest,
    )


KNOWN_TESTS: dict[str, KnownTest] = {row["id"]: _test(row) for row in _TESTS["test"]}
_KNOWN: dict[str, KnownTest] = {code: KNOWN_TESTS[row["id"]] for row in _TESTS["test"] for code in row["loinc"]}
_COMPONENTS: dict[str, KnownTest] = {
    label: KNOWN_TESTS[row["id"]] for row in _TESTS["test"] for label in row.get("labels", ())
}


def known_test(entry: Entry) -> KnownTest | None:
    """The known test that one of the entry's LOINC codes names; the same characters in another system are no test.

    Nor is a result that says of itself what the test is not: another specimen, another assay.
    """
    test = coded_test(entry.codes)
    return _as_it_says(entry, test) if test else None


def coded_test(codes: Iterable[Code]) -> KnownTest | None:
    """The known test that one of these LOINC codes names."""
    for code in codes:
        if code.code in _KNOWN and _is_loinc(code.system):
            return _KNOWN[code.code]
    return None


def component_test(label: str) -> KnownTest | None:
    """The known test that a component measures, which is never its entry's own."""
    return _COMPONENTS.get(label.lower())


def _as_it_says(entry: Entry, test: KnownTest) -> KnownTest | None:
    if test.vital:
        return test
    if specimen_of(entry) not in {"", test.specimen}:
        return None
    if test.unlike:
        said = said_of(entry)
        return next((KNOWN_TESTS.get(other) for pattern, other in test.unlike if pattern.search(said)), test)
    return test


def _is_loinc(system: str) -> bool:
    return system == _LOINC or system.strip().rstrip("/").lower() in {_LOINC, "https://loinc.org", _LOINC_OID}


def notable_groups(searched: str) -> tuple[str, ...]:
    """The classes of medicines that the words of a title or display belong to, in order of rank."""
    found = {_GROUP_OF[word] for word in _WORD.findall(searched.lower()) if word in _GROUP_OF}
    return tuple(sorted(found, key=NOTABLE.index))


def is_major_procedure(title: str) -> bool:
    """Whether a title names an operation, an implant or organ support."""
    return bool(_MAJOR_PROCEDURE.find(title) or _MAJOR_ENDING.search(title))


def names(entry: Entry) -> str:
    """The entry's title and the displays of its codes, for matching words."""
    return " | ".join((entry.title, *(code.display for code in entry.codes if code.display)))


def speaks_of_harm(reason: str) -> bool:
    """Whether a reason for stopping a medicine says that it did harm."""
    return _HARM.search(_DENIED.sub(" ", reason)) is not None
