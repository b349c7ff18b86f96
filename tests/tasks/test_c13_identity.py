"""No person is named in a statement, and what a source says of a named other is not said of the patient."""

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind
from tasks.checks import c13_identity
from tasks.checks.claim import Claim
from tasks.checks.people import people
from tasks.summary import CheckOutcome, StatementKind


def fails(note, text, **more):
    record = history(entry("E1", Kind.NOTE, "Progress note", passage=note, **more))
    claim = Claim.of(StatementKind.COURSE, text, record.entries, record)
    return c13_identity.check(claim).outcome is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("Discussed with Mr John Smith of Basel. History of gout.", "John Smith has gout."),
        ("Discussed with Mr John Smith of Basel. History of gout.", "Smith has gout."),
        ("Discussed with Mr John Smith of Basel. History of gout.", "smith has gout."),
        ("Gout.", "Mr Smith has gout."),
        ("Gout.", "Dr. Miller treats gout."),
        ("Gout.", "Peter Miller has gout."),
        ("Wife Maria reports gout.", "Maria reports gout."),
        ("Seen by J. Miller, MD. Gout.", "Gout, seen by Miller."),
        ("Dr van der Berg started warfarin.", "Berg started warfarin."),
        # the patient is Testa Probe: a note about somebody else in her chart
        ("John Smith has gout.", "Gout."),
        ("Mr Smith has gout.", "Gout."),
        ("Mrs. Smith takes warfarin.", "Takes warfarin."),
        ("Mr Smith's gout is worse.", "Gout."),
        ("Mary Ann Miller: lung cancer.", "Lung cancer."),
        ("Karl Probe has gout.", "Gout."),  # her name, and somebody else's first name
    ],
)
def test_c13_a_person_named_in_the_text_or_as_the_subject_of_its_source_is_withheld(note, text):
    assert fails(note, text)


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("Discussed with Mr John Smith of Basel. Gout.", "Gout."),
        ("Dr Miller started warfarin.", "Warfarin was started."),
        ("J. Miller, MD, has started warfarin.", "Warfarin was started."),
        ("Ms Probe has gout.", "Gout."),
        ("Testa Probe has gout.", "Gout."),
        ("Mr Smith has gout. The patient has gout, too.", "Gout."),
        ("Hodgkin lymphoma is in remission.", "Hodgkin lymphoma is in remission."),
        ("Heart Failure is stable.", "Heart failure."),
        ("Crohn Disease since youth.", "Crohn disease."),
        ("St. John's wort daily.", "St John's wort."),
        ("Mother Alzheimer's disease.", "Mother had Alzheimer's disease."),
        ("Dr Stone saw the kidney stone.", "Kidney stone."),
    ],
)
def test_c13_a_disease_a_clinician_and_the_patient_are_no_other_person(note, text):
    assert not fails(note, text)


def test_c13_an_author_of_the_record_is_not_named_either():
    assert fails("Gout.", "Gout, seen by Miller.", details=[("Author", "Dr Anna Miller")])


def test_people_are_read_in_a_time_that_grows_with_the_text():
    assert len(list(people("Mr Smith has gout. " * 500))) == 500
