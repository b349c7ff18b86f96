import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hooks.wrong_patient import says_wrong_patient

SAID = [
    "wrong-patient",
    "WRONG PATIENT!!!",
    "wrongPatient",
    "override.wrong_patient",
    "Wrong\u200bpatient",
    "Ｗｒｏｎｇ patient",
    "<b>wrong</b>&#160;patient",
    "**Wrong** patient",
    "This is the wrong patient",
    "Shows data of the wrong patient!",
    "Data is for wrong patient",
    "Not sure, but I think this is the wrong patient.",
    "wrong patients",
    "worng pateint",
    "wrong pt",
    "wrong person",
    "incorrect patient",
    "It shows a different patient's potassium",
    "These are another patient’s results",
    "Labs of some other patient",
    "not this patient",
    "not this patient's results",
    "This is not the patient",
    "This isn't my patient",
    "This is not the same patient.",
    "not the right patient",
    "These results are not from this patient",
    "This data does not belong to this patient",
    "Patient mismatch",
    "patient ID mismatch",
    "Patient mix-up?",
    "mixed up patients",
    "Two patients were mixed up with the patient",
    "The patient is wrong",
    "Somebody else's chart",
    "belongs to someone else",
    "contains data of someone else",
    "not the wrong dose. Wrong patient.",
]
NOT_SAID = [
    "",
    "\u0000",
    "🚑",
    "right patient",
    "Right patient, wrong dose",
    "Dose wrong, patient fine",
    "wrong dose for this patient",
    "wrong patience",
    "not the wrong patient",
    "This is not a wrong patient",
    "It isn't the wrong patient",
    "no patient mismatch",
    "not another patient's data",
    "the correct patient",
    "Someone else already reviewed this",
    "not relevant for this patient now",
    "not the patient's choice",
    "patient declined",
]


@pytest.mark.parametrize("text", SAID)
def test_a5_what_says_wrong_patient_in_any_words_is_heard(text):
    assert says_wrong_patient(text)
    assert says_wrong_patient(f"see letter of 3 May\n{text.upper()} ok? thanks")


@pytest.mark.parametrize("text", NOT_SAID)
def test_what_says_something_else_or_plainly_denies_it_is_not(text):
    assert not says_wrong_patient(text)


@example(before="<", after=">")
@example(before="<a", after=">")
@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a5_it_is_heard_amid_any_text(before, after):
    assert says_wrong_patient(f"{before}\nwrong patient\n{after}")


def test_t11_a_huge_text_is_read_to_its_end():
    assert says_wrong_patient("not for patient mixed " * 90_000 + ". wrong patient")
