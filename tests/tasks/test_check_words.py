"""Words as the checks compare them: one stem for one word, abbreviations one way, levels by name, shared days."""

from decimal import Decimal

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.dates import Day, printed_dates
from tasks.checks.level_names import is_named_level
from tasks.checks.units import figures
from tasks.checks.words import stem, terms, vocabulary
from tasks.summary import StatementKind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("haemorrhages", "hemorrhage"),
        ("oedema", "edema"),
        ("ischaemic", "ischemic"),
        ("generalised", "generalized"),
        ("hospitalisation", "hospitalized"),
        ("tumours", "tumor"),
        ("fractures", "fracture"),
        ("unsteadiness", "unsteady"),
        ("nuts", "nut"),
        ("renal", "kidney"),
        ("antenatal", "prenatal"),
    ],
)
def test_two_forms_of_one_word_have_one_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("hyperkalaemia", "hypokalaemia"), ("aids", "aid"), ("ileum", "ilium"), ("closed", "clots"), ("mass", "mast")],
)
def test_two_words_never_have_one_stem(one, other):
    assert stem(one) != stem(other)


def test_an_abbreviation_stands_for_what_its_source_has_in_full_and_never_the_other_way():
    assert stem("k") in vocabulary("Potassium in serum")
    assert stem("ra") in vocabulary("Rheumatoid arthritis")
    assert stem("gad") in vocabulary("Generalized anxiety disorder")
    assert "potassium" not in vocabulary("Platelets 212 K/uL, vitamin K")
    assert "rheumatoid" not in vocabulary("SpO2 95 % RA")


def test_a_short_abbreviation_is_a_term_where_it_is_printed_as_one():
    assert terms("Na and Hb are low") == (stem("na"), stem("haemoglobin"))
    assert terms("no gain") == ()


LEVELS = history(
    entry("E1", Kind.RESULT, "Potassium", when="2026-11-02", values=[("", 5.9, "mmol/L", 3.5, 5.1)]),
    entry("E2", Kind.RESULT, "Sodium, urine", when="2026-11-02", values=[("", 10, "mmol/L", 40, 220)]),
    entry("E3", Kind.RESULT, "Sodium", when="2026-11-02", values=[("", 140, "mmol/L", 135, 145)]),
)


@pytest.mark.parametrize(
    ("text", "ref", "term", "holds"),
    [
        ("Hyperkalaemia: potassium 5.9 mmol/L.", "E1", "hyperkalemia", True),
        ("Hypokalaemia: potassium 5.9 mmol/L.", "E1", "hypokalemia", False),
        ("Hyperkalaemia.", "E1", "hyperkalemia", False),
        ("Hyponatraemia: urine sodium 10 mmol/L.", "E2", "hyponatremia", False),
        ("Hyponatraemia: sodium 140 mmol/L.", "E3", "hyponatremia", False),
        ("Anaemia: potassium 5.9 mmol/L.", "E1", "anemia", False),
    ],
)
def test_a_level_has_its_name_where_its_figure_is_printed_and_flagged(text, ref, term, holds):
    claim = Claim.of(StatementKind.RESULT, text, (LEVELS.by_id[ref],), LEVELS)
    assert term in claim.terms
    assert is_named_level(term, claim) is holds


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Admitted 8-13 November 2022.", [Day(2022, 11, 8), Day(2022, 11, 13)]),
        ("On 1 and 2 March 2026.", [Day(2026, 3, 1), Day(2026, 3, 2)]),
        ("From 8 to 13 Nov.", [Day(None, 11, 8), Day(None, 11, 13)]),
        ("Between April and November 2026.", [Day(None, 4), Day(2026, 11)]),
        ("Fell from 58 to 31 in November 2026.", [Day(2026, 11)]),
    ],
)
def test_days_that_share_a_month_are_each_a_date(text, days):
    assert [date.readings[0] for date in printed_dates(text)] == days


def test_a_list_shares_its_last_unit_and_a_hyphen_joins_one():
    assert [figure.unit for figure in figures("4.4, 4.6, 5 and now 5.4 mmol/L")] == ["mmol/l"] * 4
    (course,) = figures("a 5-day course")
    assert (course.value, course.unit) == (Decimal(5), "day")
