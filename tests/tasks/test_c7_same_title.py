"""C7: of two reports of one name each is quoted for its own date, and one clause of a text bears one phrase."""

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks import c7_negation
from tasks.checks.claim import Claim
from tasks.summary import CheckOutcome, StatementKind

CHART = history(
    entry("E1", Kind.REPORT, "Chest radiograph", when="2026-04-16",
          passage="No pleural effusion. Lung bases are clear."),
    entry("E2", Kind.REPORT, "Chest radiograph", when="2026-11-18",
          passage="New small right pleural effusion compared with 16-Apr-2026. Heart failure is a possible cause; "
          "malignancy is not excluded. Nodule, suspicious for metastasis. Rib lesion, probably benign."),
    entry("E3", Kind.NOTE, "Clinic note", when="2026-11-05",
          passage="Two weeks of tightness in the chest when walking uphill, settling with rest. Weight down 5 kg since "
          "March.\nBreathing better on enoxaparin since September. Ankle oedema to the shins.\n"
          "More forgetful and unsteady for about three weeks. GCS 14 (confused). "
          "Fluid around the liver. The kidneys enhance normally."),
    entry("E4", Kind.CARE_PLAN, "Follow-up", when="2026-11-05",
          details=[("Activities", "Tumour marker every six months, imaging yearly (active); board after the biopsy")]),
    entry("E5", Kind.REPORT, "Hip film", when="2026-01-18", passage="No fracture."),
    entry("E6", Kind.REPORT, "Hip film", when="2026-01-18", passage="Left femoral fracture, displaced."),
    entry("E7", Kind.PROBLEM, "Query gout", when="2026-10", details=[("Verification", "unconfirmed")]),
    entry("E8", Kind.PROBLEM, "Sarcoidosis", when="2026-10", details=[("Verification", "provisional")]),
    entry("E9", Kind.PROBLEM, "Migraine", when="2014-06-10"),
)  # fmt: skip


def outcome(text, refs):
    sources = tuple(CHART.by_id[ref] for ref in refs.split())
    return c7_negation.check(Claim.of(StatementKind.COURSE, text, sources, CHART)).outcome


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("No pleural effusion on 18-Nov-2026.", "E1 E2"),
        ("No pleural effusion on the study of 18-Nov-2026.", "E1 E2"),
        ("In November 2026 there was no pleural effusion.", "E1 E2"),
        ("Small right pleural effusion on 16-Apr-2026.", "E1 E2"),
        ("Lung bases are clear on 18-Nov-2026.", "E1 E2"),
        ("No pleural effusion.", "E1 E2"),
        ("No pleural effusion on the chest radiograph.", "E1 E2"),
        ("Pleural effusion on the chest radiograph.", "E1 E2"),
        ("No fracture on the hip film.", "E5 E6"),
        ("Hip film of 18-Jan-2026: no fracture.", "E5 E6"),
    ],
)
def test_c7_a_finding_is_of_the_report_whose_date_it_names(text, refs):
    assert outcome(text, refs) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("No pleural effusion on 16-Apr-2026.", "E1 E2"),
        ("Right pleural effusion on 18-Nov-2026, no pleural effusion on 16-Apr-2026.", "E1 E2"),
        ("New right pleural effusion.", "E1 E2"),
        ("New small right pleural effusion compared with 16-Apr-2026.", "E1 E2"),
        ("No pleural effusion.", "E1"),
        ("Left femoral fracture, displaced.", "E6"),
    ],
)
def test_c7_a_finding_told_of_its_own_report_passes(text, refs):
    assert outcome(text, refs) is not CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Heart failure is likely.", "E2"),
        ("Heart failure is the probable cause.", "E2"),
        ("Probable malignancy.", "E2"),
        ("Suspected malignancy.", "E2"),
        ("Presumed metastasis.", "E2"),
        ("Likely gout.", "E7"),
        ("Probable gout.", "E7"),
        ("Probable sarcoidosis.", "E8"),
    ],
)
def test_c7_nothing_is_surer_than_its_source(text, refs):
    assert outcome(text, refs) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Heart failure is possible.", "E2"),
        ("Malignancy is possible.", "E2"),
        ("Malignancy cannot be excluded.", "E2"),
        ("Suspected metastasis.", "E2"),
        ("Possible metastasis.", "E2"),
        ("Rib lesion, possibly benign.", "E2"),
        ("Rib lesion, likely benign.", "E2"),
        ("Possible gout.", "E7"),
        ("Suspected sarcoidosis.", "E8"),
    ],
)
def test_c7_as_sure_as_its_source_or_less_passes(text, refs):
    assert outcome(text, refs) is not CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Tightness in the chest with rest, settling uphill.", "E3"),
        ("Tightness in the chest at rest.", "E3"),
        ("Weight down since September.", "E3"),
        ("Breathing better since March.", "E3"),
        ("Confused for about three weeks.", "E3"),
        ("Ankle oedema, worse when walking uphill.", "E3"),
        ("Fluid around the kidneys.", "E3"),
        ("The liver enhances normally.", "E3"),
        ("Forgetful for two weeks.", "E3"),
        ("Imaging every six months.", "E4"),
        ("Board every six months.", "E4"),
        ("Tumour marker yearly.", "E4"),
        ("The family has migraine.", "E9"),
        ("Her family had migraine.", "E9"),
        ("Family: migraine.", "E9"),
        ("Fluid with a nodule.", "E2 E3"),
    ],
)
def test_c7_words_of_different_clauses_are_not_told_together(text, refs):
    assert outcome(text, refs) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Tightness in the chest for two weeks when walking uphill.", "E3"),
        ("Weight down 5 kg since March, breathing better on enoxaparin since September.", "E3"),
        ("Unsteady and forgetful for about three weeks.", "E3"),
        ("Fluid around the liver, and ankle oedema to the shins.", "E3"),
        ("Tumour marker every six months and imaging yearly.", "E4"),
        ("Displaced left femoral fracture.", "E6"),
        ("Weight down since March with ankle oedema to the shins.", "E3"),
    ],
)
def test_c7_words_of_one_clause_are(text, refs):
    assert outcome(text, refs) is not CheckOutcome.FAILED
