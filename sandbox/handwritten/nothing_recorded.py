"""A thin and untidy record: no word on allergies, partial dates, missing units, text without codes."""

from collections.abc import Sequence

from handwritten.chart import Chart
from handwritten.coding import CVX, LOINC, RXNORM, TERMINOLOGY, UCUM, Json, coded, concept, condition_check
from handwritten.laboratory import CREATININE_MALE


def nothing_recorded() -> Chart:
    """A thin and untidy record: no word on allergies, partial dates, missing units, text without codes."""
    chart = Chart(
        "nothing-recorded",
        "Man of 58 with a thin, untidy record: nothing is documented about allergies",
        "example-untidy",
    )
    chart.patient("Placeholder", "Dorian", "male", "1968-07-05")
    chart.problem("High blood pressure", "", "2019")
    chart.problem("Gout", "90560007", "2021-03")
    chart.problem("Back trouble, on and off", "", "2015")
    chart.problem("Query angina", "", "2026-10", verificationStatus=condition_check("unconfirmed"))
    chart.problem("Chest infection", "", "2023", "2023-03")
    chart.problem(
        "Type 1 diabetes mellitus",
        "46635009",
        "2022-05-09",
        clinicalStatus=None,
        verificationStatus=condition_check("entered-in-error"),
        note=[{"text": "Entered in the wrong record."}],
    )
    chart.add(
        "MedicationRequest",
        status="active",
        intent="order",
        contained=[
            {
                "resourceType": "Medication",
                "id": "med1",
                "code": coded(RXNORM, "519", "Allopurinol"),
                "form": {"text": "tablet"},
            }
        ],
        medicationReference={"reference": "#med1", "display": "Allopurinol tablet"},
        authoredOn="2021-04",
        dosageInstruction=[{"text": "100 mg by mouth once daily"}],
    )
    chart.add(
        "MedicationRequest",
        status="active",
        intent="order",
        medicationCodeableConcept={"text": "blood pressure tablet, white, name not known"},
        authoredOn="2019",
    )
    chart.order("Amlodipine", "17767", "one daily", "2024-02-06")
    chart.order(
        "Colchicine", "2683", "0.5 mg by mouth twice daily until pain settles", "2025-07-15", status="completed"
    )
    chart.add(
        "MedicationRequest",
        status="unknown",
        intent="plan",
        medicationCodeableConcept={"text": "something for sleep"},
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept={"text": "fish oil capsules"},
        effectiveDateTime="2024",
    )
    _untidy_results(chart)
    chart.labs(CREATININE_MALE, ("2024-02-06", 1.02), ("2026-10-27", 1.09))
    chart.blood_pressure(158, 96, "2024-02-06")
    chart.blood_pressure(164, 98, "2026-10-27")
    chart.smoking("Smoker", "77176002", "2024-02-06")
    chart.encounter("AMB", "Tightness in the chest on hills", "2026-10-27", "2026-10-27")
    chart.encounter("AMB", "New patient check", "2024-02-06", "2024-02-06")
    chart.add("Procedure", status="completed", code={"text": "Appendix out as a boy"}, performedDateTime="1979")
    chart.add("Procedure", status="unknown", code={"text": "Camera test of the stomach"})
    chart.add(
        "Immunization",
        status="not-done",
        vaccineCode=coded(CVX, "141", "Influenza, seasonal, injectable"),
        occurrenceDateTime="2024-02-06",
        statusReason={"text": "Declined by the patient"},
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2026-10-27",
        "Two weeks of tightness in the chest when walking uphill, settling with rest. Troponin below detection.\n"
        "At rest today: No chest pain. Denies fever. No palpitations.\n"
        "Family history not asked. Allergies not asked.\n"
        "Plan: exercise test, no referral made yet.\n",
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2024-02-06",
        "<html><body><h1>New patient check</h1><p>Moved into the area. <b>Old records not received.</b></p>"
        "<ul><li>No diabetes.</li><li>Gout twice in 2023 &amp; 2024.</li><li>Smokes 10 a day.</li></ul></body></html>",
        media="text/html",
    )
    return chart


def _untidy_results(chart: Chart) -> None:
    """Results as old systems send them: a comparator, a reason for absence, no unit, a text value."""
    laboratory = [concept(f"{TERMINOLOGY}/observation-category", "laboratory", "Laboratory")]
    troponin = {"value": 0.01, "comparator": "<", "unit": "ng/mL", "system": UCUM, "code": "ng/mL"}
    untidy: Sequence[tuple[Json, str, Json]] = (
        (coded(LOINC, "10839-9", "Troponin I"), "2026-10-27", {"valueQuantity": troponin}),
        (
            coded(LOINC, "2823-3", "Potassium"),
            "2026-10-27",
            {"dataAbsentReason": concept(f"{TERMINOLOGY}/data-absent-reason", "error", "Error")},
        ),
        ({"text": "Uric acid"}, "2024-02-06", {"valueQuantity": {"value": 8.9}}),
        ({"text": "Cholesterol"}, "2019", {"valueQuantity": {"value": 6.2}}),
        ({"text": "Urine dipstick"}, "2024-02-06", {"valueString": "protein trace, otherwise neg"}),
        ({"text": "Creatinine"}, "2021-03", {"valueQuantity": {"value": 92, "unit": "umol/L"}}),
    )
    for code, when, value in untidy:
        chart.add("Observation", status="final", category=laboratory, code=code, effectiveDateTime=when, **value)
    chart.add(
        "Observation",
        status="preliminary",
        code={"text": "ECG at rest"},
        effectiveDateTime="2026-10-27",
        valueString="sinus rhythm, no acute change (machine reading, not yet checked)",
    )
    chart.add("Observation", status="final", code={"text": "Weight"}, valueQuantity={"value": 96})
