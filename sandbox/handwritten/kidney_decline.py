"""Falling kidney function on metformin, with a penicillin anaphylaxis."""

from handwritten.chart import Chart
from handwritten.coding import CLINICIAN, RXNORM, SNOMED, TERMINOLOGY, coded, concept, oral
from handwritten.laboratory import CREATININE, EGFR, HAEMOGLOBIN_F, HBA1C, LDL, POTASSIUM, URINE_ACR, WEIGHT


def kidney_decline() -> Chart:
    """Falling kidney function on metformin, with a penicillin anaphylaxis."""
    chart = Chart(
        "kidney-decline",
        "Woman of 75 whose kidney function falls (eGFR 58, 44, 31) on metformin; penicillin anaphylaxis",
        "example-kidney",
    )
    chart.patient("Example", "Adela", "female", "1951-03-14", maritalStatus={"text": "Widowed"})
    diabetes = chart.problem("Type 2 diabetes mellitus", "44054006", "2014-06-10")
    hypertension = chart.problem("Essential hypertension", "59621000", "2009")
    kidney = chart.problem(
        "Chronic kidney disease stage 3",
        "433144002",
        "2023-01-17",
        note=[{"text": "Stage recorded in January 2023; not restaged since."}],
    )
    chart.problem("Hyperlipidaemia", "55822004", "2012-02")
    chart.problem("Osteoarthritis of knee", "239873007", "2018-09-03")
    chart.problem("Community acquired pneumonia", "385093006", "2022-11-08", "2022-12-06")
    _penicillin_anaphylaxis(chart)
    chart.order(
        "Metformin 500 mg oral tablet",
        "861007",
        oral("500 mg by mouth twice daily with meals", 500, "mg", 2),
        "2021-05-11",
        reasonReference=[diabetes],
    )
    chart.order(
        "Lisinopril 10 mg oral tablet",
        "314076",
        oral("10 mg by mouth once daily", 10, "mg", 1),
        "2019-03-05",
        reasonReference=[hypertension],
    )
    chart.order(
        "Atorvastatin 20 mg oral tablet",
        "617310",
        oral("20 mg by mouth once daily at night", 20, "mg", 1),
        "2015-10-20",
    )
    chart.order(
        "Ibuprofen 400 mg oral tablet",
        "197805",
        oral("400 mg by mouth three times daily as needed for knee pain", 400, "mg", 3),
        "2022-04-19",
        status="stopped",
        statusReason={"text": "Stopped 12-Nov-2024 because kidney function is falling"},
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept=coded(RXNORM, "161", "Paracetamol (acetaminophen) 500 mg tablet"),
        effectivePeriod={"start": "2024-11-12"},
        dateAsserted="2026-11-02",
        informationSource={"reference": f"Patient/{chart.patient_id}"},
        dosage=[{"text": "Takes 1 g up to three times a day for knee pain, bought over the counter"}],
    )
    days = ("2023-01-17", "2023-11-21", "2024-11-12", "2025-12-09", "2026-11-02")
    creatinine = chart.labs(CREATININE, *zip(days, (1.03, 1.12, 1.28, 1.44, 1.70), strict=True))
    egfr = chart.labs(EGFR, *zip(days, (58, 52, 44, 38, 31), strict=True))
    potassium = chart.labs(POTASSIUM, *zip(days, (4.4, 4.6, 4.8, 5.0, 5.4), strict=True))
    for day, *results in zip(days, creatinine, egfr, potassium, strict=True):
        chart.panel("24323-8", "Comprehensive metabolic panel", day, results)
    chart.labs(HBA1C, *zip(days, (7.1, 7.4, 7.2, 7.8, 8.1), strict=True))
    chart.labs(URINE_ACR, ("2023-01-17", 42), ("2024-11-12", 118), ("2026-11-02", 310))
    chart.labs(HAEMOGLOBIN_F, ("2024-11-12", 11.9), ("2026-11-02", 10.8))
    chart.lab(LDL, 84, "2025-12-09")
    pressures = ((138, 82), (142, 84), (146, 80), (144, 78), (152, 84))
    for day, (systolic, diastolic) in zip(days, pressures, strict=True):
        chart.blood_pressure(systolic, diastolic, day)
    chart.vital(WEIGHT, 78.4, "2025-12-09")
    chart.vital(WEIGHT, 74.9, "2026-11-02")
    chart.smoking("Never smoked tobacco", "266919005", "2023-01-17")
    chart.encounter("IMP", "Community acquired pneumonia", "2022-11-08", "2022-11-13")
    chart.encounter("AMB", "Diabetes and kidney review", "2024-11-12", "2024-11-12")
    chart.encounter("AMB", "Annual diabetes review", "2026-11-02", "2026-11-02")
    chart.vaccine("Influenza, seasonal, injectable", "141", "2025-10-14")
    chart.vaccine("Pneumococcal polysaccharide PPV23", "33", "2017-10-03")
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Diabetes and kidney care plan",
        period={"start": "2024-11-12"},
        addresses=[diabetes, kidney],
        activity=[
            {"detail": {"status": "in-progress", "description": "Kidney function and potassium every six months"}},
            {"detail": {"status": "not-started", "description": "Referral to nephrology if eGFR falls below 30"}},
        ],
    )
    chart.note(
        "11506-3",
        "Progress note",
        "2026-11-02",
        "Annual diabetes review.\n"
        "Feels more tired than last year. No ankle swelling. Denies chest pain and breathlessness.\n"
        "Taking metformin, lisinopril and atorvastatin as listed. No longer takes ibuprofen.\n"
        "Bloods taken today; to be reviewed with the results.\n",
    )
    chart.note(
        "34117-2",
        "Scanned letter, nephrology clinic",
        "2025-03-18",
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
        media="application/pdf",
    )
    return chart


def _penicillin_anaphylaxis(chart: Chart) -> None:
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        type="allergy",
        category=["medication"],
        criticality="high",
        code=coded(SNOMED, "91936005", "Allergy to penicillin"),
        onsetDateTime="1987",
        recordedDate="2009-02-17",
        recorder=CLINICIAN,
        reaction=[{"manifestation": [coded(SNOMED, "39579001", "Anaphylaxis")], "severity": "severe"}],
    )
