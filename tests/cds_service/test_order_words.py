"""What an order's card says to its reader: no false sentence, no reason cut short, no chance match."""

import pytest
from order_desk import ago, card, chart, silence
from order_values import allergy, medicine, report, result, service
from page_desk import A, shown

from hooks.service import Silence

IODINE = allergy("Iodinated contrast media", criticality="high")


def test_a_reason_for_stopping_is_told_whole_and_once_and_its_date_says_what_it_is(desk):
    reason = {"text": "Stopped in May because the kidneys were failing under it"}
    stopped = medicine(9, "Ibuprofen 400 mg tablet", status="stopped", statusReason=reason, authoredOn=ago(900))
    one = card(
        desk,
        medicine(1, "Ibuprofen 400 mg oral tablet"),
        known=chart(medicationRequests=[stopped], allergies=[allergy("Peanut")]),
    )

    assert one["summary"] == "Ibuprofen 400 mg oral tablet: ibuprofen stopped before: see why"
    assert "“Stopped in May because the kidneys were failing under it”, ordered " in one["detail"]


@pytest.mark.parametrize(
    ("ordered", "current"),
    [
        ("Metformin 500 mg / sitagliptin 50 mg oral tablet", "Metformin 500 mg oral tablet"),
        ("Acetaminophen 325 MG / oxycodone 5 MG Oral Tablet", "Oxycodone 10 mg"),
        ("Paracetamol 500 mg and codeine 8 mg tablet", "codeine 30 mg tablet"),
        ("Acetaminophen 1 g", "Oxycodone/Acetaminophen"),
        ("Trimethoprim-sulfamethoxazole 960 mg", "Trimethoprim 200 mg tablet"),
    ],
)
def test_a_combination_meets_the_current_medicine_that_shares_an_ingredient(desk, ordered, current):
    known = chart(medicationRequests=[medicine(9, current, status="active")])
    assert "**Shares " in card(desk, medicine(1, ordered), known=known)["detail"]


@pytest.mark.parametrize(
    ("ordered", "current"),
    [
        ("Insulin lispro 100 units/mL", "Insulin glargine 100 units/mL"),
        ("Ibuprofen 100 mg/5 mL oral suspension", "Paracetamol 120 mg/5 mL oral suspension"),
        ("Potassium chloride 20 mmol", "Sodium chloride 0.9 % 1 L"),
        ("Albuterol 0.09 MG/ACTUAT inhaler", "Fluticasone 0.1 MG/ACTUAT inhaler"),
    ],
)
def test_what_two_medicines_are_measured_in_is_no_shared_ingredient(desk, ordered, current):
    known = chart(medicationRequests=[medicine(9, current, status="active")])
    assert silence(desk, medicine(1, ordered), known=known) == Silence.NOTHING_TO_SAY


@pytest.mark.parametrize(
    ("ordered", "recorded"),
    [
        ("Trimethoprim-sulfamethoxazole 960 mg", "Sulfamethoxazole"),
        ("Amoxicillin 500 mg", "Amoxicillin-clavulanate"),
        ("Penicillin V 500 mg tablet", "Penicillins"),
        ("Benzylpenicillin 1.2 g", "Penicillin"),
        ("Phenoxymethylpenicillin 500 mg", "Penicillins"),
        ("Amoxicillin 875 mg / clavulanate 125 mg", "Clavulanate"),
    ],
)
def test_an_allergy_is_found_in_a_combination_and_whatever_its_number(desk, ordered, recorded):
    one = card(desk, medicine(1, ordered), known=chart(allergies=[allergy(recorded)]))
    assert one["indicator"] == "warning"


def test_a_name_that_ends_like_a_class_word_by_chance_is_no_allergy(desk):
    known = chart(allergies=[allergy("Statins")])
    assert silence(desk, medicine(1, "Nystatin oral suspension"), known=known) == Silence.NOTHING_TO_SAY


def test_a_test_for_an_allergy_gives_nothing_of_what_it_names(desk):
    known = chart(allergies=[allergy("Peanut")])
    assert silence(desk, service(1, "Peanut allergen IgE"), known=known) == Silence.NOTHING_TO_SAY


def test_an_iodinated_medium_is_no_alarm_beside_an_mri_and_is_told(desk):
    one = card(desk, service(1, "MRI liver with contrast"), known=chart(allergies=[IODINE]))
    assert one["indicator"] == "info"
    assert "**Allergy to another contrast medium**: iodinated contrast media" in one["detail"]
    assert silence(desk, service(1, "MRI liver"), known=chart(allergies=[IODINE])) == Silence.NOTHING_TO_SAY


def test_a_medium_of_no_stated_kind_is_held_against_every_contrast(desk):
    known = chart(allergies=[allergy("Contrast media")])
    assert card(desk, service(1, "MRI liver with contrast"), known=known)["indicator"] == "warning"


