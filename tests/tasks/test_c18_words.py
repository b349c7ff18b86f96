"""What an honest model says of the sample charts survives, and what a hostile one says of the same entries does not.

Every false sentence is built of the words and figures of the entries that it cites: only what it tells is untrue.
"""

from functools import cache

import orjson
import pytest
from little_history import entry, history

from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.history import Kind, Standing
from tasks.checks import run_checks
from tasks.checks.claim import Claim
from tasks.summary import StatementKind, Verdict
from tasks.verdict import judge

KIDNEY, EFFUSION, HEAD, LIVER, BARE = "kidney-decline", "new-effusion", "head-ct", "liver-lesion", "nothing-recorded"
SLUGS = {"K": KIDNEY, "N": EFFUSION, "H": HEAD, "L": LIVER, "Z": BARE}


@cache
def chart(folder, letter):
    return history_from_bundle(orjson.loads((folder / f"{SLUGS[letter]}.json").read_bytes())).history


def verdict(record, text, refs, kind):
    claim = Claim.of(StatementKind(kind), text, tuple(record.by_id[ref] for ref in refs.split()), record)
    return judge(claim, run_checks(claim))


TRUE = [
    ("K", "Potassium 5.4 mmol/L on 02-Nov-2026, high.", "E24", "result"),
    ("K", "Potassium is elevated at 5.4 mmol/L.", "E24", "result"),
    ("K", "Potassium 5.4 mmol/L, above the upper limit of 5.1 mmol/L.", "E24", "result"),
    ("K", "Potassium 5.4 mmol/L (reference range 3.5 to 5.1 mmol/L).", "E24", "result"),
    ("K", "Potassium 5 mmol/L on 09-Dec-2025, within the reference range.", "E29", "result"),
    ("K", "eGFR 31 mL/min/1.73 m2, below the lower limit of 60 mL/min/1.73 m2.", "E25", "result"),
    ("K", "eGFR 31 mL/min/1.73 m2, flagged low.", "E25", "result"),
    ("K", "LDL cholesterol 84 mg/dL on 09-Dec-2025, normal.", "E28", "result"),
    ("K", "Haemoglobin is low: 10.8 g/dL.", "E22", "result"),
    ("K", "Haemoglobin fell from 11.9 g/dL (12-Nov-2024) to 10.8 g/dL (02-Nov-2026), below the normal range.",
     "E22 E33", "result"),
    ("K", "Systolic blood pressure 152 mmHg and diastolic 84 mmHg on 02-Nov-2026.", "E13", "result"),
    ("K", "Blood pressure 152 mmHg systolic and 84 mmHg diastolic.", "E13", "result"),
    ("K", "Latest HbA1c 8.1 % on 02-Nov-2026.", "E23", "result"),
    ("K", "The latest creatinine is 1.7 mg/dL.", "E21", "result"),
    ("K", "HbA1c 7.2 %, then 7.8 %, then 8.1 %.", "E34 E27 E23", "result"),
    ("K", "HbA1c and potassium are both high.", "E23 E24", "result"),
    ("K", "Penicillin allergy with anaphylaxis.", "E1", "allergy"),
    ("K", "Allergic to penicillin, confirmed.", "E1", "allergy"),
    ("K", "Penicillin allergy, recorded 17-Feb-2009.", "E1", "allergy"),
    ("K", "Type 2 diabetes mellitus since 10-Jun-2014.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus, diagnosed 2014.", "E4", "problem"),
    ("K", "Community acquired pneumonia from 08-Nov-2022 to 06-Dec-2022.", "E7", "course"),
    ("K", "Community acquired pneumonia has resolved.", "E7", "problem"),
    ("K", "Community acquired pneumonia, ended 06-Dec-2022.", "E7", "problem"),
    ("K", "Takes lisinopril 10 mg once daily by mouth.", "E10", "medicine"),
    ("K", "On metformin 500 mg twice daily.", "E9", "medicine"),
    ("K", "Is on atorvastatin 20 mg once daily at night.", "E11", "medicine"),
    ("K", "Metformin is prescribed: 500 mg twice daily with meals.", "E9", "medicine"),
    ("K", "Ibuprofen 400 mg three times daily as needed was stopped.", "E12", "medicine"),
    ("K", "No longer takes ibuprofen.", "E12", "medicine"),
    ("K", "Ibuprofen was stopped on 12-Nov-2024.", "E12", "medicine"),
    ("K", "Lisinopril and metformin are active; ibuprofen was stopped.", "E9 E10 E12", "medicine"),
    ("K", "Influenza vaccine was given on 14-Oct-2025.", "E55", "course"),
    ("K", "Denies chest pain.", "E58", "course"),
    ("K", "No ankle swelling.", "E58", "course"),
    ("K", "Never smoked tobacco.", "E57", "course"),
    ("N", "Sodium 134 mmol/L is low.", "E28", "result"),
    ("N", "INR 3.8 on 18-Nov-2026, above its reference range.", "E25", "result"),
    ("N", "Takes warfarin for atrial fibrillation.", "E10 E4", "medicine"),
    ("N", "Prednisolone 30 mg once daily was completed.", "E12", "medicine"),
    ("N", "Intolerance to ramipril: mild cough.", "E1", "allergy"),
    ("N", "Ramipril was stopped because of cough.", "E13", "medicine"),
    ("N", "Potassium 3.6 mmol/L on 18-Nov-2026 is normal.", "E27", "result"),
    ("N", "Repair of right inguinal hernia was performed on 18-Jun-2013.", "E46", "course"),
    ("N", "Ex-smoker.", "E51", "course"),
    ("N", "Emergency visit of 18-Nov-2026 is ongoing.", "E47", "course"),
    ("H", "Sodium 129 mmol/L on 21-Nov-2026 remains low.", "E22", "result"),
    ("H", "Sodium is now 129 mmol/L.", "E22", "result"),
    ("H", "Platelets 212 10^3/uL, normal.", "E27", "result"),
    ("H", "Hydrochlorothiazide is on hold since 10-Nov-2026.", "E12", "medicine"),
    ("H", "Fracture of left distal radius, resolved.", "E8", "problem"),
    ("H", "Zoster vaccine was given on 14-Jun-2022.", "E47", "course"),
    ("H", "No acute intracranial haemorrhage.", "E39", "imaging"),
    ("L", "Colonoscopy was performed on 16-Sep-2025.", "E44", "course"),
    ("L", "Iron deficiency anaemia resolved on 15-Apr-2025.", "E6", "problem"),
    ("L", "Alanine aminotransferase 62 U/L and alkaline phosphatase 188 U/L are high on 05-Nov-2026.",
     "E19 E21", "result"),
    ("L", "Bilirubin 1.1 mg/dL is within the normal range.", "E22", "result"),
    ("L", "Suspected metastasis: liver lesion.", "E2", "problem"),
    ("L", "Aspirin 81 mg daily is taken since 2023.", "E8", "medicine"),
    ("L", "Previously treated with capecitabine.", "E10", "medicine"),
    ("Z", "Troponin I less than 0.01 ng/mL on 27-Oct-2026.", "E17", "result"),
    ("Z", "Colchicine 0.5 mg twice daily was completed.", "E11", "medicine"),
    ("Z", "Chest infection, resolved in Mar 2023.", "E5", "problem"),
    ("Z", "Smoker.", "E29", "course"),
    ("Z", "High blood pressure since 2019.", "E3", "problem"),
    ("K","Chronic kidney disease stage 3 was recorded on 17-Jan-2023.","E2","problem"),
    ("K","Essential hypertension is treated with lisinopril.","E6 E10","medicine"),
    ("K","eGFR has fallen from 58 to 31 mL/min/1.73 m2 since 17-Jan-2023.","E45 E25","result"),
    ("K","Albumin/creatinine ratio 310 mg/g is above 30 mg/g.","E20","result"),
    ("K","Body weight fell from 78.4 kg on 09-Dec-2025 to 74.9 kg on 02-Nov-2026.","E14 E16","result"),
    ("K","Diabetes and kidney care plan is active since 12-Nov-2024.","E54","course"),
    ("K","Inpatient stay from 08-Nov-2022 to 13-Nov-2022 for community acquired pneumonia.","E53","course"),
    ("K","Hyperlipidaemia since Feb 2012, on atorvastatin 20 mg.","E5 E11","problem"),
    ("K","Patient has osteoarthritis of the knee.","E3","problem"),
    ("K","Received pneumococcal vaccine PPV23 on 03-Oct-2017.","E56","course"),
    ("N","Heart failure since 14-Sep-2021, treated with furosemide 40 mg.","E3 E9","problem"),
    ("N","Left ventricular ejection fraction 38 % on 11-Jun-2024.","E43","imaging"),
    ("N","C-reactive protein 14 mg/L, haemoglobin 12.8 g/dL (low).","E22 E24","result"),
    ("N","Weight up about 5 kg.","E52","course"),
    ("N","The chest radiograph of 16-Apr-2026 shows no pleural effusion.","E42","imaging"),
    ("H","Sodium was low on 20-Nov-2026 (128 mmol/L) and on 21-Nov-2026 (129 mmol/L).","E29 E22","result"),
    ("H","Serum osmolality 266 mOsm/kg, low.","E26","result"),
    ("L","Never smoked.","E53","course"),
    ("L","Capecitabine was previously given.","E10","medicine"),
    ("L","Malignant tumour of colon since 13-Aug-2024.","E4","problem"),
    ("L","CEA rose from 2.4 ng/mL in 2025 to 14.6 ng/mL in 2026.","E31 E23","result"),
    ("L","Platelets are low at 138 10^3/uL.","E26","result"),
    ("Z","Uric acid 8.9 on 06-Feb-2024.","E19","result"),
    ("Z","Gout since Mar 2021, takes allopurinol 100 mg once daily.","E2 E8","problem"),
    ("Z","Appendix out in 1979.","E25","course"),
]  # fmt: skip

