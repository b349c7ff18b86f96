"""Current medicines: each once with every dose, what is on hold as such, nothing that has stopped."""

import pytest
from brief_histories import WHOLE, brief, encounter, labelled, line_with, lines, order, result, statement

from fhir_adapters.history import Coverage
from tasks.brief import Section, Weight


def medicines(*resources, **more):
    return lines(brief(*resources, **more), Section.MEDICINES)


def test_a_medicine_is_name_dose_and_since_when():
    shown = medicines(order("Metformin 500 mg oral tablet", dose="500 mg by mouth twice daily", since="2021-05-11"))
    assert shown == ["Metformin: 500 mg by mouth twice daily, since May 2021"]


def test_stopped_completed_and_cancelled_medicines_are_never_among_the_current_c5():
    past = [order(name, status=name) for name in ("stopped", "completed", "cancelled")]
    assert medicines(*past, order("Aspirin")) == ["Aspirin: since Jan 2024"]


def test_an_order_and_a_statement_of_one_medicine_are_one_line():
    written = brief(order("Warfarin", code="11289"), statement("warfarin 1 mg tablet", code="11289"))
    (line,) = written.of(Section.MEDICINES)
    assert len(line.entry_ids) == 2
    assert "no order seen" not in line.text


def test_a_second_dose_does_not_hide_behind_the_first():
    (line,) = medicines(
        order("Metformin", dose="500 mg once daily", since="2026-10-01"),
        order("Metformin", dose="1000 mg once daily", since="2026-01-01"),
    )
    assert line == "Metformin: 500 mg once daily | also 1000 mg once daily, since 01-Jan-2026"


def test_two_systems_words_for_one_dose_are_said_once():
    (line,) = medicines(
        order("Atorvastatin", dose="10 mg oral once daily"), order("Atorvastatin", dose="10mg PO DAILY")
    )
    assert line.count("10") == 1


def test_a_medicine_on_hold_is_in_the_section_and_says_so_with_the_reason():
    written = brief(order("Lisinopril", status="on-hold", statusReason={"text": "Potassium 6.1"}), order("Aspirin"))
    held = written.of(Section.MEDICINES)[-1]
    assert held.lead == "Lisinopril (on hold)"
    assert held.text == "on hold, “Potassium 6.1”"
    assert held.weight is Weight.NOTABLE
    assert "on lisinopril" not in written.headline


def test_anticoagulant_and_insulin_are_notable_in_words_and_reach_the_headline_c12():
    written = brief(
        order("Apixaban 5 mg oral tablet"), order("Insulin glargine 100 UNT/ML Injection"), order("Aspirin")
    )
    assert line_with(written, "anticoagulant").weight is Weight.NOTABLE
    assert line_with(written, "Insulin").text.endswith("insulin")
    assert {"on apixaban", "on insulin glargine"} <= set(written.headline)
    assert written.of(Section.MEDICINES)[-1].lead == "Aspirin"


def test_an_order_that_has_run_out_says_that_it_is_still_marked_active_c5():
    (line,) = medicines(order("Amoxicillin", dispenseRequest={"validityPeriod": {"end": "2025-02-01"}}))
    assert line.endswith("dated to 01-Feb-2025, still marked active")


def test_an_inpatient_order_outside_a_stay_is_marked_and_inside_one_is_not():
    inpatient = order("Cefazolin", category=[{"text": "Inpatient"}])
    assert medicines(inpatient) == ["Cefazolin: since Jan 2024, inpatient order, still marked active"]
    stay = encounter("IMP", "2026-11-20", status="in-progress")
    assert medicines(inpatient, stay) == ["Cefazolin: since Jan 2024"]


def test_what_must_not_be_given_is_said_as_an_order_not_as_a_current_medicine():
    (line,) = medicines(order("Ibuprofen", doNotPerform=True))
    assert line == "Ibuprofen: ordered not to be given"


def test_a_planned_medicine_stands_with_the_plans():
    written = brief(order("Rituximab", status="draft"))
    assert lines(written, Section.MEDICINES) == ["Current medicines: none recorded"]
    assert "medicine: rituximab (draft)" in line_with(written, "Planned").text


def test_a_status_that_is_not_stated_and_ai_asserted_are_marked():
    shown = medicines(order("Zopiclone", status="unknown"), labelled(order("Aspirin"), "AIAST"))
    assert shown == ["Aspirin: since Jan 2024, AI-asserted", "Zopiclone: status not stated"]


def test_the_medicine_that_belongs_beside_a_falling_egfr_is_the_one_on_the_card():
    egfr = [
        result("eGFR", value, when, code="98979-8", flag="L", limits=(60, None), unit="mL/min")
        for value, when in ((58, "2023-01-17"), (44, "2024-11-12"), (31, "2026-11-02"))
    ]
    written = brief(*egfr, order("Atorvastatin"), order("Bisoprolol"), order("Metformin"))
    assert written.headline[:2] == ("eGFR 31 falling (58 in 2023)", "on metformin")
    assert [written.lines[index].lead for index in written.top[:2]] == ["eGFR low, falling", "Metformin"]


