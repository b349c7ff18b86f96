"""A note full of traps, read by all checks together: nothing is said of the patient that the note does not say."""

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks import c5_status, run_checks
from tasks.checks.claim import Claim
from tasks.summary import CheckOutcome, StatementKind, Verdict
from tasks.verdict import judge

NOTE = """Wife has HIV infection. Roommate treated for tuberculosis. Warfarin 5 mg daily was stopped in 2020 after
gastrointestinal bleeding. Patient doesn't have epilepsy. Rules out myocardial infarction. Stroke: no. Lupus? No.
Consider apixaban 5 mg twice daily. Plan to start insulin glargine 10 units. If asthma worsens, give prednisolone 40 mg
daily. Not allergic to penicillin. Patient asked about cirrhosis. Screening for melanoma. At risk of suicide. History of
gout. Partner takes lithium. Donor had hepatitis C. Sarcoidosis was thought of and rejected. Should not receive
metformin. R/o sepsis. Hodgkin lymphoma not confirmed. Cannot tolerate simvastatin. Dementia hasn't been found.
Discussed with Mr John Smith of Basel. Potassium 6.8 was a lab error, repeat 4.2. Weight 82 kg, goal weight 70 kg.
Baby weighs 3.2 kg. Takes bisoprolol. Migraine since youth."""
FALSE = [
    ("problem", "HIV infection."), ("problem", "Tuberculosis treated."), ("medicine", "Warfarin 5 mg daily."),
    ("medicine", "Takes warfarin 5 mg daily."), ("problem", "Epilepsy."), ("problem", "Myocardial infarction."),
    ("problem", "MI."), ("problem", "Stroke."), ("problem", "Lupus."), ("medicine", "Apixaban 5 mg twice daily."),
    ("medicine", "Insulin glargine 10 units."), ("medicine", "Prednisolone 40 mg daily."),
    ("allergy", "Allergic to penicillin."), ("allergy", "Penicillin allergy."), ("problem", "Cirrhosis."),
    ("problem", "Melanoma."), ("problem", "Gout."), ("medicine", "Lithium."), ("medicine", "Takes lithium."),
    ("problem", "Hepatitis C."), ("problem", "Sarcoidosis."), ("medicine", "Metformin."),
    ("medicine", "Receives metformin."), ("problem", "Sepsis."), ("problem", "Hodgkin lymphoma."),
    ("medicine", "Simvastatin."), ("problem", "Dementia."), ("course", "John Smith has gout."),
    ("result", "Potassium 6.8."), ("result", "Weight 70 kg."), ("result", "Weight 3.2 kg."),
    ("result", "Patient weighs 3.2 kg."), ("problem", "Suicide."), ("medicine", "No longer takes bisoprolol."),
    ("problem", "No migraine."), ("medicine", "Currently takes apixaban."), ("problem", "Asthma worsens."),
]  # fmt: skip
TRUE = [
    ("course", "Wife has HIV infection."), ("course", "Stroke: no."), ("medicine", "Takes bisoprolol."),
    ("problem", "Migraine."), ("problem", "History of gout."), ("medicine", "Warfarin was stopped in 2020."),
    ("course", "Plan to start insulin glargine."), ("problem", "No epilepsy."), ("course", "Partner takes lithium."),
]  # fmt: skip


def claim(kind, text, note=NOTE):
    record = history(entry("E1", Kind.NOTE, "Progress note", when="2026-11-02", passage=note))
    return Claim.of(StatementKind(kind), text, record.entries, record)


@pytest.mark.parametrize(("kind", "text"), FALSE)
def test_c7_what_a_note_denies_doubts_plans_or_says_of_others_is_withheld(kind, text):
    made = claim(kind, text)
    assert judge(made, run_checks(made))[0] is Verdict.CONTRADICTED


@pytest.mark.parametrize(("kind", "text"), TRUE)
def test_c7_what_a_note_says_of_the_patient_is_not_withheld_for_its_sense(kind, text):
    made = claim(kind, text)
    failed = {result.check for result in run_checks(made) if result.outcome is CheckOutcome.FAILED}
    assert not failed & {"C5", "C7", "C13"}


@pytest.mark.parametrize(
    ("note", "text", "is_withheld"),
    [
        ("Takes lithium.", "Takes lithium.", False),
        ("Partner takes lithium.", "Takes lithium.", True),
        ("Never took lithium, takes valproate.", "Takes lithium.", True),
        ("Takes lithium. Oedema due to amlodipine.", "Currently takes amlodipine.", True),
        ("Consider taking lithium.", "Taking lithium.", True),
        ("Lithium was stopped.", "Lithium was stopped.", False),
        ("Lithium is not stopped.", "Lithium was stopped.", True),
        ("Father stopped lithium.", "Lithium was stopped.", True),
        ("Colonoscopy is planned.", "Colonoscopy is planned.", False),
        ("Colonoscopy is not planned.", "Colonoscopy is planned.", True),
        ("Colonoscopy was performed.", "Colonoscopy was performed.", False),
        ("Colonoscopy to be performed.", "Colonoscopy was performed.", True),
        ("Colonoscopy was not performed.", "Colonoscopy was performed.", True),
        ("Warfarin is on hold.", "Warfarin is on hold.", False),
        ("Warfarin continues.", "Warfarin is on hold.", True),
    ],
)
def test_c5_a_status_is_borne_out_only_by_what_the_note_says_of_that_thing(note, text, is_withheld):
    assert (c5_status.check(claim("course", text, note)).outcome is CheckOutcome.FAILED) is is_withheld
