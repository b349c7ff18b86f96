"""Medicines: what is in force, what is not, and doses that cannot be misread."""

import pytest
from fhir_samples import coded, concept, entry_of, gather, omission_of, resource

from fhir_adapters.history import Kind, Reason, Standing
from fhir_adapters.reading.doses import safe_dose


def request(**elements):
    return resource(
        "MedicationRequest",
        **{"status": "active", "intent": "order", "medicationCodeableConcept": concept("Metformin"), **elements},
    )


def statement(**elements):
    return resource(
        "MedicationStatement", **{"status": "active", "medicationCodeableConcept": concept("Aspirin"), **elements}
    )


def timing(**repeat):
    return {"timing": {"repeat": repeat}}


DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
TWICE = {"frequency": 2, "period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("active", Standing.CURRENT),
        ("on-hold", Standing.ON_HOLD),
        ("cancelled", Standing.PAST),
        ("completed", Standing.PAST),
        ("stopped", Standing.PAST),
        ("draft", Standing.PLANNED),
        ("unknown", Standing.UNKNOWN),
        ("", Standing.UNKNOWN),
        ("something-else", Standing.UNKNOWN),
    ],
)
def test_the_status_of_an_order_decides_its_standing_c5(status, standing):
    entry = entry_of(request(status=status))
    assert (entry.kind, entry.standing, entry.status) == (Kind.MEDICATION, standing, status)


@pytest.mark.parametrize("intent", ["proposal", "plan", "option"])
def test_a_proposal_is_not_in_force_c5(intent):
    entry = entry_of(request(intent=intent))
    assert entry.standing is Standing.PLANNED
    assert intent in entry.line
    assert entry_of(request(intent=intent, status="stopped")).standing is Standing.PAST


def test_an_order_not_to_give_is_never_current_and_says_so():
    entry = entry_of(request(doNotPerform=True))
    assert entry.standing is Standing.REFUTED
    assert entry.line.startswith("Do not give: Metformin")


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("active", Standing.CURRENT),
        ("on-hold", Standing.ON_HOLD),
        ("intended", Standing.PLANNED),
        ("completed", Standing.PAST),
        ("stopped", Standing.PAST),
        ("not-taken", Standing.PAST),
        ("unknown", Standing.UNKNOWN),
    ],
)
def test_the_status_of_a_statement_decides_its_standing_c5(status, standing):
    assert entry_of(statement(status=status)).standing is standing


def test_what_was_entered_in_error_is_left_out():
    assert omission_of(request(status="entered-in-error")).reason is Reason.ENTERED_IN_ERROR
    assert omission_of(statement(status="entered-in-error")).reason is Reason.ENTERED_IN_ERROR


def test_an_order_reads_name_dose_route_frequency():
    entry = entry_of(
        request(
            authoredOn="2021-05-11",
            dosageInstruction=[
                {
                    **timing(**TWICE),
                    "route": concept("Oral route"),
                    "doseAndRate": [{"doseQuantity": {"value": 500, "unit": "mg"}}],
                }
            ],
            reasonCode=[concept("Diabetes")],
            reasonReference=[{"reference": "Condition/c1/_history/2"}],
            dispenseRequest={"validityPeriod": {"end": "2022-05-11"}},
        )
    )
    assert entry.line == "Metformin: 500 mg oral twice daily (active, ordered 11-May-2021, until 11-May-2022)"
    assert entry.detail == {
        "Dose": "500 mg oral twice daily",
        "Authored": "11-May-2021",
        "Ended": "11-May-2022",
        "Reason": "Diabetes",
        "Reason references": "Condition/c1",
    }


def dose(dosage):
    return entry_of(request(dosageInstruction=[dosage])).detail.get("Dose", "")


