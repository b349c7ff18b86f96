"""What a laboratory says of a value, in codes or in words: one table of flags; what is not in it flags nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class FlagKind(StrEnum):
    """What a flag means for whoever sorts results."""

    CRITICAL = "critical"
    ABNORMAL = "abnormal"
    NORMAL = "normal"
    OPEN = "open"  # neither: indeterminate, equivocal
    CHANGE = "change"  # says how it went, and nothing of where it stands


# https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html
_CODES: Final[dict[FlagKind, str]] = {
    FlagKind.CRITICAL: "HH LL AA HU LU",
    FlagKind.ABNORMAL: "H L A > < HX LX EX POS DET RR WR R I NS SDD SYN-R UNE CAR",
    FlagKind.NORMAL: "N NEG ND NR S SYN-S EXP",
    FlagKind.OPEN: "IND E IE NCL HM",
    FlagKind.CHANGE: "B D U W",
}
KINDS: Final[dict[str, FlagKind]] = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
# A critical flag beside one that gives only the direction.
_DIRECTED: Final = {"H": "HH", "HX": "HH", ">": "HH", "L": "LL", "LX": "LL", "<": "LL"}

_WORD = re.compile(r"[^\W_]+|[<>]")
_BRACKETED = re.compile(r"\s*(?:\([^)]*\)|\[[^\]]*\])")  # "High (>5.1)"
_SAME: Final[dict[str, str]] = {
    said: word
    for word, others in {
        "critical": "critically crit panic",
        "very": "extreme extremely markedly significantly dangerously",
        "high": "hi elevated raised increased",
        "low": "lo decreased reduced",
        "above": "over >",
        "below": "under <",
        "abnormal": "abn abnl abnormally",
        "normal": "norm nl unremarkable acceptable",
        "positive": "pos",
        "negative": "neg",
        "reactive": "react",
        "outside": "out",
        "within": "in",
        "not": "non no",
        "susceptible": "sensitive",
    }.items()
    for said in others.split()
}
_SAYS_LITTLE: Final = (
    "the of is a an value values result results flag flagged range ranges reference limit limits threshold "
    "upper lower slightly mildly moderately mild moderate"
)
_LITTLE: Final = frozenset(_SAYS_LITTLE.split())
# Sets of words, in any order: "Panic high" and "critically high" are one. What is in no row is the laboratory's own.
_WORDS: Final[dict[frozenset[str], str]] = {
    frozenset(words.split()): code
    for code, phrases in {
        "HH": ("critical high", "critical above", "alert high"),
        "LL": ("critical low", "critical below", "alert low"),
        "AA": ("critical", "critical abnormal", "very abnormal", "life threatening"),
        "HU": ("very high", "very above"),
        "LU": ("very low", "very below"),
        "H": ("high", "high abnormal", "above", "above normal", "above high", "above high normal", "not critical high"),
        "L": ("low", "low abnormal", "below", "below normal", "below low", "below low normal", "not critical low"),
        "A": ("abnormal", "not normal", "outside", "outside normal", "not critical abnormal", "not within normal"),
        "N": ("normal", "wnl", "within normal", "within", "not abnormal"),
        "POS": ("positive",),
        "DET": ("detected",),
        "RR": ("reactive",),
        "WR": ("weakly reactive",),
        "NEG": ("negative",),
        "ND": ("not detected", "undetected"),
        "NR": ("not reactive", "nonreactive"),
        "R": ("resistant",),
        "I": ("intermediate",),
        "S": ("susceptible",),
        "IND": ("indeterminate",),
        "E": ("equivocal",),
    }.items()
    for words in phrases
}
_SAYS_NOTHING: Final = frozenset({"na", "n/a", "n.a.", "not applicable", "not available", "none", "null", "-", "--"})


def read_flag(said: str) -> str | None:
    """The code of a flag in codes or words; empty where it says that there is none; None where nobody knows it."""
    if said in KINDS:
        return said
    code = said.strip(" *[](){}").upper()
    if code in KINDS:
        return code
    lower = " ".join(said.lower().split())
    if lower in _SAYS_NOTHING:
        return ""
    return _WORDS.get(_words(lower)) or _WORDS.get(_words(_BRACKETED.sub("", lower)))


def _words(lower: str) -> frozenset[str]:
    words = (_SAME.get(word, word) for word in _WORD.findall(lower))
    return frozenset(word for word in words if word not in _LITTLE)


def gravest(flags: Iterable[str]) -> str:
    """Of several codes the critical one, else one that is not normal, so that neither can hide behind another."""
    given = [flag for flag in flags if flag]
    critical = [flag for flag in given if KINDS[flag] is FlagKind.CRITICAL]
    if set(critical) == {"AA"}:
        return next((_DIRECTED[flag] for flag in given if flag in _DIRECTED), "AA")
    graver = critical or [flag for flag in given if KINDS[flag] is not FlagKind.NORMAL]
    return next(iter(graver or given), "")