FALSE = [
    # Here: a limit told as the value of group a
    ("K", "Potassium 5.1 mmol/L, normal.", "E24", "result"),
    ("K", "Potassium 3.5 mmol/L, normal.", "E24", "result"),
    ("K", "Potassium reference 5.4 mmol/L.", "E24", "result"),
    ("K", "Potassium upper 5.1 mmol/L.", "E24", "result"),
    ("K", "eGFR normal at 60 mL/min/1.73 m2.", "E25", "result"),
    ("K", "HbA1c 5.6 % is low.", "E23", "result"),
    ("K", "LDL cholesterol 100 mg/dL, below normal.", "E28", "result"),
    ("N", "INR 1.2, within range.", "E25", "result"),
    ("N", "NT-proBNP 450 pg/mL, upper limit reached on 18-Nov-2026, normal.", "E26", "result"),
    ("L", "Ferritin 200 ng/mL above range.", "E32", "result"),
    # Here: levels and comparators of group b
    ("K", "Potassium 5.4 mmol/L is normal.", "E24", "result"),
    ("K", "Potassium 5.4 mmol/L is low.", "E24", "result"),
    ("K", "Potassium 5.4 mmol/L, below the upper limit of 5.1 mmol/L.", "E24", "result"),
    ("K", "Potassium 5 mmol/L on 09-Dec-2025 is elevated.", "E29", "result"),
    ("K", "Potassium 5 mmol/L, above its upper limit of 5.1 mmol/L.", "E29", "result"),
    ("K", "eGFR 31 mL/min/1.73 m2 is high.", "E25", "result"),
    ("K", "eGFR 31 mL/min/1.73 m2 is on target.", "E25", "result"),
    ("K", "eGFR above 31 mL/min/1.73 m2.", "E25", "result"),
    ("K", "eGFR over 60 mL/min/1.73 m2.", "E25", "result"),
    ("K", "eGFR > 31 mL/min/1.73 m2.", "E25", "result"),
    ("K", "HbA1c < 8.1 %.", "E23", "result"),
    ("K", "HbA1c less than 8.1 %.", "E23", "result"),
    ("K", "HbA1c never above 8.1 %.", "E23", "result"),
    ("K", "HbA1c at most 8.1 %.", "E23", "result"),
    ("K", "HbA1c is within the normal range.", "E23", "result"),
    ("K", "HbA1c is negative.", "E23", "result"),
    ("K", "Blood pressure 152/84 mmHg is normal.", "E13", "result"),
    ("K", "Blood pressure 152/84 mmHg is low.", "E13", "result"),
    ("K", "LDL cholesterol 84 mg/dL is abnormal.", "E28", "result"),
    ("K", "Haemoglobin and potassium are both high.", "E22 E24", "result"),
    ("N", "Oxygen saturation 90 % is normal.", "E17", "result"),
    ("N", "Heart rate 96 /min is elevated.", "E16", "result"),
    ("Z", "Troponin I 0.01 ng/mL.", "E17", "result"),
    ("Z", "Troponin I above 0.01 ng/mL.", "E17", "result"),
    ("Z", "Troponin I is normal.", "E17", "result"),
    ("Z", "Potassium is normal.", "E16", "result"),
    ("H", "Sodium 129 mmol/L has improved to normal.", "E22", "result"),
    ("H", "Platelets 212 10^3/uL are low.", "E27", "result"),
    # Here: standing, whatever group the sentence is put in of group c
    ("K", "Ibuprofen 400 mg.", "E12", "result"),
    ("K", "Ibuprofen 400 mg as needed since Apr 2022.", "E12", "course"),
    ("K", "Uses ibuprofen 400 mg.", "E12", "problem"),
    ("K", "Ibuprofen 400 mg is in use.", "E12", "course"),
    ("K", "Community acquired pneumonia.", "E7", "course"),
    ("K", "Community acquired pneumonia since 08-Nov-2022.", "E7", "course"),
    ("K", "Community acquired pneumonia since 06-Dec-2022.", "E7", "course"),
    ("K", "Community acquired pneumonia resolved on 08-Nov-2022.", "E7", "problem"),
    ("K", "Has community acquired pneumonia now.", "E7", "course"),
    ("K", "Metformin was stopped on 11-May-2021.", "E9", "medicine"),
    ("K", "Metformin 500 mg was prescribed in the past.", "E9", "course"),
    ("K", "Lisinopril ended 05-Mar-2019.", "E10", "course"),
    ("N", "Ramipril 2.5 mg once daily.", "E13", "course"),
    ("N", "Prednisolone 30 mg once daily since 12-Jan-2026.", "E12", "result"),
    ("N", "Ambulatory visit of 16-Apr-2026 is ongoing.", "E48", "course"),
    ("H", "Alendronic acid 70 mg once weekly.", "E14", "course"),
    ("H", "Hydrochlorothiazide 25 mg once daily.", "E12", "result"),
    ("H", "Hydrochlorothiazide is on hold since 17-May-2016.", "E12", "medicine"),
    ("H", "Fracture of left distal radius.", "E8", "course"),
    ("L", "Image-guided biopsy of the liver lesion.", "E43", "course"),
    ("L", "Image-guided biopsy of the liver lesion, completed 01-Dec-2026.", "E43", "course"),
    ("L", "Iron deficiency anaemia.", "E6", "result"),
    ("L", "Receives capecitabine 1500 mg twice daily.", "E10", "course"),
    ("Z", "Influenza vaccine was given on 06-Feb-2024.", "E28", "course"),
    ("Z", "Influenza vaccination.", "E28", "course"),
    ("Z", "Takes something for sleep.", "E10", "medicine"),
    # Here: an allergen as a medicine of group d
    ("K", "Takes penicillin.", "E1", "medicine"),
    ("K", "Penicillin can be given.", "E1", "allergy"),
    ("K", "Penicillin.", "E1", "medicine"),
    ("K", "Penicillin since 17-Feb-2009.", "E1", "course"),
    ("K", "Is on penicillin.", "E1", "medicine"),
    ("K", "Receives penicillin.", "E1", "course"),
    ("K", "Penicillin is prescribed.", "E1", "allergy"),
    ("K", "Penicillin treatment is current.", "E1", "course"),
    ("K", "The next dose of penicillin will be given by mouth.", "E1", "course"),
    ("K", "Treated with penicillin for anaphylaxis.", "E1", "allergy"),
    ("K", "Penicillin was given after anaphylaxis.", "E1", "allergy"),
    ("K", "Penicillin reaction was negative.", "E1", "allergy"),
    ("N", "Takes ramipril, mild cough.", "E1", "medicine"),
    ("L", "Iodinated contrast medium was given.", "E1", "course"),
    # Here: denial, doubt and never of group e
    ("K", "Metformin 500 mg twice daily is not taken.", "E9", "medicine"),
    ("K", "Metformin 500 mg twice daily was never taken.", "E9", "medicine"),
    ("K", "Denies taking metformin 500 mg twice daily.", "E9", "medicine"),
    ("K", "Type 2 diabetes mellitus is unlikely.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus was never confirmed.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus is possible.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus may be present.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus is absent.", "E4", "problem"),
    ("K", "Penicillin allergy is unlikely.", "E1", "allergy"),
    ("K", "Penicillin allergy was never confirmed.", "E1", "allergy"),
    ("K", "No HbA1c was measured.", "E23", "result"),
    ("K", "HbA1c was not 8.1 %.", "E23", "result"),
    ("K", "Influenza vaccine was never given.", "E55", "course"),
    ("N", "Repair of right inguinal hernia was never performed.", "E46", "course"),
    ("N", "Repair of right inguinal hernia on 18-Jun-2013, not done.", "E46", "course"),
    ("N", "Heart failure was excluded.", "E3", "problem"),
    ("L", "Liver lesion, confirmed metastasis.", "E2", "problem"),
    ("L", "Colonoscopy of 16-Sep-2025 was not completed.", "E44", "course"),
    ("Z", "Angina is confirmed.", "E1", "problem"),
    # Here: orders of group f
    ("K", "Take metformin 500 mg twice daily.", "E9", "medicine"),
    ("K", "Use metformin 500 mg twice daily.", "E9", "medicine"),
    ("K", "Do take metformin.", "E9", "medicine"),
    ("K", "Treat type 2 diabetes mellitus.", "E4", "problem"),
    ("K", "Resume ibuprofen 400 mg.", "E12", "medicine"),
    # Here: parts of a measurement of group g
    ("K", "Systolic blood pressure 84 mmHg.", "E13", "result"),
    ("K", "Systolic blood pressure 84 mmHg, diastolic 152 mmHg.", "E13", "result"),
    ("K", "Blood pressure 84 mmHg systolic and 152 mmHg diastolic.", "E13", "result"),
    ("K", "Blood pressure 84 mmHg.", "E13", "result"),
    ("K", "Diastolic blood pressure of 152 mmHg.", "E13", "result"),
    # Here: order and time of group h
    ("K", "HbA1c 8.1 %, then 7.8 %, then 7.2 %.", "E34 E27 E23", "result"),
    ("K", "HbA1c 7.8, 7.2 and 8.1 %.", "E34 E27 E23", "result"),
    ("K", "eGFR fell from 58 to 31 mL/min/1.73 m2 in one day.", "E45 E25", "result"),
    ("K", "eGFR fell from 58 to 31 mL/min/1.73 m2 within days.", "E45 E25", "result"),
    ("K", "eGFR fell from 58 to 31 mL/min/1.73 m2 overnight.", "E45 E25", "result"),
    ("K", "Latest HbA1c 7.8 %.", "E27", "result"),
    ("K", "HbA1c is now 7.2 %.", "E34", "result"),
    ("K", "First HbA1c 8.1 %.", "E23", "result"),
    ("K", "HbA1c 8.1 % and potassium 5 mmol/L on the same day.", "E23 E29", "result"),
    ("K", "Type 2 diabetes mellitus for years.", "E4", "problem"),
    ("K", "Takes metformin 500 mg twice.", "E9", "medicine"),
    # Here: relations of group i
    ("K", "Allergic to metformin and penicillin.", "E1 E9", "allergy"),
    ("K", "Metformin anaphylaxis.", "E1 E9", "allergy"),
    ("K", "Penicillin and metformin: severe anaphylaxis.", "E1 E9", "allergy"),
    ("K", "Osteoarthritis of knee with metformin.", "E3 E9", "problem"),
    ("K", "Community acquired pneumonia, resolved with metformin.", "E7 E9", "problem"),
    ("K", "Metformin 10 mg once daily and lisinopril 500 mg twice daily.", "E9 E10", "medicine"),
    ("K", "Metformin once daily and lisinopril twice daily.", "E9 E10", "medicine"),
    # Here: as needed, and what else changes how a medicine is taken of group j
    ("K", "Metformin 500 mg twice daily as needed.", "E9", "medicine"),
    ("K", "Metformin 500 mg if needed.", "E9", "medicine"),
    ("K", "Ibuprofen 400 mg three times daily was stopped.", "E12", "medicine"),
    ("K", "Metformin high dose 500 mg twice daily.", "E9", "medicine"),
    ("K", "Metformin dose increased to 500 mg twice daily.", "E9", "medicine"),
    ("K", "Metformin 500 mg every 5 hours.", "E9", "medicine"),
    ("L", "Enoxaparin 80 mg by mouth every 12 hours.", "E7", "medicine"),
    # figures that look like others
    ("K", "HbA1c ٨.1 %.", "E23", "result"),
    ("K", "HbA1c ⁸8.1 %.", "E23", "result"),
    # the same entries once more, told otherwise
    ("K", "Haemoglobin 10.8 g/dL is stable.", "E22", "result"),
    ("K", "Potassium is not high.", "E24", "result"),
    ("K", "Potassium is no longer high.", "E24", "result"),
    ("K", "Potassium 5.4 mmol/L on 02-Nov-2026 was flagged normal.", "E24", "result"),
    ("K", "Potassium slightly low.", "E24", "result"),
    ("K", "Metformin and lisinopril were stopped.", "E9 E10", "medicine"),
    ("K", "Lisinopril 10 mg, formerly twice daily.", "E10", "medicine"),
    ("K", "Lisinopril is planned.", "E10", "medicine"),
    ("K", "Type 2 diabetes mellitus until 2014.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus in remission.", "E4", "problem"),
    ("K", "Type 2 diabetes mellitus is controlled.", "E4", "problem"),
    ("K", "Chronic kidney disease stage 3 without diabetes.", "E2", "problem"),
    ("K", "Chronic kidney disease is no longer stage 3.", "E2", "problem"),
    ("K", "Essential hypertension is recent.", "E6", "problem"),
    ("K", "Penicillin is tolerated.", "E1", "allergy"),
    ("K", "Penicillin allergy is past.", "E1", "allergy"),
    ("K", "Penicillin allergy is not severe.", "E1", "allergy"),
    ("K", "Penicillin allergy, low criticality.", "E1", "allergy"),
    ("K", "Penicillin allergy since 17-Feb-2009.", "E1", "allergy"),
    ("K", "Smoked tobacco.", "E57", "course"),
    ("K", "Referral to nephrology.", "E54", "course"),
    ("K", "eGFR falls below 30.", "E54", "course"),
    ("K", "Ankle swelling.", "E58", "course"),
    ("K", "Takes ibuprofen.", "E58", "medicine"),
    ("K", "Metformin is also indicated for chronic kidney disease.", "E9 E2", "medicine"),
    ("K", "Community acquired pneumonia was ruled out.", "E7", "problem"),
    ("K", "Influenza vaccine is due.", "E55", "course"),
    ("K", "Influenza vaccine of 14-Oct-2025 is planned.", "E55", "course"),
    ("K", "HbA1c target 8.1 %.", "E23", "result"),
    ("K", "HbA1c rose to 8.1 % under metformin.", "E23 E27 E9", "result"),
    ("K", "Creatinine doubled from 1.03 to 1.7 mg/dL.", "E42 E21", "result"),
    ("K", "Creatinine 1.7 mg/dL is only mildly above normal.", "E21", "result"),
    ("K", "Only metformin is taken.", "E9", "medicine"),
    ("K", "All medicines were stopped.", "E9 E10 E12", "medicine"),
    ("N", "Right inguinal hernia.", "E7", "problem"),
    ("N", "Repair of left inguinal hernia on 18-Jun-2013.", "E46", "course"),
    ("N", "Heart failure is resolved.", "E3", "problem"),
    ("N", "Heart failure with right pleural effusion.", "E3 E40", "imaging"),
    ("N", "Malignancy on chest radiograph.", "E40", "imaging"),
    ("N", "Malignancy is excluded.", "E40", "imaging"),
    ("N", "INR target 3.8.", "E25 E10", "result"),
    ("N", "INR 3.8 is within the target of 2 to 3.", "E25 E10", "result"),
    ("N", "INR 3.8 is below the warfarin target of 2 to 3.", "E25 E10", "result"),
    ("N", "Ramipril is tolerated.", "E1", "allergy"),
    ("N", "Ramipril was restarted.", "E13", "medicine"),
    ("N", "Oxygen saturation 90 % on oxygen.", "E17", "result"),
    ("N", "Smoker.", "E51", "course"),
    ("H", "Fall after apixaban.", "E2 E10", "course"),
    ("H", "Fall due to hyponatraemia.", "E2 E3", "course"),
    ("H", "Apixaban was held on 09-Apr-2019.", "E10", "medicine"),
    ("H", "Apixaban is on hold.", "E10", "medicine"),
    ("H", "Acute intracranial haemorrhage.", "E39", "imaging"),
    ("H", "Sodium rising since 24-Mar-2026.", "E22 E35", "result"),
    ("H", "Sodium 129 mmol/L or above.", "E22", "result"),
    ("L", "Metastasis.", "E2", "problem"),
    ("L", "Liver lesion.", "E2", "problem"),
    ("L", "Pulmonary embolism, left lower lobe.", "E41", "imaging"),
    ("L", "Enoxaparin 80 mg every 12 hours was completed.", "E7", "medicine"),
    ("L", "Aspirin 81 mg was stopped in 2023.", "E8", "medicine"),
    ("L", "Colonoscopy is scheduled for 16-Sep-2025.", "E44", "course"),
    ("L", "Colonoscopy was normal.", "E44", "course"),
    ("L", "Right hemicolectomy is planned.", "E45", "course"),
    ("L", "Biopsy showed metastasis.", "E43 E2", "course"),
    ("Z", "Camera test of the stomach was performed.", "E24", "course"),
    ("Z", "Diabetes.", "E31", "problem"),
    ("Z", "Creatinine 1.09 mg/dL, worse than 1.02 mg/dL, abnormal.", "E14 E18", "result"),
    ("Z", "Amlodipine one daily as needed.", "E6", "medicine"),
    ("Z", "Herbal tablets.", "E7", "medicine"),
]


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TRUE)
def test_what_is_true_survives(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert (said is not Verdict.CONTRADICTED, reasons) == (True, ())


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), FALSE)
def test_what_is_false_is_withheld(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert said is Verdict.CONTRADICTED
    assert reasons


REFUTED = history(
    entry("E1", Kind.PROBLEM, "Stroke", when="2020-01-01", standing=Standing.REFUTED),
    entry("E2", Kind.MEDICATION, "Aspirin 100 mg", when="2026-10-01", standing=Standing.REFUTED),
    entry("E3", Kind.MEDICATION, "Apixaban 5 mg", when="2026-10-01", standing=Standing.UNKNOWN),
    entry("E4", Kind.RESULT, "Potassium", when="2026-11-02", values=[("", 5.9, "mmol/L", 3.5, 5.1)]),
    entry("E5", Kind.RESULT, "Ferritin", when="2026-11-02", values=[("", "9" * 29, "ng/mL", "1" * 29, "8" * 29)]),
    entry("E6", Kind.NOTE, "Progress note", passage=f"Accession {'1' * 29}.5 filed. q{'9' * 5000}h. HbA1c 8.1 %."),
)


@pytest.mark.parametrize("kind", list(StatementKind))
@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Stroke 2020.", "E1"),
        ("Stroke on 01-Jan-2020.", "E1"),
        ("Aspirin 100 mg.", "E2"),
        ("Aspirin 100 mg since Oct 2026.", "E2"),
        ("Apixaban 5 mg is taken.", "E3"),
        ("Potassium 3.5 mmol/L, normal.", "E4"),
        ("Potassium 5.9 mmol/L is below the normal limit.", "E4"),
    ],
)
def test_c5_the_standing_of_the_entry_counts_whatever_the_kind_of_the_sentence(text, refs, kind):
    assert verdict(REFUTED, text, refs, kind)[0] is Verdict.CONTRADICTED


