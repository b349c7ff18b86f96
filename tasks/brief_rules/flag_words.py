"""What the source of a value says of it, in a clinician's words: a flag, or a word of its own that flags nothing."""

from __future__ import annotations

from fhir_adapters.flags import KINDS, FlagKind
from fhir_adapters.history import Value
from fhir_adapters.visible import one_line
from tasks.brief_rules.wording import clip

FLAG_WORDS = {
    "H": "high",
    "HH": "critical high",
    "HU": "critical high",
    "HX": "above the measurable range",
    ">": "above the measurable range",
    "L": "low",
    "LL": "critical low",
    "LU": "critical low",
    "LX": "below the measurable range",
    "<": "below the measurable range",
    "A": "abnormal",
    "AA": "critical",
    "POS": "positive",
    "DET": "detected",
    "R": "resistant",
    "I": "intermediate",
    "NS": "not susceptible",
    "SDD": "susceptible at a higher dose",
    "RR": "reactive",
    "WR": "weakly reactive",
    "EX": "outside the limit",
    "UNE": "unexpected",
    "CAR": "carrier",
    "SYN-R": "resistant with synergy",
    "IND": "indeterminate",
    "E": "equivocal",
    "B": "better",
    "W": "worse",
    "U": "significant rise",
    "D": "significant fall",
}
_WORD_LIMIT = 30


def flag_word(value: Value) -> str:
    """What the source says of a value, in words; empty for a normal one."""
    if not value.is_abnormal:
        return ""
    if KINDS.get(value.flag) in {FlagKind.ABNORMAL, FlagKind.CRITICAL}:
        return FLAG_WORDS.get(value.flag, f"flagged {value.flag}")
    above = value.high is not None and value.number is not None and value.number > value.high
    return "high" if above else "low"


def own_word(value: Value) -> str:
    """What the source says of a value besides: a word of its own, which flags nothing; empty where there is none."""
    if not value.flag or KINDS.get(value.flag) in {FlagKind.NORMAL, FlagKind.ABNORMAL, FlagKind.CRITICAL}:
        return ""
    return f"marked “{clip(FLAG_WORDS.get(value.flag) or one_line(value.flag), _WORD_LIMIT)}” by its source"
