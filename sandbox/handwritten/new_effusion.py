"""A new right pleural effusion in a man with heart failure, COPD and lung nodules, on warfarin."""

from handwritten.chart import Chart, Imaging
from handwritten.coding import LOINC, ORAL, RXNORM, SNOMED, TERMINOLOGY, coded, concept, dose, oral, times
from handwritten.laboratory import (
    CREATININE_MALE,
    CRP,
    HAEMOGLOBIN_M,
    INR,
    NT_PROBNP,
    OXYGEN,
    POTASSIUM,
    PULSE,
    SODIUM,
    WEIGHT,
)


def new_effusion() -> Chart:
    """A new right pleural effusion in a man with heart failure, COPD and lung nodules, on warfarin."""
    chart = Chart(
        "new-effusion",
        "Man of 71 with heart failure and COPD on warfarin: new right pleural effusion since April",
        "example-effusion",
        (Imaging("ImagingStudy/example-effusion-imaging-study-2", "RG1_J2KI.dcm"),),
    )
    chart.patient("Sample", "Benedict", "male", "1955-07-22")
    failure = chart.problem("Heart failure", "84114007", "2021-09-14")
    lungs = chart.problem("Chronic obstructive pulmonary disease", "13645005", "2016-02-09")
    rhythm = chart.problem("Atrial fibrillation", "49436004", "2020-05-26")
    chart.problem("Multiple pulmonary nodules, under follow-up", "", "2025-10")
    chart.problem("Essential hypertension", "59621000", "2007")
    chart.problem("Inguinal hernia, right, repaired", "", "2013", "2013-06-18")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        type="intolerance",
        category=["medication"],
        criticality="low",
        code=coded(RXNORM, "35296", "Ramipril"),
        recordedDate="2021-11-02",
        reaction=[{"manifestation": [coded(SNOMED, "49727002", "Cough")], "severity": "mild"}],
    )
    furosemide = oral("40 mg by mouth once daily in the morning", 40, "mg", 1)
    chart.order("Furosemide 40 mg oral tablet", "313988", furosemide, "2021-09-21", reasonReference=[failure])
    chart.order(
        "Warfarin",
        "11289",
        {"text": "By mouth once daily, dose by INR (target 2.0 to 3.0)", "timing": times(1), "route": ORAL},
        "2020-06-02",
        reasonReference=[rhythm],
    )
    chart.order("Bisoprolol", "19484", oral("5 mg by mouth once daily", 5, "mg", 1), "2021-09-21")
    chart.order(
        "Tiotropium 18 microgram inhalation capsule",
        "69120",
        {"text": "18 microgram inhaled once daily", "timing": times(1), "doseAndRate": dose(18, "ug")},
        "2017-03-14",
        reasonReference=[lungs],
    )
    chart.order(
        "Prednisolone",
        "8638",
        oral("30 mg by mouth once daily for 5 days", 30, "mg", 1),
        "2026-01-12",
        status="completed",
        reasonReference=[lungs],
    )
    chart.order(
        "Ramipril",
        "35296",
        "2.5 mg by mouth once daily",
        "2021-09-21",
        status="stopped",
        statusReason={"text": "Cough"},
    )
    chart.labs(NT_PROBNP, ("2024-06-11", 820), ("2025-10-07", 1140), ("2026-04-16", 1480), ("2026-11-18", 4260))
    chart.labs(
        INR, ("2026-06-09", 2.4), ("2026-07-14", 2.6), ("2026-08-18", 2.3), ("2026-10-06", 2.9), ("2026-11-18", 3.8)
    )
    creatinine = chart.labs(CREATININE_MALE, ("2025-10-07", 1.1), ("2026-04-16", 1.14), ("2026-11-18", 1.32))
    potassium = chart.labs(POTASSIUM, ("2025-10-07", 4.2), ("2026-04-16", 4.1), ("2026-11-18", 3.6))
    sodium = chart.lab(SODIUM, 134, "2026-11-18")
    chart.panel("24323-8", "Comprehensive metabolic panel", "2026-11-18", [creatinine[-1], potassium[-1], sodium])
    chart.lab(CRP, 14, "2026-11-18")
    chart.lab(HAEMOGLOBIN_M, 12.8, "2026-11-18")
    for day, systolic, diastolic in (("2025-10-07", 132, 78), ("2026-04-16", 128, 76), ("2026-11-18", 118, 70)):
        chart.blood_pressure(systolic, diastolic, day)
    for day, weight, oxygen in (("2026-04-16", 82.1, 94), ("2026-11-18", 87.6, 90)):
        chart.vital(WEIGHT, weight, day)
        chart.vital(OXYGEN, oxygen, day)
    chart.vital(PULSE, 96, "2026-11-18")
    chart.smoking("Ex-smoker", "8517006", "2025-10-07")
    chart.encounter("AMB", "COPD review", "2026-04-16", "2026-04-16")
    chart.encounter("EMER", "Breathlessness for one week", "2026-11-18", "", status="in-progress")
    chest = ("51185008", "Thoracic structure")
    prior = chart.study("CR", chest, "Chest radiograph, PA", "2026-04-16")
    current = chart.study("CR", chest, "Chest radiograph, PA", "2026-11-18")
    code = coded(LOINC, "24648-8", "Chest radiograph, PA")
    chart.imaging_report(
        code,
        "2026-04-16",
        prior,
        "Heart size at the upper limit of normal. Several rounded opacities in both lungs, as on the film of "
        "October 2025. Costophrenic angles are clear.",
        impression="No pleural effusion. Several rounded opacities in both lungs, not clearly changed; CT as planned.",
    )
    chart.imaging_report(
        code,
        "2026-11-18",
        current,
        "Blunting of the right costophrenic angle, not present on 16-Apr-2026. Rounded opacities in both lungs, "
        "some possibly larger. No pneumothorax.",
        impression=(
            "New small right pleural effusion compared with 16-Apr-2026. Heart failure is a possible cause; malignancy "
            "is not excluded. Rounded opacities in both lungs, some possibly larger: CT chest is suggested."
        ),
    )
    chart.add(
        "DiagnosticReport",
        status="final",
        category=[{"text": "Cardiology"}],
        code={"text": "Transthoracic echocardiogram"},
        effectiveDateTime="2024-06-11",
        conclusion="Left ventricular ejection fraction 38 %. Moderate mitral regurgitation.",
    )
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Repair of right inguinal hernia"},
        performedDateTime="2013-06-18",
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-06")
    chart.vaccine("Pneumococcal polysaccharide PPV23", "33", "2020-11-10")
    chart.note(
        "34111-5",
        "Emergency department note",
        "2026-11-18",
        "One week of breathlessness, worse lying flat. Weight up about 5 kg since April. No fever. "
        "Denies chest pain and haemoptysis.\n"
        "Ankle oedema to the shins. Reduced breath sounds at the right base.\n"
        "INR 3.8: warfarin dose tonight to be decided. Pleural tap to be considered once INR allows.\n",
    )
    return chart