def test_a_bare_medicine_of_unknown_standing_is_never_verified():
    assert verdict(REFUTED, "Apixaban 5 mg.", "E3", "medicine")[0] is Verdict.CITED


@pytest.mark.parametrize("kind", ["result", "medicine"])
@pytest.mark.parametrize(
    "text",
    [
        f"Ferritin {'9' * 29} ng/mL.",
        f"Ferritin {'9' * 28}8 ng/mL.",
        "Ferritin 99 ng/mL.",
        f"Ferritin above {'8' * 29} ng/mL.",
        f"Ferritin {'9' * 300}.5 ng/mL every {'9' * 300} hours.",
        "Ferritin is high.",
        "Ferritin is rising.",
    ],
)
def test_b5_no_figure_of_absurd_length_raises(text, kind):
    for ref in ("E5", "E5 E6"):
        said = verdict(REFUTED, text, ref, kind)[0]
        assert said is Verdict.CONTRADICTED or text == "Ferritin is high."


def test_b5_a_note_with_an_absurd_figure_bears_out_its_other_figures():
    assert verdict(REFUTED, "HbA1c 8.1 %.", "E6", "result")[0] is Verdict.CITED
    assert verdict(REFUTED, "HbA1c 8.2 %.", "E6", "result")[0] is Verdict.CONTRADICTED
