"""Notes: what they conclude, plan and leave open, in their own words, briefly."""

import pytest
from brief_histories import brief, lines, note

from tasks.brief import Section
from tasks.brief_rules.note_sentences import Rank, note_sentences


def care(*resources):
    return lines(brief(*resources), Section.CARE)


def said(passage, most=4, limit=420):
    return [one.text for one in note_sentences(passage, most=most, limit=limit)]


def test_the_conclusion_is_quoted_and_no_one_is_named():
    passage = "# History\nXavier is a 42 year-old man who fell.\n\n# Assessment and Plan\nStable angina. Review."
    assert said(passage) == ["Stable angina."]
    assert said("Xavier is a 42 year-old man.\nCough for three weeks now.") == ["Cough for three weeks now."]
    assert said("") == []


def test_the_plan_stands_beside_the_first_sentence_with_its_own_label():
    passage = "Tightness in the chest on hills. No fever. No cough.\nPlan: exercise test, no referral made yet."
    assert said(passage) == ["Tightness in the chest on hills.", "Plan: exercise test, no referral made yet."]


def test_a_list_under_a_plan_is_a_plan_and_a_machines_list_is_none():
    assert said("# Plan\n- Repeat INR on Friday\n- CT chest as suggested") == [
        "Repeat INR on Friday",
        "CT chest as suggested",
    ]
    assert said("# Plan\nThe following procedures were conducted:\n- renal dialysis (procedure)") == []


def test_a_section_that_is_neither_ends_the_plan():
    assert said("Impression: heart failure\nMedications: bisoprolol 5 mg\nLabs: sodium 138, fine.") == [
        "Impression: heart failure"
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "INR 3.8: warfarin dose tonight to be decided.",
        "Neurosurgery called; advice on apixaban awaited.",
        "Old records not received.",
        "Daughter: more forgetful for about three weeks.",
        "His wife says he has not been eating.",
        "No referral made so far.",
        "MRI is pending.",
        "CT planned for Friday.",
    ],
)
def test_an_open_matter_is_quoted_wherever_it_stands(sentence):
    passage = f"Fell in the kitchen. No vomiting. GCS 15. {sentence} Sodium 128."
    found = note_sentences(passage, most=4, limit=420)
    assert (sentence, Rank.OPEN) in [(one.text, one.rank) for one in found]
    assert "Sodium 128." not in [one.text for one in found]


@pytest.mark.parametrize("sentence", ["Found to be elevated.", "Day before planned discharge.", "No vomiting today."])
def test_what_only_sounds_open_is_not(sentence):
    assert all(one.rank is not Rank.OPEN for one in note_sentences(sentence, most=4, limit=420))


def test_the_open_ones_go_first_where_room_is_short_and_keep_the_order_of_the_note():
    passage = "First a longer remark here. Blood cultures awaited. Impression: sepsis is possible.\nMRI is pending."
    assert said(passage, most=2) == ["Blood cultures awaited.", "MRI is pending."]


def test_every_quotation_is_a_literal_span_of_the_note_with_its_hedge_c14():
    passage = "Feels tired. Possible sepsis, cultures awaited. Chest to be imaged if no better by morning."
    (line,) = care(note("Progress note", "2026-11-02", passage))
    assert line.count("“") == 2
    assert all(quote.partition("”")[0] in passage for quote in line.split("“")[1:])
    assert "Possible sepsis, cultures awaited." in line


def test_the_note_before_the_newest_is_quoted_only_for_what_it_leaves_open():
    newest = note("Progress note", "2026-10-27", "Feels well on the whole today.")
    before = note("Progress note", "2024-02-06", "Moved into the area. Old records not received. No diabetes.")
    assert care(newest, before) == [
        "Note: Progress note: 27-Oct-2026: “Feels well on the whole today.”; 1 earlier",
        "Earlier note: Progress note: 06-Feb-2024: “Old records not received.”",
    ]
    old = note("Progress note", "2019-02-06", "Old records not received.")
    assert len(care(newest, old)) == 1


def test_a_note_in_which_nothing_tells_is_counted():
    body = "# Assessment and Plan\nRoutine visit; no new diagnoses recorded."
    shown = care(note("H and P note", "2026-11-02", body), note("H and P note", "2026-10-02", body))
    assert shown == ["Other notes: H and P note (latest of 2: 02-Nov-2026)"]
