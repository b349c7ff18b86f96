"""Flags: codes and words of a laboratory in one table; what nobody knows flags nothing."""

from decimal import Decimal

import pytest

from fhir_adapters.flags import KINDS, FlagKind, gravest, read_flag
from fhir_adapters.history import Value


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *((word, "N") for word in ("N", "Normal", "WNL", "Within normal limits", "In range", "within reference range")),
        *((word, "NEG") for word in ("NEG", "Negative", "neg")),
        *((word, "ND") for word in ("Not detected", "UNDETECTED", "non-detected")),
        *((word, "H") for word in ("h", "(H)", "HI", "High", "*H", "above high limit normal", "High (>5.1)", "Raised")),
        *((word, "L") for word in ("Low", "below normal", "Slightly low")),
        *((word, "HH") for word in ("HH", "Panic high", "critically-high", "CRITICAL_HIGH", "High, critical")),
        *((word, "LL") for word in ("Panic low", "low panic value")),
        *((word, "AA") for word in ("Critical", "CRIT", "panic", "critical value", "Critically abnormal", "AA")),
        *((word, "A") for word in ("A", "ABN", "Out of range", "outside normal limits", "not critical abnormal")),
        (">", ">"),
        ("<", "<"),
        *((word, "") for word in ("NA", "N/A", "Not applicable")),
        *((word, None) for word in ("214", "Borderline", "high normal", "not critical", "<0.04", "Hold", "", "élevé")),
    ],
)  # fmt: skip
def test_a_word_is_read_as_a_code_or_not_at_all(said, code):
    assert read_flag(said) == code


def test_every_code_has_one_kind_and_reads_as_itself():
    assert all(read_flag(code) == code for code in KINDS)


@pytest.mark.parametrize(
    ("flags", "flag"),
    [(["N", "LL"], "LL"), (["H", "AA"], "HH"), (["AA", "L"], "LL"), (["N", "A"], "A"), (["", "N"], "N"), ([], "")],
)
def test_the_gravest_of_several_stands_with_its_direction(flags, flag):
    assert gravest(flags) == flag


@pytest.mark.parametrize(("flag", "abnormal"), [("weird", True), ("", True), ("U", True), ("N", False), ("IND", False)])
def test_an_unknown_word_leaves_it_to_the_sources_range(flag, abnormal):
    above = Value(label="", text="5", number=Decimal(5), high=Decimal(4), flag=flag)
    assert above.is_abnormal is abnormal
    assert not Value(label="", text="4", number=Decimal(4), high=Decimal(4), flag="weird").is_abnormal


def test_only_codes_of_criticality_are_critical():
    critical = {code for code in KINDS if Value(label="", text="5", flag=code).is_critical}
    assert critical == {"HH", "LL", "AA", "HU", "LU"} == {c for c, kind in KINDS.items() if kind is FlagKind.CRITICAL}