def test_kidney_function_stands_beside_imaging_with_contrast_alone(desk):
    low = [{"low": {"value": 60}}]
    known = chart(observations=[result(1, "eGFR", "62238-1", 31, "mL/min/1.73 m2", ago(3), referenceRange=low)])
    one = card(desk, service(1, "CT abdomen with contrast"), known=known)
    assert one["summary"] == "CT abdomen with contrast: eGFR 31 low"
    assert silence(desk, service(1, "CT abdomen without contrast"), known=known) == Silence.NOTHING_TO_SAY


def test_the_headline_gives_a_value_with_its_unit(desk):
    known = chart(observations=[result(1, "Creatinine", "2160-0", 150, "umol/L", ago(3))])
    assert "last creatinine 150 umol/L on " in card(desk, service(1, "Creatinine", "2160-0"), known=known)["summary"]


def test_a_line_without_a_phrase_is_not_called_a_gap(desk):
    ahead = report(1, "CT head", ago(-9), "Normal.")
    one = card(desk, service(1, "CT head"), known=chart(diagnosticReports=[ahead]))
    assert one["summary"] == "CT head: see what the chart holds"


def test_harm_that_a_medicine_did_stands_before_a_result_of_today(desk):
    reason = {"text": "Angioedema"}
    stopped = medicine(9, "Ramipril 5 mg tablet", status="stopped", statusReason=reason, authoredOn=ago(900))
    known = chart(
        medicationRequests=[stopped],
        observations=[result(1, "Creatinine", "2160-0", 150, "umol/L", ago(0))],
        allergies=[allergy("Peanut")],
    )
    one = card(desk, service(1, "Creatinine", "2160-0"), medicine(2, "Ramipril 2.5 mg"), known=known)
    assert one["summary"].startswith("2 orders: ramipril stopped before: see why; last creatinine ")


def test_a_page_on_which_nothing_was_left_out_says_so(make_pages):
    pages = make_pages()
    known = chart(diagnosticReports=[report(1, "CT head", ago(5), "Normal.")])
    card(pages.desk, service(1, "CT head"), known=known)
    (link,) = [one["url"] for one in card(pages.desk, service(1, "CT head"), known=known)["links"]]
    said = shown(pages.person(A).get(link).text)
    assert "of the record read; nothing is known to be missing" in said
    assert "some was not" not in said


@pytest.mark.parametrize(("value", "range_"), [(0.4, {"low": {"value": 0.6}}), (130, {"high": {"value": 120}})])
def test_a_value_better_than_its_range_does_not_stand_beside_contrast(desk, value, range_):
    text, code = ("Creatinine", "2160-0") if value < 1 else ("eGFR", "62238-1")
    known = chart(observations=[result(1, text, code, value, "mg/dL", ago(3), referenceRange=[range_])])
    assert silence(desk, service(1, "CT abdomen with contrast"), known=known) == Silence.NOTHING_TO_SAY


def test_a_low_glucose_stands_beside_insulin(desk):
    low = [{"low": {"value": 70}}]
    known = chart(
        observations=[result(1, "Glucose", "2345-7", 48, "mg/dL", ago(1), referenceRange=low)],
        allergies=[allergy("Peanut")],
    )
    assert "glucose 48 low" in card(desk, medicine(1, "Insulin lispro 100 units/mL"), known=known)["summary"]


def test_a_grave_allergy_of_no_category_is_not_called_one_to_a_drug(desk):
    known = chart(allergies=[allergy("Bee venom", criticality="high")])
    assert "**Grave allergies on record**: bee venom" in card(desk, medicine(1, "Metformin"), known=known)["detail"]


def test_a_report_whose_name_goes_on_from_the_orders_keeps_its_whole_name(desk):
    known = chart(diagnosticReports=[report(1, "CBC panel", ago(400), "", category=[{"text": "Laboratory"}])])
    assert card(desk, service(1, "CBC"), known=known)["summary"].startswith("CBC: CBC panel done ")


def test_imaging_that_the_chart_knows_as_a_procedure_alone_is_told(desk):
    done = {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "Plain chest X-ray (procedure)"},
        "performedDateTime": ago(20),
    }
    one = card(desk, service(1, "Chest X-ray, two views"), known=chart(procedures=[done]))
    assert "20 days ago, no report seen" in one["detail"]
    assert silence(desk, service(1, "X-ray left hip"), known=chart(procedures=[done])) == Silence.NOTHING_TO_SAY


def test_of_two_hips_the_side_of_the_study_is_told(desk):
    study = {
        "resourceType": "ImagingStudy",
        "id": "i1",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
        "started": ago(5),
        "modality": [{"code": "CR"}],
        "description": "X-ray hip",
        "series": [{"uid": "1", "modality": {"code": "CR"}, "laterality": {"display": "Right"}}],
    }
    one = card(desk, service(1, "X-ray left hip"), known=chart(imagingStudies=[study]))
    assert "5 days ago, right, no impression seen" in one["detail"]


def test_an_orders_own_name_is_told_once_whatever_its_case(desk):
    known = chart(serviceRequests=[service(9, "Potassium, serum", status="active", authoredOn=ago(0))])
    assert card(desk, service(1, "Potassium, serum"), known=known)["summary"].startswith("Potassium, serum: already ")
