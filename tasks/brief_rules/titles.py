"""What a test is called on a line: the record's own name, cut to what is measured, in what, and after what."""

from __future__ import annotations

import re

from fhir_adapters.history import Entry
from tasks.brief_rules.lexicon import KnownTest
from tasks.brief_rules.specimens import specimen_in, specimen_of
from tasks.brief_rules.wording import capitalised, joined, lowered_name

# "Creatinine [Mass/volume] in Serum or Plasma": the part in brackets and after says how, not what.
_LOINC_TAIL = re.compile(r"\s*\[.*$|\s+(?:in|by|of)\s+(?:Serum|Plasma|Blood|Urine|Platelet).*$")
_IN_WHAT = re.compile(r"(?:^|\s)(?:in|of|from|on)\s+(?P<what>.+?)(?=\s+by\s|\s+--|$)")
_CHALLENGE = re.compile(r"--\s*(?P<what>.+)$")  # "Glucose [Mass/volume] in Serum or Plasma --1 hour post 75 g glucose"
_BLOOD = frozenset({"serum", "plasma", "blood", "or", "and", "platelet", "poor", "rich", "whole"})
_LONG_NAME = 26


def short_title(title: str, test: KnownTest | None) -> str:
    """The record's own name for a test; a LOINC long name is cut to what it measures, in what, and after what.

    Blood, serum and plasma go without saying; any other specimen stays.
    """
    bare = _LOINC_TAIL.sub("", title) or title
    if test and (bare != title or len(title) > _LONG_NAME):
        return capitalised(test.short)
    return f"{bare}{_kept(title[len(bare) :])}"


def _kept(cut: str) -> str:
    """What must not be lost with the end of a title."""
    place, challenge = _IN_WHAT.search(cut), _CHALLENGE.search(cut)
    what = place["what"] if place else ""
    words = re.split(r"[\s,/]+", what.lower())
    said = "" if not what or _BLOOD.issuperset(words) else f" in {lowered_name(what)}"
    return f"{said}, {challenge['what']}" if challenge else said


def full_title(entry: Entry, label: str, test: KnownTest | None, where: list[str]) -> str:
    """The title of a value: a component of a known test by its own name, a specimen wherever it was said."""
    if label and test:
        return short_title(label, test)
    repeated = label.lower() in entry.title.lower()
    title = short_title(f"{entry.title}, {label}" if label and not repeated else entry.title, test)
    if test is not None:
        return title
    title = joined((title, *(text for text in where if text not in title)))
    specimen = specimen_of(entry)
    return title if not specimen or specimen_in(title) else f"{title}, {specimen}"
