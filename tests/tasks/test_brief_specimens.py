"""Which test a result is: urine is not blood, two assays are two tests, a component is not its panel."""

import re
import tomllib
from importlib.resources import files

import pytest
from brief_histories import LOINC, brief, coded, line_with, lines, result

from tasks.brief import Section
from tasks.brief_rules.titles import short_title

POTASSIUM = {"code": "2823-3", "unit": "mmol/L"}


def results(*resources):
    return lines(brief(*resources), Section.RESULTS)


def plain(text):
    return f"Latest results, not flagged: {text}"


@pytest.mark.parametrize(
    ("title", "code", "shown"),
    [
        ("Sodium [Moles/volume] in Urine", "2955-3", "Sodium in urine"),
        ("Sodium", "2955-3", "Sodium, urine"),
        ("Sodium, urine", "2951-2", "Sodium, urine"),
        ("Potassium", "2828-2", "Potassium, urine"),
        ("Glucose [Mass/volume] in Cerebral spinal fluid", "2342-4", "Glucose in Cerebral spinal fluid"),
        ("Glucose", "2342-4", "Glucose, CSF"),
    ],
)
def test_another_specimen_than_blood_stays_in_the_name(title, code, shown):
    assert results(result(title, 18, "2026-11-02", code=code, flag="L")) == [f"{shown} low: 18 mg/dL (02-Nov-2026)"]


def test_a_code_of_ours_does_not_contradict_what_the_record_says():
    told = results(result("Potassium, serum", 3, "2026-11-02", code="2828-2", flag="L"))
    assert told == ["Potassium, serum low: 3 mg/dL (02-Nov-2026)"]
    serum = results(result("Osmolality", 266, "2026-11-02", code="2692-2", flag="L"))
    assert serum == ["Osmolality low: 266 mg/dL (02-Nov-2026)"]


@pytest.mark.parametrize(
    "said",
    [
        {"specimen": {"display": "Pleural fluid"}},
        {"method": {"text": "Urine test strip"}},
        {"code": coded(LOINC, "2823-3", "K, CSF")},
        {"code": {"text": "Potassium", "coding": [{"system": LOINC, "code": "2823-3", "display": "Potassium urine"}]}},
        {"bodySite": {"text": "Peritoneal cavity"}},
    ],
)
def test_a_known_code_that_says_another_specimen_shares_no_line_with_the_blood(said):
    shown = results(
        result("Potassium", 4.1, "2026-11-01", **POTASSIUM),
        {**result("Potassium", 18, "2026-11-02", **POTASSIUM), **said},
    )
    assert re.search(r"potassium 4.1 mmol/L", shown[0])
    assert "→" not in shown[0]
    assert re.search(r"CSF|urine|fluid|peritoneal cavity", shown[0])


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Creatinine [Mass/volume] in Serum or Plasma", "Creatinine"),
        ("Hematocrit [Volume Fraction] of Blood by Automated count", "Hematocrit"),
        ("Fibrin D-dimer FEU [Mass/volume] in Platelet poor plasma by Immunoassay", "Fibrin D-dimer FEU"),
        ("Folate [Mass/volume] in Red Blood Cells", "Folate in red blood cells"),
        ("Oxygen [Partial pressure] in Venous blood", "Oxygen in venous blood"),
        ("Leukocyte esterase [Presence] in Urine by Test strip", "Leukocyte esterase in urine"),
        ("Glucose [Mass/volume] in Serum or Plasma --1 hour post 75 g PO", "Glucose, 1 hour post 75 g PO"),
        ("Blood group", "Blood group"),
    ],
)  # fmt: skip
def test_a_long_name_is_cut_to_what_is_measured_and_in_what(title, shown):
    assert short_title(title, None) == shown


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("hs-troponin T", "67151-1", "ng/L"), ("hs-troponin I", "89579-7", "ng/L")),
        (("Troponin I", "10839-9", "ng/mL"), ("Troponin T", "6598-7", "ng/mL")),
        (("Troponin I", "10839-9", "ng/L"), ("hs-Troponin I", "10839-9", "ng/L")),
        (("eGFR creatinine", "62238-1", "mL/min"), ("eGFR cystatin C", "50210-4", "mL/min")),
        (("eGFR", "33914-3", "mL/min"), ("eGFR by cystatin C", "33914-3", "mL/min")),
        (("eGFR non-black", "48642-3", "mL/min"), ("eGFR black", "48643-1", "mL/min")),
        (("CRP", "1988-5", "mg/L"), ("hs-CRP", "30522-7", "mg/L")),
        (("HbA1c", "4548-4", "%"), ("HbA1c IFCC", "59261-8", "%")),
        (("Glucose", "2345-7", "mg/dL"), ("Glucose glucometer", "41653-7", "mg/dL")),
        (("Calcium", "17861-6", "mmol/L"), ("Calcium ionised", "17861-6", "mmol/L")),
        (("Bilirubin", "1975-2", "mg/dL"), ("Bilirubin direct", "1975-2", "mg/dL")),
        (("PSA", "2857-1", "ng/mL"), ("PSA free", "2857-1", "ng/mL")),
        (("BNP", "30934-4", "pg/mL"), ("NT-proBNP", "33762-6", "pg/mL")),
        (("LDL calculated", "13457-7", "mg/dL"), ("LDL direct", "18262-6", "mg/dL")),
        (("Thyroxine free", "3024-7", "ng/dL"), ("Thyroxine total", "3026-2", "ng/dL")),
        (("D-dimer FEU", "48065-7", "ng/mL"), ("D-dimer DDU", "48066-5", "ng/mL")),
        (("Vitamin D2", "49054-0", "ng/mL"), ("Vitamin D3", "1989-3", "ng/mL")),
    ],
)
def test_two_assays_never_stand_in_one_trend_c10(first, second):
    made = [
        result(title, value, when, code=code, unit=unit, flag="H")
        for (title, code, unit), value, when in ((first, 10, "2026-11-01"), (second, 60, "2026-11-02"))
    ]
    shown = results(*made)
    assert len(shown) == 2
    assert not any("→" in line or "rising" in line for line in shown)


