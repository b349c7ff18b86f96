"""The laboratory tests of the charts: code, unit, printed limits, and a value's flag against them."""

from dataclasses import dataclass

from handwritten.coding import TERMINOLOGY, UCUM, Json, concept


@dataclass(frozen=True)
class Test:
    """A laboratory test: its code, its unit, and the limits its laboratory prints."""

    code: str
    name: str
    unit: str
    ucum: str
    low: float | None = None
    high: float | None = None
    panic_low: float | None = None


CREATININE = Test("2160-0", "Creatinine", "mg/dL", "mg/dL", 0.6, 1.1)
CREATININE_MALE = Test("2160-0", "Creatinine", "mg/dL", "mg/dL", 0.7, 1.3)
EGFR = Test("98979-8", "eGFR (CKD-EPI 2021)", "mL/min/1.73 m2", "mL/min/{1.73_m2}", 60)
POTASSIUM = Test("2823-3", "Potassium", "mmol/L", "mmol/L", 3.5, 5.1)
SODIUM = Test("2951-2", "Sodium", "mmol/L", "mmol/L", 135, 145, panic_low=125)
HBA1C = Test("4548-4", "HbA1c", "%", "%", 4.0, 5.6)
URINE_ACR = Test("9318-7", "Albumin/creatinine ratio, urine", "mg/g", "mg/g", high=30)
NT_PROBNP = Test("33762-6", "NT-proBNP", "pg/mL", "pg/mL", high=450)
INR = Test("6301-6", "INR", "ratio", "{INR}", 0.8, 1.2)
HAEMOGLOBIN_F = Test("718-7", "Haemoglobin", "g/dL", "g/dL", 12.0, 15.5)
HAEMOGLOBIN_M = Test("718-7", "Haemoglobin", "g/dL", "g/dL", 13.5, 17.5)
PLATELETS = Test("777-3", "Platelets", "10*3/uL", "10*3/uL", 150, 400)
WHITE_CELLS = Test("6690-2", "White cell count", "10*3/uL", "10*3/uL", 4.0, 11.0)
CRP = Test("1988-5", "C-reactive protein", "mg/L", "mg/L", high=5)
LDL = Test("13457-7", "LDL cholesterol (calculated)", "mg/dL", "mg/dL", high=100)
CEA = Test("2039-6", "Carcinoembryonic antigen", "ng/mL", "ng/mL", high=5)
ALT = Test("1742-6", "Alanine aminotransferase", "U/L", "U/L", 7, 56)
ALP = Test("6768-6", "Alkaline phosphatase", "U/L", "U/L", 44, 147)
BILIRUBIN = Test("1975-2", "Bilirubin, total", "mg/dL", "mg/dL", 0.2, 1.2)
ALBUMIN = Test("1751-7", "Albumin", "g/dL", "g/dL", 3.5, 5.0)
FERRITIN = Test("2276-4", "Ferritin", "ng/mL", "ng/mL", 15, 200)
OSMOLALITY = Test("2692-2", "Osmolality, serum", "mOsm/kg", "mosm/kg", 275, 295)
TSH = Test("3016-3", "Thyroid stimulating hormone", "mIU/L", "m[IU]/L", 0.4, 4.0)
WEIGHT = Test("29463-7", "Body weight", "kg", "kg")
PULSE = Test("8867-4", "Heart rate", "/min", "/min")
OXYGEN = Test("59408-5", "Oxygen saturation (pulse oximetry)", "%", "%")
GLASGOW = Test("9269-2", "Glasgow coma score total", "{score}", "{score}")
ECOG = Test("89247-1", "ECOG performance status", "{score}", "{score}")


def quantity(test: Test, value: float) -> Json:
    """A value in the test's unit."""
    return {"value": value, "unit": test.unit.strip("{}"), "system": UCUM, "code": test.ucum}


def flag(test: Test, value: float) -> Json:
    """The laboratory's flag for a value against the test's limits."""
    if test.panic_low is not None and value < test.panic_low:
        code, display = "LL", "Critical low"
    elif test.low is not None and value < test.low:
        code, display = "L", "Low"
    elif test.high is not None and value > test.high:
        code, display = "H", "High"
    else:
        code, display = "N", "Normal"
    return concept(f"{TERMINOLOGY}/v3-ObservationInterpretation", code, display)