@pytest.mark.parametrize(
    ("repeat", "words"),
    [
        (DAILY, "once daily"),
        ({"frequency": 3, "period": 1, "periodUnit": "d"}, "three times daily"),
        ({"frequency": 6, "period": 1, "periodUnit": "d"}, "6 times daily"),
        ({"frequency": 1, "period": 6, "periodUnit": "h"}, "every 6 hours"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, "once weekly"),
        ({"frequency": 1, "period": 1, "periodUnit": "h"}, "hourly"),
        ({"frequency": 1, "frequencyMax": 2, "period": 1, "periodUnit": "d"}, "1-2 times daily"),
        ({"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}, "every 4-6 hours"),
        ({"frequency": 2, "period": 3, "periodUnit": "wk"}, "twice every 3 weeks"),
        ({**DAILY, "when": ["HS"]}, "once daily at bedtime"),
        ({**DAILY, "timeOfDay": ["08:00:00"]}, "once daily at 08:00"),
        ({**DAILY, "boundsDuration": {"value": 7, "unit": "d"}}, "once daily for 7 days"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}, "once weekly on Mon"),
        ({"frequency": 1}, ""),
        ({"frequency": 1, "period": 1, "periodUnit": "fortnight"}, ""),
    ],
)
def test_a_timing_is_said_in_the_words_of_a_prescription(repeat, words):
    assert dose(timing(**repeat)) == words


def test_a_coded_timing_is_said_without_abbreviations():
    assert dose({"timing": {"code": coded("BID")}}) == "twice daily"
    assert dose({"timing": {"code": coded("QOD")}}) == "every other day"


def test_as_needed_is_said_with_its_reason():
    entry = entry_of(request(dosageInstruction=[{**timing(**DAILY), "asNeededCodeableConcept": concept("pain")}]))
    assert entry.detail["Dose"] == "once daily as needed for pain"
    assert entry.detail["As needed"] == "yes"
    assert dose({"asNeededBoolean": True}) == "as needed"
    assert dose({"asNeededBoolean": False}) == ""


def test_a_text_that_gives_only_the_amount_does_not_hide_the_frequency():
    structured = {"doseAndRate": [{"doseQuantity": {"value": 500.0, "unit": "mg"}}], "route": concept("PO")}
    assert dose({"text": "500mg", **structured, **timing(**TWICE)}) == "500 mg oral twice daily"
    assert dose({"text": "two tablets", **timing(**TWICE)}) == "two tablets, twice daily"
    assert dose({"text": "1 tablet twice daily with food", **timing(**TWICE)}) == "1 tablet twice daily with food"


@pytest.mark.parametrize(
    ("written", "safe"),
    [
        (".5 mg once daily", "0.5 mg once daily"),
        ("5.0 mg daily", "5 mg daily"),
        ("2.50 mg daily", "2.5 mg daily"),
        ("0.25 mg daily", "0.25 mg daily"),
        ("100 mcg daily", "100 microgram daily"),
        ("100ug daily", "100 microgram daily"),
        ("50µg daily", "50 microgram daily"),
        ("10U at night", "10 units at night"),
        ("10 IU at night", "10 units at night"),
        ("5 mg qd", "5 mg daily"),
        ("5 mg q.o.d.", "5 mg every other day"),
        ("5 mg QID", "5 mg QID"),
        ("Take 1. Then rest. 10 mL", "Take 1. Then rest. 10 mL"),
        ("1.5 mg x 10.0 days", "1.5 mg x 10 days"),
        ("dose by INR (target 2.0 to 3.0)", "dose by INR (target 2 to 3)"),
        ("INR 2.0-3.0.", "INR 2-3."),
        ("0.05 mg, guideline 1.0.2", "0.05 mg, guideline 1.0.2"),
        ("100 mg", "100 mg"),
        ("10 mg/mL", "10 mg/mL"),
    ],
)
def test_doses_are_shown_without_error_prone_writing_c3(written, safe):
    assert safe_dose(written) == safe


def test_what_was_written_is_kept_where_it_is_shown_otherwise():
    entry = entry_of(request(dosageInstruction=[{"text": "100 mcg qd"}]))
    assert entry.detail["Dose"] == "100 microgram daily"
    assert entry.detail["Dose as written"] == "100 mcg qd"


def test_units_of_insulin_are_spelt_out():
    assert dose({"doseAndRate": [{"doseQuantity": {"value": 10, "unit": "U"}}]}) == "10 units"
    assert dose({"doseAndRate": [{"doseQuantity": {"value": 10, "code": "[iU]"}}]}) == "10 units"


def test_dose_ranges_rates_and_limits_are_said():
    assert dose({"doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2, "unit": "mg"}}}]}) == "1-2 mg"
    assert dose({"doseAndRate": [{"rateQuantity": {"value": 5, "unit": "mL/h"}}]}) == "at 5 mL/h"
    limit = {"numerator": {"value": 4, "unit": "g"}, "denominator": {"value": 1, "unit": "d"}}
    assert dose({"text": "1 g", "maxDosePerPeriod": limit}) == "1 g, max 4 g per 1 d"


def test_several_dosages_stand_in_their_sequence():
    steps = [{"sequence": 2, "text": "then 10 mg daily"}, {"sequence": 1, "text": "20 mg daily for a week"}]
    entry = entry_of(request(dosageInstruction=steps))
    assert entry.detail["Dose"] == "20 mg daily for a week; then 10 mg daily"


MEDICATION = {"resourceType": "Medication", "id": "m1", "code": concept("Anastrozole 1 mg", code="199224")}


@pytest.mark.parametrize("target", ["Medication/m1", "Medication/m1/_history/3", "urn:uuid:m1"])
def test_a_medication_beside_the_order_gives_it_its_name(target):
    order = request(medicationCodeableConcept=None, medicationReference={"reference": target, "display": "pill"})
    del order["medicationCodeableConcept"]
    entry = entry_of(MEDICATION, order)
    assert entry.title == "Anastrozole 1 mg"
    assert entry.codes[0].code == "199224"


def test_a_contained_medication_gives_the_order_its_name_by_its_ingredients_if_need_be():
    mixture = {
        "resourceType": "Medication",
        "id": "in",
        "ingredient": [{"itemCodeableConcept": concept("Codeine")}, {"itemCodeableConcept": concept("Paracetamol")}],
    }
    order = request(medicationReference={"reference": "#in"}, contained=[mixture])
    del order["medicationCodeableConcept"]
    assert entry_of(order).title == "Codeine / Paracetamol"


def test_a_medication_that_was_not_seen_leaves_the_display_or_says_so():
    order = request(medicationReference={"reference": "Medication/x", "display": "Warfarin"})
    del order["medicationCodeableConcept"]
    assert entry_of(order).title == "Warfarin"
    order["medicationReference"] = {"reference": "Medication/x"}
    assert entry_of(order).title == "Medicine without a name"


def test_the_end_of_the_dosage_is_the_end_of_the_order():
    bounds = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-01-01", "end": "2026-01-08"}}}}
    entry = entry_of(request(dosageInstruction=[bounds], dispenseRequest={"validityPeriod": {"end": "2027"}}))
    assert (str(entry.until), entry.detail["Ended"]) == ("08-Jan-2026", "08-Jan-2026")


def test_a_medicine_not_in_use_says_why():
    entry = entry_of(request(status="on-hold", statusReason=concept("low sodium")))
    assert entry.line == "Metformin (on-hold, low sodium)"
    assert entry.detail["Status reason"] == "low sodium"
    assert "low sodium" not in entry_of(request(statusReason=concept("low sodium"))).line


def test_a_medication_alone_is_neither_entry_nor_omission():
    history = gather(MEDICATION).history
    assert history.entries == ()
    assert history.omissions == ()


def test_a_statement_says_since_when_and_as_of_when():
    entry = entry_of(
        statement(
            effectivePeriod={"start": "2015-03", "end": "2016"},
            dateAsserted="2026-11-05",
            dosage=[{"text": "81 mg daily"}],
        )
    )
    assert entry.line == "Aspirin: 81 mg daily (active, since Mar 2015, until 2016)"
    assert entry.detail == {"Dose": "81 mg daily", "Since": "Mar 2015", "Ended": "2016", "Stated": "05-Nov-2026"}
    assert entry_of(statement(status="not-taken")).line == "Aspirin (not taken)"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({"reportedBoolean": True}, "patient-reported"),
        ({"reportedBoolean": "true"}, "patient-reported"),
        ({"reportedReference": {"reference": "Patient/p1"}}, "patient-reported"),
        ({"reportedReference": {"reference": "Practitioner/9"}}, "reported"),
    ],
)
def test_a_medicine_that_the_patient_reports_is_in_use_though_us_core_calls_it_a_plan(said, shown):
    entry = entry_of(request(intent="plan", **said))
    assert entry.standing is Standing.CURRENT
    assert entry.line == f"Metformin (active, {shown})"
    assert entry.detail["Reported"] == shown
    assert entry_of(request(intent="plan", status="stopped", **said)).standing is Standing.PAST
    assert entry_of(request(intent="proposal", **said)).standing is Standing.PLANNED


@pytest.mark.parametrize("said", [{}, {"reportedBoolean": False}, {"reportedBoolean": "unclear"}])
def test_a_plan_that_nobody_reports_as_taken_is_planned(said):
    entry = entry_of(request(intent="plan", **said))
    assert entry.standing is Standing.PLANNED
    assert "Reported" not in entry.detail


@pytest.mark.parametrize("status", ["cancelled", "stopped", "Canceled"])
def test_an_order_not_to_give_that_was_lifted_forbids_nothing_now(status):
    entry = entry_of(request(doNotPerform=True, status=status))
    assert entry.standing is Standing.PAST
    assert entry.line.startswith("Do not give (no longer in force): Metformin (")
    assert entry.detail["Do not give"] == "lifted"


@pytest.mark.parametrize("status", ["active", "on-hold", "completed", "draft", "odd", ""])
def test_an_order_not_to_give_stands_unless_it_was_plainly_lifted(status):
    entry = entry_of(request(doNotPerform=True, status=status))
    assert entry.standing is Standing.REFUTED
    assert entry.line.startswith("Do not give: Metformin")


@pytest.mark.parametrize("status", ["stopped", "cancelled"])
def test_the_last_day_of_dispensing_is_not_the_day_on_which_an_order_was_stopped(status):
    entry = entry_of(request(status=status, dispenseRequest={"validityPeriod": {"end": "2027-10-01"}}))
    assert entry.until is None
    assert "2027" not in entry.line
