"""Nothing is left out in silence: prevention and what was not seen."""

from brief_histories import WHOLE, brief, labelled, line_with, lines, note, procedure, result, vaccine

from fhir_adapters.history import Coverage, Omission, Reason
from tasks.brief import Section, Weight


def not_seen(*resources, **more):
    return lines(brief(*resources, **more), Section.NOT_SEEN)


def test_a_whole_chart_says_that_nothing_was_left_out():
    assert not_seen() == ["Nothing left out: all that was supplied of the record types read is used"]


def test_omissions_are_counted_by_reason_in_words():
    omissions = [
        Omission(what="DocumentReference/n1", reason=Reason.UNREADABLE, detail="application/pdf"),
        Omission(what="DocumentReference/n2", reason=Reason.UNREADABLE, detail="application/pdf"),
        Omission(what="page 3 of Observation", reason=Reason.FAILED, detail="HTTP 503"),
        Omission(what="Basic", reason=Reason.UNSUPPORTED, count=3),
    ]
    assert not_seen(omissions=omissions) == [
        "Could not be read: 1 result or vital sign (HTTP 503)",
        "Unreadable: 2 notes (application/pdf)",
        "Type not read: 3 × Basic",
    ]


def test_gaps_in_coverage_are_named():
    coverage = {
        **WHOLE,
        "Observation": Coverage.PART,
        "ImagingStudy": Coverage.NONE,
        "DocumentReference": Coverage.NONE,
    }
    assert not_seen(coverage=coverage) == [
        "Seen only in part: results and vital signs",
        "Not seen at all: imaging studies, notes",
    ]


def test_a_type_that_nobody_asked_for_was_not_seen():
    (line,) = not_seen(coverage={})
    assert line.startswith("Not seen at all: allergies, problems, medicine orders")


def test_restricted_entries_are_counted_and_not_shown():
    written = brief(labelled(result("Viral load", 40, "2026-11-01", flag="H"), "R"))
    assert "viral" not in str(written.lines).lower()
    assert line_with(written, "Restricted").text == "1 result or vital sign"


def test_ai_made_entries_other_than_problems_medicines_and_allergies_are_counted_and_not_shown():
    written = brief(labelled(note("Progress note", "2026-11-01", "Written by a machine today."), "AIAST"))
    assert "machine" not in str(written.lines)
    assert line_with(written, "Made by AI").text == "1 note"


def test_an_unread_consent_is_notable_because_it_may_hold_a_directive():
    written = brief(omissions=[Omission(what="Consent", reason=Reason.UNSUPPORTED)])
    assert line_with(written, "Type not read").weight is Weight.NOTABLE


def test_vaccines_are_one_line_with_the_latest_of_each():
    written = brief(
        vaccine("Influenza", "2024-10-01"),
        vaccine("Influenza", "2026-10-13"),
        vaccine("Tdap", "2018"),
        vaccine("Zoster", "2026-01-02", status="not-done", statusReason={"text": "Declined"}),
        procedure("Colonoscopy", "2025-09-16"),
    )
    assert lines(written, Section.PREVENTION) == [
        "Immunizations: Influenza (latest of 2: 13-Oct-2026); Tdap (2018)",
        "Not given: Zoster (02-Jan-2026: Declined)",
        "Screening and endoscopy: Colonoscopy (16-Sep-2025)",
    ]