def test_rxnorm_titles_are_taken_apart_and_combinations_stay_whole():
    shown = medicines(
        order("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet"),
        order("NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector"),
        order("Acetaminophen 325 MG / Oxycodone 5 MG Oral Tablet"),
    )
    assert [line.partition(":")[0] for line in shown] == [
        "Acetaminophen 325 mg / Oxycodone 5 mg Oral Tablet",
        "Epinephrine",
        "Metformin hydrochloride",
    ]
    assert "1 mg/mL Auto-Injector, 0.3 mL" in shown[1]


def test_no_medicine_and_unseen_medicines_are_different_words():
    assert medicines() == ["Current medicines: none recorded"]
    written = brief(coverage={**WHOLE, "MedicationRequest": Coverage.NONE})
    assert lines(written, Section.MEDICINES) == ["Medicines were not seen"]
    assert "Medicines were not seen" in written.warnings


def test_a_medicine_that_the_patient_reports_is_current_and_says_so():
    reported = order("Warfarin 5 mg", intent="plan", reportedBoolean=True)
    (line,) = medicines(reported)
    assert line.endswith("anticoagulant, patient-reported")
    assert "patient-reported" not in medicines(reported, order("Warfarin 5 mg"))[0]


def test_an_order_not_to_give_that_was_cancelled_forbids_nothing_and_ends_no_medicine_c5():
    written = brief(order("Ibuprofen", doNotPerform=True, status="cancelled"), order("Aspirin"))
    assert [line.lead for line in written.of(Section.MEDICINES)] == ["Aspirin"]
    assert not any("buprofen" in line.text for line in written.lines)


def test_an_order_is_not_stopped_on_the_last_day_of_its_dispensing_c5():
    written = brief(order("Warfarin", status="stopped", statusReason={"text": "GI bleed"}, since="2026-10-01",
                          dispenseRequest={"validityPeriod": {"end": "2027-10-01"}}))  # fmt: skip
    assert not any("2027" in line.text for line in written.lines)


DENIED = {"status": "not-taken", "statusReason": [{"text": "stopped in August"}]}


def test_a_newer_statement_that_it_is_not_taken_stands_beside_the_active_order():
    denial = statement("Warfarin", since="2026-11-20", **DENIED)
    written = brief(order("Warfarin 5 mg", since="2026-10-01"), denial)
    line = line_with(written, "statement")
    said = "order active; a statement says not taken, 20-Nov-2026: “stopped in August”"
    assert line.plain == f"Warfarin: {said}, 5 mg, since 01-Oct-2026, anticoagulant"
    assert len(line.entry_ids) == 2
    assert written.headline == ("warfarin (order active, said not taken)",)


@pytest.mark.parametrize(
    ("told", "members"),
    [
        ("stopped, Aug 2026", {"status": "stopped", "effectivePeriod": {"start": "2020-01-02", "end": "2026-08"}}),
        ("not taken, 02-Nov-2026", {"status": "not-taken", "dateAsserted": "2026-11-02"}),
        ("not taken, undated", {"status": "not-taken", "effectivePeriod": None}),
        ("not taken, 2026", {"status": "not-taken", "effectivePeriod": {"start": "2026"}}),
    ],
)
def test_what_may_be_newer_than_the_order_is_told(told, members):
    denial = {key: value for key, value in {**statement("Ramipril 5 mg"), **members}.items() if value is not None}
    written = brief(order("Ramipril 5 mg", since="2026-03-01"), denial)
    assert f"order active; a statement says {told}" in line_with(written, "statement").text


@pytest.mark.parametrize(
    "newer",
    [
        order("Ramipril 5 mg", since="2026-11-21"),
        statement("Ramipril 5 mg", since="2026-11-21"),
    ],
)
def test_a_denial_that_an_order_or_a_statement_has_overtaken_is_not_told(newer):
    denial = statement("Ramipril 5 mg", since="2026-11-20", **DENIED)
    written = brief(order("Ramipril 5 mg", since="2026-10-01"), denial, newer)
    assert not [line for line in written.of(Section.MEDICINES) if "not taken" in line.text]


def test_an_order_that_ended_denies_no_other_order():
    written = brief(order("Ramipril 5 mg"), order("Ramipril 10 mg", since="2026-11-01", status="stopped"))
    assert not [line for line in written.of(Section.MEDICINES) if "stopped" in line.text]


def test_a_denied_strength_is_named():
    written = brief(order("Warfarin 5 mg"), statement("Warfarin 1 mg", since="2026-11-20", status="not-taken"))
    assert "a statement of “Warfarin 1 mg” says not taken, 20-Nov-2026" in line_with(written, "statement").text


def test_a_dose_that_was_to_run_on_has_no_end_to_come_once_it_is_stopped_c5():
    planned = {"timing": {"repeat": {"boundsPeriod": {"end": "2027-10-01"}}}}
    stopped = order("Warfarin", status="stopped", statusReason={"text": "GI bleed"}, dosageInstruction=[planned])
    assert not any("2027" in line.text for line in brief(stopped).lines)