def test_one_quantity_measured_in_two_ways_says_so():
    fasting = result("Fasting glucose", 90, "2026-11-01", code="2345-7")
    random = result("Random glucose", 240, "2026-11-02", code="2345-7", flag="H")
    (line,) = results(fasting, random)
    assert line.startswith("Random glucose high, rising: 90 → 240 mg/dL")
    assert line.endswith(", not all measured alike: fasting, random")


def test_the_method_tells_two_assays_of_an_unknown_test_apart():
    made = [
        result("Lipase", value, when, flag="H", code="3040-3", method={"text": method})
        for value, when, method in ((10, "2026-11-01", "Colorimetric"), (60, "2026-11-02", "Turbidimetric"))
    ]
    assert results(*made) == [
        "Lipase (Colorimetric) high: 10 mg/dL (01-Nov-2026)",
        "Lipase (Turbidimetric) high: 60 mg/dL (02-Nov-2026)",
    ]


def component(code, text, value, unit):
    return {"code": coded(LOINC, code, text), "valueQuantity": {"value": value, "unit": unit}}


def test_inhaled_oxygen_beside_a_saturation_has_its_own_name():
    """https://hl7.org/fhir/us/core/StructureDefinition-us-core-pulse-oximetry.html."""
    saturation = result(
        "Oxygen saturation in Arterial blood",
        97,
        "2026-11-01T10:00:00Z",
        unit="%",
        code="2708-6",
        vital=True,
        component=[
            component("3151-8", "Inhaled oxygen flow rate", 6, "L/min"),
            component("3150-6", "Inhaled oxygen concentration", 40, "%"),
        ],
    )
    line = line_with(brief(saturation), "SpO2")
    assert line.text == "inhaled O2 concentration 40 %, inhaled O2 flow 6 L/min, SpO2 97 % (01-Nov-2026)"


def test_a_component_that_nobody_knows_is_not_its_entrys_test():
    part = component("9-9", "Perfusion", 3, "%")
    made = result("SpO2", 97, "2026-11-01", unit="%", code="59408-5", vital=True, component=[part])
    assert line_with(brief(made), "SpO2").text == "SpO2 97 %, SpO2, Perfusion 3 % (01-Nov-2026)"


def test_no_code_of_the_lexicon_stands_for_two_tests():
    rows = tomllib.loads(files("tasks.brief_rules").joinpath("lexicon", "tests.toml").read_text())["test"]
    codes = [code for row in rows for code in row["loinc"]]
    ids = {row["id"] for row in rows}
    assert len(codes) == len(set(codes))
    assert all(other in {*ids, ""} for row in rows for _, other in row.get("unlike", ()))


def corrected(value, when, status, **more):
    return result("Potassium", value, when, status=status, **POTASSIUM, **more)


@pytest.mark.parametrize("status", ["corrected", "amended"])
def test_a_corrected_value_replaces_the_final_one_of_its_moment(status):
    when = "2026-11-01T10:00:00Z"
    written = brief(corrected(7.1, when, "final", flag="HH"), corrected(4.2, when, status))
    assert lines(written, Section.RESULTS) == [plain(f"potassium 4.2 mmol/L ({status}) (01-Nov-2026)")]
    assert written.headline == ()


def test_a_correction_to_no_value_withdraws_the_final_one():
    when = "2026-11-01T10:00:00Z"
    absent = corrected(None, when, "corrected", dataAbsentReason={"text": "haemolysed"})
    shown = results(corrected(7.1, when, "final", flag="HH"), absent)
    assert shown == ["Without a value: Potassium: no value (haemolysed), 01-Nov-2026, corrected"]


def test_of_one_day_without_a_time_the_corrected_value_stands_and_a_critical_one_stays_told():
    written = brief(corrected(7.1, "2026-11-01", "final", flag="HH"), corrected(4.2, "2026-11-01", "corrected"))
    (line,) = lines(written, Section.RESULTS)
    assert line == "Potassium: 4.2 mmol/L (01-Nov-2026), critical high 7.1 mmol/L on 01-Nov-2026, corrected"


@pytest.mark.parametrize(
    "other",
    [
        {"effectiveDateTime": "2026-11-01T11:00:00Z"},
        {"specimen": {"display": "Urine"}},
        {"code": coded(LOINC, "6298-4", "Potassium in Blood")},
        {"modifierExtension": [{"url": "urn:unknown"}]},
    ],
)
def test_a_correction_of_something_else_hides_no_result(other):
    when = "2026-11-01T10:00:00Z"
    written = brief(corrected(7.1, when, "final", flag="HH"), {**corrected(4.2, when, "corrected"), **other})
    assert any("7.1" in line for line in lines(written, Section.RESULTS))


def test_a_value_dated_decades_ahead_never_stands_as_the_latest_c10():
    typed = result("Potassium", 4.0, "2062-11-01T10:00:00Z", **POTASSIUM)
    written = brief(result("Potassium", 6.9, "2026-11-20T10:00:00Z", flag="HH", **POTASSIUM), typed)
    assert written.headline == ("potassium 6.9 critical high",)
    assert plain("potassium 4 mmol/L (dated in the future) (01-Nov-2062)") in lines(written, Section.RESULTS)
