"""C2: a figure that is only aimed at is no result, and a level is said of both parts of a pair."""

from dataclasses import replace

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks import run_checks
from tasks.checks.claim import Claim
from tasks.summary import CheckOutcome, StatementKind

PRESSURE = entry("E2", Kind.VITAL, "Blood pressure", when="2026-11-02",
                 values=[("Systolic", 144, "mmHg", 90, 140), ("Diastolic", 72, "mmHg", 60, 90)])  # fmt: skip
FLAGGED = replace(
    PRESSURE,
    id="E3",
    reference="Observation/e3",
    values=tuple(replace(each, flag=flag) for each, flag in zip(PRESSURE.values, "HN", strict=True)),
)
CHART = history(
    entry("E1", Kind.CARE_PLAN, "Low sodium",
          details=[("Activities", ("Sodium daily until 132 mmol/L or above; weight goal 80 kg; "
                                   "CT if CEA rises above 9 ng/mL"))]),
    PRESSURE,
    FLAGGED,
    entry("E4", Kind.VITAL, "Body weight", when="2026-11-02", values=[("", 80, "kg")]),
)  # fmt: skip


def failures(text, refs):
    claim = Claim.of(StatementKind.RESULT, text, tuple(CHART.by_id[ref] for ref in refs.split()), CHART)
    return {result.check for result in run_checks(claim) if result.outcome is CheckOutcome.FAILED}


@pytest.mark.parametrize(
    "text", ["Sodium 132 mmol/L.", "Sodium is 132 mmol/L or above.", "Weight 80 kg.", "CEA 9 ng/mL."]
)
def test_c2_an_aim_is_not_told_as_a_result(text):
    assert "C2" in failures(text, "E1")


@pytest.mark.parametrize(
    ("text", "refs"),
    [("Sodium daily until 132 mmol/L or above.", "E1"), ("Weight goal 80 kg.", "E1"), ("Weight 80 kg.", "E1 E4")],
)
def test_c2_an_aim_that_is_told_as_one_passes_and_so_does_a_result_that_meets_it(text, refs):
    assert "C2" not in failures(text, refs)


@pytest.mark.parametrize("ref", ["E2", "E3"])
@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Blood pressure 144/72 mmHg is normal.", False),
        ("Blood pressure 144/72 mmHg, within the normal range.", False),
        ("Blood pressure 144/72 mmHg is low.", False),
        ("Systolic blood pressure 144 mmHg is high.", True),
        ("Diastolic blood pressure 72 mmHg is normal.", True),
    ],
)
def test_c18_a_level_holds_for_both_parts_of_a_pair(text, ref, holds):
    assert (failures(text, ref) == set()) is holds
