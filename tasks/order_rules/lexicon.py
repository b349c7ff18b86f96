"""What the names and codes of orders mean, read once from `orders.toml` beside this module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from fhir_adapters.history import Code
from fhir_adapters.reading.concepts import LOINC
from tasks.brief_rules.lexicon import KNOWN_TESTS, Words, coded_test

_TABLE: Final = tomllib.loads(files(__package__).joinpath("orders.toml").read_text(encoding="utf-8"))
# What a name says beside what is measured: of blood it goes without saying, any other specimen stays.
_NOISE: Final = frozenset(
    [
        *("test", "tests", "level", "levels", "order", "lab", "laboratory", "measurement", "stat", "routine"),
        *("serum", "plasma", "blood", "panel", "profile", "repeat"),
        *("the", "of", "in", "and", "for", "with", "or"),
    ]
)
_WORD: Final = re.compile(r"[^\W_][\w&-]*")


@dataclass(frozen=True, slots=True)
class Panel:
    """Tests that are ordered together."""

    named: Words
    loinc: frozenset[str]
    tests: tuple[str, ...]


_PANELS: Final = tuple(
    Panel(Words(row["names"]), frozenset(row["loinc"]), tuple(row["tests"])) for row in _TABLE["panel"]
)
_MODALITIES: Final = {name: Words(words) for name, words in _TABLE["modality"].items()}
_REGIONS: Final = {name: Words(words) for name, words in _TABLE["region"].items()}
_DICOM: Final[dict[str, str]] = _TABLE["dicom"]
_CLASSES: Final = frozenset(_TABLE["allergy"]["classes"])
ONE_SIDED_TESTS: Final = frozenset(_TABLE["one_sided"]["tests"])
CONTRAST_TESTS: Final = frozenset(_TABLE["contrast"]["tests"])
_ENDINGS: Final = tuple(_TABLE["allergy"]["endings"])


def plain_name(title: str) -> frozenset[str]:
    """The words of a name that say what it is: equal for `Serum TSH level` and `TSH`."""
    said = frozenset(_WORD.findall(title.lower().replace("-", " ")))
    return said - _NOISE or said


_BY_NAME: Final = {
    plain_name(name): test
    for test, known in KNOWN_TESTS.items()
    for name in (known.short, *_TABLE["tests"].get(test, ()))
}


def panel_tests(title: str, codes: Iterable[Code]) -> tuple[str, ...]:
    """The ids of the tests of the panel that is named; none where it is no panel."""
    loinc = {code.code for code in codes if code.system.rstrip("/") == LOINC}
    return next((panel.tests for panel in _PANELS if loinc & panel.loinc or panel.named.find(title)), ())


def single_test(title: str, codes: Iterable[Code]) -> str:
    """The id of the known test that a LOINC code or a name gives, whatever the assay; empty where none does."""
    coded = coded_test(codes)
    named = coded.id if coded else _BY_NAME.get(plain_name(title), "")
    return named.partition("-")[0]


def classes_in(words: Iterable[str]) -> frozenset[str]:
    """The class words among these, each in its singular: "penicillin" for "Penicillins" and "benzylpenicillin"."""
    single = {word.removesuffix("s") for word in words}
    ended = {ending for ending in _ENDINGS for word in single if word.endswith(ending)}
    return _CLASSES & single | ended


def modality_of(text: str) -> str:
    """The way of imaging that is named, in words; empty where none is."""
    return next((name for name, words in _MODALITIES.items() if words.find(text)), "")


def modality_coded(codes: str) -> str:
    """The same for DICOM's own codes, separated by blanks; empty where none of them is known."""
    return next((_DICOM[code] for code in codes.split() if code in _DICOM), "")


def regions_of(text: str) -> frozenset[str]:
    """The parts of the body that are named."""
    return frozenset(name for name, words in _REGIONS.items() if words.find(text))
