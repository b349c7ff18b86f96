"""A liver lesion two years after bowel cancer surgery, with a clot on enoxaparin."""

from handwritten.chart import Chart, Imaging
from handwritten.coding import RXNORM, SNOMED, TERMINOLOGY, coded, concept, condition_check, dose, oral, times
from handwritten.laboratory import (
    ALBUMIN,
    ALP,
    ALT,
    BILIRUBIN,
    CEA,
    CREATININE_MALE,
    ECOG,
    FERRITIN,
    HAEMOGLOBIN_M,
    PLATELETS,
    WEIGHT,
    WHITE_CELLS,
)


def liver_lesion() -> Chart:
    """A liver lesion two years after bowel cancer surgery, with a clot on enoxaparin."""
    chart = Chart(
        "liver-lesion",
        "Man of 66, two years after bowel cancer surgery: new liver lesion on MR, clot on enoxaparin",
        "example-liver",
        (Imaging("ImagingStudy/example-liver-imaging-study-1", "MR-SIEMENS-DICOM-WithOverlays.dcm"),),
    )
    chart.patient("Testcase", "Edgar", "male", "1960-09-09")
    cancer = chart.problem("Malignant tumour of colon", "363406005", "2024-08-13")
    lesion = chart.problem(
        "Liver lesion, suspected metastasis",
        "",
        "2026-11-05",
        verificationStatus=condition_check("provisional"),
    )
    clot = chart.problem("Pulmonary embolism", "59282003", "2026-09-22")
    anaemia = chart.problem("Iron deficiency anaemia", "87522002", "2024-07-02", "2025-04-15")
    chart.problem("Essential hypertension", "59621000", "2012-03-27")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=concept(f"{TERMINOLOGY}/allergyintolerance-verification", "unconfirmed", "Unconfirmed"),
        type="allergy",
        category=["medication"],
        criticality="unable-to-assess",
        code={"text": "Iodinated contrast medium"},
        recordedDate="2024-08-20",
        reaction=[{"manifestation": [coded(SNOMED, "126485001", "Urticaria")], "severity": "moderate"}],
    )
    chart.order(
        "Enoxaparin",
        "67108",
        {
            "text": "80 mg subcutaneously every 12 hours",
            "timing": times(2),
            "route": concept(SNOMED, "34206005", "Subcutaneous route"),
            "doseAndRate": dose(80, "mg"),
        },
        "2026-09-22",
        reasonReference=[clot],
    )
    chart.order("Amlodipine 5 mg oral tablet", "197361", oral("5 mg by mouth once daily", 5, "mg", 1), "2012-04-03")
    chart.order(
        "Capecitabine",
        "194000",
        oral("1500 mg by mouth twice daily on days 1 to 14 of 21", 1500, "mg", 2),
        "2024-10-22",
        status="completed",
        reasonReference=[cancer],
    )
    chart.order(
        "Oxaliplatin",
        "32592",
        "Intravenous infusion on day 1 of each 21-day cycle",
        "2024-10-22",
        status="stopped",
        statusReason={"text": "Stopped after cycle 5 because of neuropathy"},
        reasonReference=[cancer],
    )
    chart.order(
        "Ferrous sulfate",
        "24947",
        "325 mg by mouth once daily",
        "2024-07-02",
        status="completed",
        reasonReference=[anaemia],
    )
    chart.add(
        "MedicationStatement",
        status="active",
        medicationCodeableConcept=coded(RXNORM, "1191", "Aspirin"),
        effectivePeriod={"start": "2023"},
        dateAsserted="2026-11-05",
        dosage=[{"text": "81 mg daily, bought over the counter; says he still takes it"}],
    )
    chart.labs(
        CEA, ("2024-08-13", 18.4), ("2024-12-10", 2.9), ("2025-06-17", 2.4), ("2026-03-10", 3.8), ("2026-11-05", 14.6)
    )
    chart.labs(HAEMOGLOBIN_M, ("2024-07-02", 9.6), ("2025-04-15", 13.7), ("2026-03-10", 13.9), ("2026-11-05", 12.2))
    chart.labs(FERRITIN, ("2024-07-02", 8), ("2025-04-15", 64))
    chart.labs(PLATELETS, ("2025-01-21", 112), ("2026-11-05", 138))
    liver = [
        chart.lab(ALT, 62, "2026-11-05"),
        chart.lab(ALP, 188, "2026-11-05"),
        chart.lab(BILIRUBIN, 1.1, "2026-11-05"),
        chart.lab(ALBUMIN, 3.3, "2026-11-05"),
    ]
    chart.panel("24325-3", "Hepatic function panel", "2026-11-05", liver)
    chart.labs(CREATININE_MALE, ("2026-03-10", 0.94), ("2026-11-05", 0.97))
    chart.lab(WHITE_CELLS, 6.8, "2026-11-05")
    chart.blood_pressure(134, 80, "2025-06-17")
    chart.blood_pressure(128, 78, "2026-11-05")
    for day, weight in (("2025-06-17", 83.0), ("2026-03-10", 82.4), ("2026-11-05", 77.1)):
        chart.vital(WEIGHT, weight, day)
    chart.vital(ECOG, 1, "2026-11-05")
    chart.smoking("Never smoked tobacco", "266919005", "2024-08-13")
    chart.encounter("IMP", "Right hemicolectomy", "2024-09-03", "2024-09-09")
    chart.encounter("EMER", "Breathlessness: pulmonary embolism", "2026-09-22", "2026-09-23")
    chart.encounter("AMB", "Oncology follow-up", "2026-11-05", "2026-11-05")
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Right hemicolectomy"},
        performedDateTime="2024-09-03",
        reasonReference=[cancer],
    )
    chart.add(
        "Procedure", status="completed", code=coded(SNOMED, "73761001", "Colonoscopy"), performedDateTime="2025-09-16"
    )
    chart.add(
        "Procedure",
        status="preparation",
        code={"text": "Image-guided biopsy of the liver lesion, planned for 01-Dec-2026"},
        reasonReference=[lesion],
        note=[{"text": "Enoxaparin and aspirin to be discussed before the biopsy."}],
    )
    study = chart.study(
        "MR", ("10200004", "Liver structure"), "MR liver with contrast", "2026-11-12", reasonReference=[lesion]
    )
    chart.imaging_report(
        {"text": "MR liver with contrast"},
        "2026-11-12",
        study,
        "A single rounded lesion in the liver with a low-signal centre and an enhancing rim. A small amount of fluid "
        "around the liver. The kidneys enhance normally.",
        impression=(
            "Single liver lesion, suspicious for metastasis given the history; biopsy is advised. Small amount of "
            "perihepatic fluid."
        ),
    )
    chart.imaging_report(
        {"text": "CT pulmonary angiogram"},
        "2026-09-22",
        None,
        "Filling defects in the right lower lobe segmental arteries. No right heart strain.",
        impression="Acute segmental pulmonary embolism, right lower lobe.",
    )
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Bowel cancer follow-up",
        period={"start": "2025-04-15"},
        addresses=[cancer],
        activity=[
            {"detail": {"status": "in-progress", "description": "CEA every six months, imaging yearly"}},
            {"detail": {"status": "scheduled", "description": "Tumour board after the biopsy"}},
        ],
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-13")
    chart.vaccine("Pneumococcal conjugate PCV20", "216", "2024-10-15")
    chart.vaccine("Tdap", "115", "2018-05-22")
    chart.note(
        "11488-4",
        "Oncology consultation note",
        "2026-11-05",
        "Two years after right hemicolectomy (pT3 N1 M0). CEA has risen to 14.6. Weight down 5 kg since March.\n"
        "Breathing better on enoxaparin since September. No bleeding. Denies abdominal pain and jaundice.\n"
        "Contrast allergy is from the patient's own account of hives in 2024; MR chosen instead of CT.\n"
        "Plan: MR liver, then biopsy if it confirms a lesion.\n",
    )
    return chart
