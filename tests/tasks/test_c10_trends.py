"""C10: a trend is told of all the cited values in their order, and "stable" is a narrow word."""

import pytest
from little_history import entry, history, value

from fhir_adapters.history import Kind
from tasks.checks import c10_trends
from tasks.checks.claim import Claim
from tasks.checks.steadiness import is_steady
from tasks.checks.words import vocabulary
from tasks.summary import CheckOutcome, StatementKind


def series(title, unit, *numbers, low=None, high=None):
    rows = [
        entry(f"E{place}", Kind.RESULT, title, when=f"2026-0{place}-02", values=[("", number, unit, low, high)])
        for place, number in enumerate(numbers, start=1)
    ]
    return history(*rows)


def outcome(text, record):
    return c10_trends.check(Claim.of(StatementKind.RESULT, text, record.entries, record)).outcome


@pytest.mark.parametrize(
    ("title", "unit", "numbers"),
    [
        ("Oxygen saturation", "%", (94, 90)),
        ("Sodium", "mmol/L", (136, 129)),
        ("Potassium", "mmol/L", (4.6, 5.2)),
        ("Body weight", "kg", (82.1, 87.6)),
        ("Haemoglobin", "g/dL", (12.1, 11.6)),
        ("Creatinine", "mg/dL", (1.3, 1.7, 1.3)),
        ("INR", "", (2, 3)),
    ],
)
@pytest.mark.parametrize("words", ["is stable", "is unchanged", "remains steady"])
def test_c10_a_change_that_matters_is_not_called_stable(title, unit, numbers, words):
    assert outcome(f"{title} {words}.", series(title, unit, *numbers)) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("title", "unit", "numbers"),
    [
        ("Oxygen saturation", "%", (94, 95)),
        ("Sodium", "mmol/L", (136, 137)),
        ("Potassium", "mmol/L", (4.6, 4.7)),
        ("Body weight", "kg", (82.1, 82.9)),
        ("eGFR", "mL/min/1.73 m2", (52, 53, 51)),
        ("HbA1c", "%", (7.2, 7.3)),
    ],
)
def test_c10_what_hardly_differs_is_stable(title, unit, numbers):
    assert outcome(f"{title} is stable.", series(title, unit, *numbers)) is CheckOutcome.PASSED


def test_c10_nothing_is_stable_across_a_limit_of_its_own():
    assert outcome("Potassium is stable.", series("Potassium", "mmol/L", 5.0, 5.1, high=5.0)) is CheckOutcome.FAILED
    assert not is_steady(vocabulary("Sodium"), [value(("", 135, "", 135, 145)), value(("", 134, "", 135, 145))])


@pytest.mark.parametrize(
    ("text", "numbers", "expected"),
    [
        ("CEA is rising.", (18.4, 2.4, 19.0), CheckOutcome.FAILED),
        ("CEA is falling.", (18.4, 2.4, 14.6), CheckOutcome.FAILED),
        ("CEA fell to 2.4 ng/mL and has risen to 14.6 ng/mL.", (18.4, 2.4, 14.6), CheckOutcome.PASSED),
        ("CEA rose to 2.4 ng/mL.", (18.4, 2.4, 14.6), CheckOutcome.FAILED),
        ("CEA 14.6 ng/mL, up from 2.4 ng/mL.", (18.4, 2.4, 14.6), CheckOutcome.PASSED),
        ("CEA 14.6 ng/mL, up from 18.4 ng/mL.", (18.4, 2.4, 14.6), CheckOutcome.FAILED),
        ("CEA is falling.", (18.4, 9.0, 9.1, 2.4), CheckOutcome.PASSED),
    ],
)
def test_c10_a_trend_is_told_of_all_cited_values_or_of_those_that_it_prints(text, numbers, expected):
    assert outcome(text, series("CEA", "ng/mL", *numbers)) is expected


def test_c10_both_things_that_are_said_to_rise_do():
    record = history(
        *(
            entry(f"E{place}", Kind.RESULT, title, when=f"2026-0{place}-02", values=[("", number, "mmol/L")])
            for place, (title, number) in enumerate(
                [("Potassium", 4), ("Potassium", 5), ("Sodium", 140), ("Sodium", 130)], start=1
            )
        )
    )
    assert outcome("Potassium and sodium are stable.", record) is CheckOutcome.FAILED


FILM = history(
    entry("E1", Kind.REPORT, "Chest radiograph", when="2026-11-18",
          passage="Opacities in both lungs, not clearly changed. Nodule not significantly enlarged. "
          "Effusion has decreased."),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Opacities have changed.", CheckOutcome.FAILED),
        ("Opacities clearly changed.", CheckOutcome.FAILED),
        ("Nodule enlarged.", CheckOutcome.FAILED),
        ("Effusion has not decreased.", CheckOutcome.FAILED),
        ("Opacities not clearly changed.", CheckOutcome.PASSED),
        ("Nodule not enlarged.", CheckOutcome.PASSED),
        ("Effusion decreased.", CheckOutcome.PASSED),
    ],
)
def test_c10_a_trend_that_a_text_denies_is_not_told(text, expected):
    assert outcome(text, FILM) is expected
