"""Allergies are always said, and what is not known is never said as none."""

import pytest
from brief_histories import SNOMED, WHOLE, allergy, brief, coded, labelled, lines, no_known_allergies

from fhir_adapters.history import Coverage, Omission, Reason
from tasks.brief import CautionKind, Section, Weight


def allergy_lines(*resources, **more):
    return lines(brief(*resources, **more), Section.ALLERGIES)


def test_an_allergy_is_said_with_its_reaction_and_criticality():
    written = brief(allergy("Allergy to penicillin", reaction="Anaphylaxis", criticality="high"))
    assert lines(written, Section.ALLERGIES) == ["Allergies: penicillin (anaphylaxis, high criticality)"]
    assert written.lines[0].weight is Weight.CRITICAL
    assert written.headline == ("penicillin anaphylaxis",)
    assert written.warnings == ()


def test_no_known_allergies_needs_the_explicit_code_and_carries_its_date_c6():
    written = brief(no_known_allergies(recordedDate="2026-03-12"))
    assert lines(written, Section.ALLERGIES) == ["No known allergies (recorded 12-Mar-2026)"]
    assert written.warnings == ()


def test_no_known_allergies_in_words_alone_says_that_it_is_words_c6():
    (line,) = allergy_lines(allergy("NKA", recordedDate="2026-03-12"))
    assert line == "No known allergies (recorded 12-Mar-2026, written as text, without a code)"


def test_no_known_drug_allergies_is_not_widened_to_all_c6():
    (line,) = allergy_lines(allergy("", code={"coding": [{"system": "http://snomed.info/sct", "code": "409137002"}]}))
    assert line.startswith("No known drug allergies")
    assert line.endswith("nothing recorded about other allergies")


def test_an_empty_list_is_not_recorded_and_warns_c6():
    written = brief()
    assert lines(written, Section.ALLERGIES) == ["Allergies: not recorded"]
    assert written.warnings == ("Allergies: not recorded",)


@pytest.mark.parametrize("coverage", [Coverage.NONE, Coverage.PART])
def test_unseen_allergies_are_not_seen_and_warn(coverage):
    written = brief(coverage={**WHOLE, "AllergyIntolerance": coverage})
    assert written.warnings == ("Allergies were not seen",)
    (line,) = lines(written, Section.ALLERGIES)
    assert line.startswith("Allergies were not seen")
    assert "not recorded" not in line


def test_the_reason_why_allergies_were_not_seen_is_said():
    omission = Omission(what="AllergyIntolerance", reason=Reason.FAILED, detail="HTTP 503")
    (line,) = allergy_lines(coverage={**WHOLE, "AllergyIntolerance": Coverage.NONE}, omissions=[omission])
    assert line == "Allergies were not seen: could not be read (HTTP 503)"


def test_allergies_seen_in_part_are_said_with_a_warning():
    written = brief(allergy("Latex"), coverage={**WHOLE, "AllergyIntolerance": Coverage.PART})
    assert lines(written, Section.ALLERGIES) == ["Allergies: latex (reaction not recorded)"]
    assert written.warnings == ("Allergies were seen only in part",)


def test_an_unreadable_allergy_keeps_the_rest_from_looking_whole():
    written = brief({"resourceType": "AllergyIntolerance", "id": "x", "patient": 7})
    assert written.warnings == ("Allergies were not seen",)


def test_a_restricted_allergy_is_not_shown_and_not_denied():
    written = brief(labelled(allergy("Zidovudine"), "R"))
    assert "zidovudine" not in str(written).lower()
    assert written.warnings == ("Allergies were not seen",)


def test_refuted_and_inactive_allergies_are_not_current():
    refuted = allergy("Latex", verificationStatus={"coding": [{"code": "refuted"}]})
    written = brief(refuted, allergy("Aspirin", status="inactive", recordedDate="2011-05"))
    (line,) = lines(written, Section.ALLERGIES)
    assert line.startswith("Allergies: none recorded as active; the record holds")
    assert "“Latex” (refuted)" in line
    assert "“Aspirin” (marked inactive, May 2011)" in line
    assert written.warnings == ("Allergies: none recorded as active",)
    assert written.headline == ()


def test_an_allergy_beside_no_known_allergies_is_shown_and_the_contradiction_is_a_warning():
    written = brief(allergy("Penicillin"), no_known_allergies(recordedDate="2020-01-01"))
    (line,) = lines(written, Section.ALLERGIES)
    assert line.startswith("Allergies: penicillin")
    assert "No known allergies (recorded 01-Jan-2020)" in line
    assert written.warnings == ("The record holds allergies and also says that none are known",)


def test_the_gravest_comes_first_and_alike_ones_share_their_words():
    names = ("Grass pollen", "Latex", "Mould")
    (line,) = allergy_lines(*map(allergy, names), allergy("Peanut", reaction="Anaphylaxis", severity="severe"))
    assert line == "Allergies: peanut (anaphylaxis, severe); grass pollen, latex, mould (reactions not recorded)"


def test_an_unconfirmed_and_an_ai_asserted_allergy_are_marked():
    unsure = allergy("Iodine", verificationStatus={"coding": [{"code": "unconfirmed"}]})
    (line,) = allergy_lines(unsure, labelled(allergy("Aspirin"), "AIAST"))
    assert "aspirin (AI-asserted)" in line
    assert "iodine (unconfirmed)" in line


def test_an_allergy_without_a_status_is_shown_as_such():
    (line,) = allergy_lines(allergy("Codeine", status=""))
    assert line == "Allergies: codeine (status not stated)"


def test_many_allergies_are_all_there_in_two_lines():
    names = [f"Substance number {number}" for number in range(14)]
    written = brief(*map(allergy, names))
    first, second = written.of(Section.ALLERGIES)
    assert first.plain.endswith("and 4 more below")
    assert len(first.entry_ids) + len(second.entry_ids) == 14


def test_a_substance_called_like_a_question_that_nobody_asked_is_an_allergy():
    (line,) = allergy_lines(allergy("No information about penicillin, hives in 1980"))
    assert line.startswith("Allergies: ")
    assert "hives in 1980" in line
    assert "none recorded" not in line
    assert "not recorded;" not in line


def test_cautions_tell_by_their_kind_what_the_allergy_line_says_too():
    assert [one.kind for one in brief().cautions] == [CautionKind.ALLERGIES]
    both = brief(allergy("Penicillin"), no_known_allergies(recordedDate="2020-01-01"))
    assert [one.kind for one in both.cautions] == [CautionKind.CONTRADICTION]
    assert brief(deceasedBoolean=True).cautions[0].kind is CautionKind.PATIENT


DRUGS = coded(SNOMED, "409137002", "No known drug allergy (situation)")
CONTRADICTED = "The record holds allergies and also says that none are known"


@pytest.mark.parametrize(
    ("category", "is_contradicted"), [(["food"], False), (["environment"], False), (["medication"], True), ([], True)]
)
def test_no_known_drug_allergies_contradict_an_allergy_to_a_drug_alone_c6(category, is_contradicted):
    written = brief(allergy("Peanut", category=category), no_known_allergies(code=DRUGS))
    (line,) = lines(written, Section.ALLERGIES)
    assert "peanut" in line
    assert "No known drug allergies" in line
    assert (CONTRADICTED in written.warnings) is is_contradicted


def test_an_empty_field_is_told_as_nobody_having_asked_c6():
    written = brief(allergy("Not on File"))
    (line,) = lines(written, Section.ALLERGIES)
    assert line.startswith("Allergies: not recorded; the record holds “no information”")
    assert written.warnings == ("Allergies: not recorded",)
    assert written.headline == ()
