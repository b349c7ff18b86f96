"""The words of the review page: ages, ranges, flags, and the sentence that a line rests on."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.filters import without_hidden
from cds_service.review.sources import best_sentence
from cds_service.review.words import born, died, flag_words, range_words, visible
from fhir_adapters.dates import PartialDate
from fhir_adapters.history import PatientFacts, Value

NOW = datetime(2026, 11, 2, 10, 31, tzinfo=UTC)


def patient(birth, deceased=None):
    date = PartialDate(birth) if birth else None
    return PatientFacts(id="p", name="", birth_date=date, gender="", identifier="", deceased=deceased)


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        ("1951-03-14", "14-Mar-1951 (75 years)"),
        ("1951-11-03", "03-Nov-1951 (74 years)"),
        ("1951-11-02", "02-Nov-1951 (75 years)"),
        ("2024-11-03", "03-Nov-2024 (23 months)"),
        ("2024-11-02", "02-Nov-2024 (2 years)"),
        ("2026-06-10", "10-Jun-2026 (4 months)"),
        ("2026-11-01", "01-Nov-2026 (1 day)"),
        ("2026-11-02", "02-Nov-2026 (0 days)"),
        ("1951", "1951 (about 75 years)"),
        ("1951-03", "Mar 1951 (about 75 years)"),
        ("1951-12", "Dec 1951 (about 74 years)"),  # as the model is told
        ("", "date of birth not recorded"),
        ("2000-02-29", "29-Feb-2000 (26 years)"),
    ],
)
def test_an_age_is_of_the_as_of_time_and_no_sharper_than_the_birth_date(birth, words):
    assert born(patient(birth), NOW) == words


def test_the_dead_have_no_age_and_are_said_to_be_dead():
    assert born(patient("1951-03-14", deceased=True), NOW) == "14-Mar-1951"
    assert died(patient("1951", deceased=True)) == "deceased, date not recorded"
    assert died(patient("1951", deceased=PartialDate("2026-10-01"))) == "died 01-Oct-2026"
    assert died(patient("1951", deceased=False)) == died(patient("1951")) == ""


def value(**fields):
    return Value(**{"label": "", "text": "5 mmol/L", "unit": "mmol/L"} | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"low": Decimal("3.5"), "high": Decimal("5.10")}, "3.5 to 5.1 mmol/L"),
        ({"low": Decimal(60)}, "60 or more mmol/L"),
        ({"high": Decimal("1E+2")}, "100 or less mmol/L"),
    ],
)
def test_a_range_is_the_sources_own(fields, words):
    assert range_words(value(**fields)) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"flag": "H"}, "high"),
        ({"flag": "LL"}, "critical low"),
        ({"flag": "Z9"}, "flag Z9"),
        ({"number": Decimal(5), "high": Decimal(4)}, "above range"),
        ({"number": Decimal(3), "low": Decimal(4)}, "below range"),
        ({"number": Decimal(4), "low": Decimal(4), "high": Decimal(4)}, ""),
        ({"number": Decimal(3), "low": Decimal(4), "comparator": "<"}, ""),
        ({}, ""),
    ],
)
def test_a_flag_is_a_word(fields, words):
    assert flag_words(value(**fields)) == words


def test_the_sentence_that_holds_most_of_a_line_is_found():
    note = ["Annual diabetes review.", "No longer takes ibuprofen.", "Taking metformin 500 mg as listed."]
    assert best_sentence("Ibuprofen is no longer taken", note) == 1
    assert best_sentence("metformin 500 mg", note) == 2
    assert best_sentence("Warfarin was started in hospital", note) is None
    assert best_sentence("", note) is None
    assert best_sentence("metformin", []) is None


@given(st.text())
def test_what_is_shown_holds_no_hidden_character(text):
    for shown in (visible(text), str(without_hidden(text))):
        assert not set(shown) & set("\x00\u202e\u2066\u200b\ufeff")
        shown.encode()
    assert visible(visible(text)) == visible(text)
