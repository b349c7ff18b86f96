"""Imaging speaks in the report's own words, and a phrase never turns a finding round."""

import pytest
from brief_histories import brief, line_with, lines, report, study

from tasks.brief import Section


def imaging(*resources):
    return lines(brief(*resources), Section.IMAGING)


def test_a_study_stands_with_the_impression_of_its_report():
    chest = study("Chest radiograph", "2026-11-18")
    written = brief(
        chest,
        report("Chest radiograph", "2026-11-18", "New small right effusion; malignancy is not excluded.", of=chest),
    )
    (line,) = written.of(Section.IMAGING)
    assert line.plain == "Chest radiograph: 18-Nov-2026: “New small right effusion; malignancy is not excluded.”"
    assert len(line.entry_ids) == 2


def test_a_report_without_a_reference_finds_its_study_by_day_and_words():
    written = brief(
        study("CT head", "2026-11-18", modality="CT"),
        study("Chest X-ray", "2026-11-18"),
        report("CT of the head without contrast", "2026-11-18", "Normal."),
    )
    assert len(line_with(written, "Normal.").entry_ids) == 2
    assert lines(written, Section.IMAGING)[-1] == "No report seen: Chest X-ray (18-Nov-2026)"


def test_newest_first_and_earlier_ones_in_one_line():
    made = [report(f"CT number {n}", f"2020-0{n}-01", "Normal.") for n in range(1, 9)]
    shown = imaging(*made)
    assert shown[0].startswith("CT number 8")
    assert shown[-1].startswith("Earlier imaging: CT number 3 (01-Mar-2020)")


def test_an_unflagged_laboratory_report_is_no_imaging():
    laboratory = report("CT ratio", "2026-11-01", "12", category=[{"text": "Laboratory"}])
    assert imaging(laboratory) == []


def test_a_preliminary_report_says_so():
    (line,) = imaging(report("MR brain", "2026-11-20", "Possible infarct.", status="preliminary"))
    assert line == "MR brain: 20-Nov-2026: preliminary report: “Possible infarct.”"


def test_a_long_impression_is_cut_only_between_sentences():
    (line,) = imaging(report("CT chest", "2026-11-20", "The lungs are as before in every part. " * 20))
    assert line.endswith("as before in every part.” (continues in the source)")


@pytest.mark.parametrize(
    ("impression", "phrase"),
    [
        ("New small right pleural effusion compared with 16-Apr-2026.", "X-ray: “New small right pleural effusion”"),
        ("No acute bleeding. Large left collection, with midline shift.", "X-ray: “Large left collection”"),
        ("Fracture of the hip, not excluded.", "X-ray: “Fracture of the hip, not excluded”"),
        ("Rounded opacity, likely benign.", "X-ray: “Rounded opacity, likely benign”"),
        ("Possible pneumonia at the right base.", "X-ray: “Possible pneumonia at the right base”"),
    ],
)
def test_the_headline_quotes_a_whole_clause_of_a_new_report(impression, phrase):
    chest = study("Chest", "2026-11-18")
    written = brief(chest, report("Chest", "2026-11-18", impression, of=chest))
    assert written.headline == (phrase,)


def test_a_clause_that_turns_round_and_is_too_long_is_named_and_not_quoted():
    impression = f"Large mass in the left upper lobe {'of the lung ' * 6}, not confirmed."
    assert brief(report("CT chest", "2026-11-18", impression)).headline == ("new report: CT chest",)


@pytest.mark.parametrize(
    "impression", ["No acute finding.", "Normal.", "No effusion. No pneumothorax.", "Unremarkable study."]
)
def test_a_negative_report_is_no_headline(impression):
    assert brief(report("CT chest", "2026-11-18", impression)).headline == ()


def test_an_old_report_is_no_headline():
    assert brief(report("CT chest", "2024-11-18", "Large mass in the lung.")).headline == ()
