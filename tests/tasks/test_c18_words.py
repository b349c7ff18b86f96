"""What an honest model says of the sample charts survives, and what a hostile one says of the same entries does not.

Every false sentence is built of the words and figures of the entries that it cites: only what it tells is untrue.
"""

import pytest
from false_sentences import FALSE
from little_history import entry, history
from sentences import chart, verdict
from true_sentences import TRUE

from fhir_adapters.history import Kind, Standing
from tasks.checks.level_rules import NAMES_LEVEL
from tasks.summary import StatementKind, Verdict


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TRUE)
def test_what_is_true_survives(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert (said is not Verdict.CONTRADICTED, reasons) == (True, ())


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), FALSE)
def test_what_is_false_is_withheld(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert said is Verdict.CONTRADICTED
    assert reasons


REFUTED = history(
    entry("E1", Kind.PROBLEM, "Stroke", when="2020-01-01", standing=Standing.REFUTED),
    entry("E2", Kind.MEDICATION, "Aspirin 100 mg", when="2026-10-01", standing=Standing.REFUTED),
    entry("E3", Kind.MEDICATION, "Apixaban 5 mg", when="2026-10-01", standing=Standing.UNKNOWN),
    entry("E4", Kind.RESULT, "Potassium", when="2026-11-02", values=[("", 5.9, "mmol/L", 3.5, 5.1)]),
    entry("E5", Kind.RESULT, "Ferritin", when="2026-11-02", values=[("", "9" * 29, "ng/mL", "1" * 29, "8" * 29)]),
    entry("E6", Kind.NOTE, "Progress note", passage=f"Accession {'1' * 29}.5 filed. q{'9' * 5000}h. HbA1c 8.1 %."),
)


@pytest.mark.parametrize("kind", list(StatementKind))
@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Stroke 2020.", "E1"),
        ("Stroke on 01-Jan-2020.", "E1"),
        ("Aspirin 100 mg.", "E2"),
        ("Aspirin 100 mg since Oct 2026.", "E2"),
        ("Apixaban 5 mg is taken.", "E3"),
        ("Potassium 3.5 mmol/L, normal.", "E4"),
        ("Potassium 5.9 mmol/L is below the normal limit.", "E4"),
    ],
)
def test_c5_the_standing_of_the_entry_counts_whatever_the_kind_of_the_sentence(text, refs, kind):
    assert verdict(REFUTED, text, refs, kind)[0] is Verdict.CONTRADICTED


@pytest.mark.parametrize("words", ["outside the reference range", "out of its normal limits", "outside range"])
def test_a_level_outside_a_range_is_named_as_one(words):
    assert NAMES_LEVEL.fullmatch(words)
    assert verdict(REFUTED, f"Potassium 3.5 mmol/L, {words}.", "E4", "result")[0] is Verdict.CONTRADICTED


def test_a_bare_medicine_of_unknown_standing_is_never_verified():
    assert verdict(REFUTED, "Apixaban 5 mg.", "E3", "medicine")[0] is Verdict.CITED


@pytest.mark.parametrize("kind", ["result", "medicine"])
@pytest.mark.parametrize(
    "text",
    [
        f"Ferritin {'9' * 29} ng/mL.",
        f"Ferritin {'9' * 28}8 ng/mL.",
        "Ferritin 99 ng/mL.",
        f"Ferritin above {'8' * 29} ng/mL.",
        f"Ferritin {'9' * 300}.5 ng/mL every {'9' * 300} hours.",
        "Ferritin is high.",
        "Ferritin is rising.",
    ],
)
def test_b5_no_figure_of_absurd_length_raises(text, kind):
    for ref in ("E5", "E5 E6"):
        said = verdict(REFUTED, text, ref, kind)[0]
        assert said is Verdict.CONTRADICTED or text == "Ferritin is high."


def test_b5_a_note_with_an_absurd_figure_bears_out_its_other_figures():
    assert verdict(REFUTED, "HbA1c 8.1 %.", "E6", "result")[0] is Verdict.CITED
    assert verdict(REFUTED, "HbA1c 8.2 %.", "E6", "result")[0] is Verdict.CONTRADICTED
