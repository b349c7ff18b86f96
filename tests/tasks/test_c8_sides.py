"""C8: two sides in one sentence are two facts."""

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks import c8_sides
from tasks.checks.claim import Claim
from tasks.summary import CheckOutcome, StatementKind

CHART = history(
    entry("E1", Kind.REPORT, "Chest radiograph", passage="Left pleural effusion, right lung clear."),
    entry("E2", Kind.REPORT, "CT abdomen", passage="Left kidney shows a mass while the right kidney is normal."),
    entry("E3", Kind.REPORT, "Knee MRI", passage="Tear of the left meniscus and intact right ligament."),
    entry("E4", Kind.REPORT, "Chest CT", passage="Pleural effusion, right. Effusion left, right clear."),
    entry(
        "E6",
        Kind.REPORT,
        "CT head",
        passage="Collection over the left convexity with septa, and midline shift to the right.\n"
        "Large left collection with midline shift.",
    ),
    entry("E5", Kind.REPORT, "Ultrasound", passage="Stones in the left and right kidney. Left cyst, none right."),
)


def outcome(text, ref):
    claim = Claim.of(StatementKind.IMAGING, text, (CHART.by_id[ref],), CHART)
    return c8_sides.check(claim).outcome


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("Right pleural effusion.", "E1"),
        ("Pleural effusion on the right.", "E1"),
        ("Left lung clear.", "E1"),
        ("Bilateral pleural effusion.", "E1"),
        ("Right kidney mass.", "E2"),
        ("Mass in the right kidney.", "E2"),
        ("Left kidney normal.", "E2"),
        ("Tear of the right meniscus.", "E3"),
        ("Intact left ligament.", "E3"),
        ("Left side clear.", "E4"),
        ("Right cyst.", "E5"),
        ("Left pleural effusion and right pleural effusion.", "E1"),
        ("Midline shift to the left.", "E6"),
        ("Shift of the midline to the left.", "E6"),
        ("Left midline shift.", "E6"),
        ("Collection over the right convexity.", "E6"),
    ],
)
def test_a_side_swapped_within_one_sentence_fails(text, ref):
    assert outcome(text, ref) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("Left pleural effusion on the chest radiograph of 18-Nov-2026.", "E1"),
        ("Right lung clear.", "E1"),
        ("Left kidney mass.", "E2"),
        ("Mass in the left kidney.", "E2"),
        ("Right kidney is normal.", "E2"),
        ("Tear of the left meniscus.", "E3"),
        ("Right pleural effusion.", "E4"),
        ("Left effusion.", "E4"),
        ("Stones in both kidneys.", "E5"),
        ("Stones in the right kidney.", "E5"),
        ("Left cyst.", "E5"),
        ("Midline shift to the right.", "E6"),
        ("Large left collection with midline shift.", "E6"),
    ],
)
def test_a_side_as_its_source_has_it_passes(text, ref):
    assert outcome(text, ref) is CheckOutcome.PASSED
