"""A fall on apixaban: a head CT without acute bleeding but with a chronic collection; low sodium."""

from handwritten.chart import Chart, Imaging
from handwritten.coding import CLINICIAN, ENCOUNTER_DIAGNOSIS, LOINC, SNOMED, TERMINOLOGY, coded, concept, oral
from handwritten.laboratory import (
    CREATININE,
    GLASGOW,
    HAEMOGLOBIN_F,
    INR,
    OSMOLALITY,
    OXYGEN,
    PLATELETS,
    POTASSIUM,
    PULSE,
    SODIUM,
    TSH,
    WEIGHT,
)


def head_ct() -> Chart:
    """A fall on apixaban: a head CT without acute bleeding but with a chronic collection; low sodium."""
    chart = Chart(
        "head-ct",
        "Woman of 84 on apixaban after a fall: CT shows a chronic collection, nothing acute; sodium 128; DNR",
        "example-head-ct",
        (Imaging("ImagingStudy/example-head-ct-imaging-study-1", "693_J2KR.dcm"),),
    )
    chart.patient("Specimen", "Cordelia", "female", "1942-01-30")
    rhythm = chart.problem("Atrial fibrillation", "49436004", "2019-04-02")
    hypertension = chart.problem("Essential hypertension", "59621000", "2001")
    sodium_low = chart.problem("Hyponatraemia", "89627008", "2026-11-10")
    chart.problem("Hypothyroidism", "40930008", "2011-08")
    chart.problem("Osteoporosis", "64859006", "2020-02-25")
    fall = chart.problem("Fall", "1912002", "2026-11-20", category=[ENCOUNTER_DIAGNOSIS])
    chart.problem("Fracture of left distal radius", "", "2019-12-30", "2020-03-17")
    chart.add(
        "AllergyIntolerance",
        clinicalStatus=concept(f"{TERMINOLOGY}/allergyintolerance-clinical", "active", "Active"),
        verificationStatus=concept(f"{TERMINOLOGY}/allergyintolerance-verification", "confirmed", "Confirmed"),
        code=coded(SNOMED, "716186003", "No known allergy"),
        recordedDate="2026-11-20",
        recorder=CLINICIAN,
    )
    chart.order(
        "Apixaban 5 mg oral tablet",
        "1364445",
        oral("5 mg by mouth twice daily", 5, "mg", 2),
        "2019-04-09",
        reasonReference=[rhythm],
        note=[{"text": "20-Nov-2026: tonight's dose not given, neurosurgical advice awaited; order not changed yet."}],
    )
    chart.order(
        "Hydrochlorothiazide",
        "5487",
        oral("25 mg by mouth once daily", 25, "mg", 1),
        "2016-05-17",
        status="on-hold",
        statusReason={"text": "On hold since 10-Nov-2026 because of low sodium"},
        reasonReference=[hypertension],
    )
    chart.order("Levothyroxine", "10582", oral("75 microgram by mouth once daily", 75, "ug", 1), "2011-09-06")
    chart.order("Amlodipine 5 mg oral tablet", "197361", oral("5 mg by mouth once daily", 5, "mg", 1), "2026-11-10")
    chart.order("Alendronic acid", "", "70 mg by mouth once weekly", "2020-03-03", status="stopped")
    chart.add(
        "MedicationStatement",
        status="unknown",
        medicationCodeableConcept={"text": "Herbal sleeping tablets, name not known"},
        dateAsserted="2026-11-20",
        note=[{"text": "Reported by the daughter; not seen."}],
    )
    sodium = chart.labs(
        SODIUM, ("2025-05-13", 136), ("2026-03-24", 134), ("2026-11-10", 131), ("2026-11-20", 128), ("2026-11-21", 129)
    )
    potassium = chart.labs(POTASSIUM, ("2026-03-24", 4.0), ("2026-11-20", 3.7))
    creatinine = chart.labs(CREATININE, ("2025-05-13", 0.86), ("2026-03-24", 0.88), ("2026-11-20", 0.92))
    chart.panel("24323-8", "Comprehensive metabolic panel", "2026-11-20", [sodium[3], potassium[-1], creatinine[-1]])
    chart.lab(OSMOLALITY, 266, "2026-11-20")
    chart.labs(HAEMOGLOBIN_F, ("2026-03-24", 12.4), ("2026-11-20", 12.1))
    chart.lab(PLATELETS, 212, "2026-11-20")
    chart.lab(INR, 1.2, "2026-11-20")
    chart.labs(TSH, ("2025-05-13", 2.6), ("2026-11-10", 3.1))
    chart.blood_pressure(146, 78, "2025-05-13")
    chart.blood_pressure(138, 74, "2026-11-10")
    chart.blood_pressure(162, 84, "2026-11-20")
    chart.vital(PULSE, 88, "2026-11-20")
    chart.vital(OXYGEN, 97, "2026-11-20")
    chart.vital(GLASGOW, 14, "2026-11-20")
    chart.vital(WEIGHT, 57.2, "2026-11-10")
    chart.smoking("Never smoked tobacco", "266919005", "2025-05-13")
    chart.encounter("AMB", "Blood pressure review", "2026-11-10", "2026-11-10")
    chart.encounter("EMER", "Fall at home, on an anticoagulant", "2026-11-20", "", status="in-progress")
    study = chart.study(
        "CT", ("69536005", "Head structure"), "CT head without contrast", "2026-11-20", reasonReference=[fall]
    )
    chart.imaging_report(
        coded(LOINC, "30799-1", "CT head without contrast"),
        "2026-11-20",
        study,
        "Large low-density extra-axial collection over the left convexity with internal septa, with effacement of the "
        "underlying sulci and midline shift to the right. No high-density blood. No skull fracture seen.",
        impression=(
            "No acute intracranial haemorrhage. Large left low-density collection with midline shift, in keeping with "
            "a chronic subdural haematoma. Urgent neurosurgical opinion is advised."
        ),
    )
    directive = (
        "Advance healthcare directive, signed 14-May-2024.\n"
        "In the event of cardiac arrest the patient does not wish cardiopulmonary resuscitation.\n"
        "She does wish to be admitted to hospital and treated for conditions that may improve.\n"
    )
    document = chart.note("42348-3", "Advance healthcare directive", "2024-05-14", directive)
    chart.add(
        "Consent",
        status="active",
        scope=concept(f"{TERMINOLOGY}/consentscope", "adr", "Advanced Care Directive"),
        category=[concept(f"{TERMINOLOGY}/consentcategorycodes", "dnr", "Do Not Resuscitate")],
        dateTime="2024-05-14",
        sourceReference=document,
        policyRule={"text": "Do not attempt cardiopulmonary resuscitation"},
    )
    chart.add(
        "Procedure",
        status="completed",
        code={"text": "Closed reduction of left distal radius fracture"},
        performedDateTime="2019-12-30",
    )
    chart.vaccine("Influenza, seasonal, injectable", "141", "2026-10-20")
    chart.vaccine("Zoster vaccine, recombinant", "187", "2022-06-14")
    chart.add(
        "CarePlan",
        status="active",
        intent="plan",
        title="Low sodium: daily check, thiazide on hold",
        period={"start": "2026-11-10"},
        addresses=[sodium_low],
        activity=[{"detail": {"status": "in-progress", "description": "Sodium daily until 132 mmol/L or above"}}],
    )
    chart.note(
        "34111-5",
        "Emergency department note",
        "2026-11-20",
        "Fell in the kitchen this morning; struck the left side of the head. No loss of consciousness. No vomiting.\n"
        "On apixaban, last dose 08:00 today. Daughter: more forgetful and unsteady for about three weeks.\n"
        "GCS 14 (confused). No focal weakness. Sodium 128.\n"
        "CT head done. Neurosurgery called; advice on apixaban awaited. Advance directive seen (DNR).\n",
    )
    return chart
