"""Observations: the value as the source gives it, with its unit, its range and its flag."""

from decimal import Decimal

import pytest
from fhir_samples import LOINC, coded, concept, entry_of, observation, omission_of, quantity

from fhir_adapters.history import Kind, Reason, Standing
from fhir_adapters.reading.quantities import number_of, shown, shown_unit

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def value_of(**elements):
    (value,) = entry_of(observation(**elements)).values
    return value


def test_a_result_reads_name_value_unit_flag_range_date():
    entry = entry_of(
        observation(
            code=concept("Hemoglobin A1c", code="4548-4", system=LOINC),
            category=[coded("laboratory")],
            effectiveDateTime="2026-11-02T09:15:00Z",
            valueQuantity=quantity(8.4, "%"),
            interpretation=[coded("H")],
            referenceRange=[{"low": quantity(4.0, "%"), "high": quantity(5.6, "%")}],
        )
    )
    assert entry.line == "Hemoglobin A1c 8.4 % (high; ref 4-5.6), 02-Nov-2026"
    assert (entry.kind, entry.standing) == (Kind.RESULT, Standing.CURRENT)
    (value,) = entry.values
    assert (value.number, value.unit, value.low, value.high, value.flag) == (
        Decimal("8.4"),
        "%",
        Decimal(4),
        Decimal("5.6"),
        "H",
    )
    assert value.text == "8.4 %"
    assert value.is_abnormal


@pytest.mark.parametrize(
    ("written", "number", "text"),
    [
        (8.4, "8.4", "8.4"),
        (7, "7", "7"),
        (7.0, "7", "7"),
        (0.0045, "0.0045", "0.0045"),
        (1.2345, "1.2345", "1.2345"),
        (28.183456789, "28.183456789", "28.18"),
        (6.5999999, "6.5999999", "6.6"),
        (0.00123456789, "0.00123456789", "0.00123"),
        (0.99999999, "0.99999999", "1"),
        (-3.14159265, "-3.14159265", "-3.14"),
        (1e-7, "1E-7", "0.0000001"),
        (250000, "250000", "250000"),
        (1e22, "1E+22", "1e+22"),
        (0, "0", "0"),
        (-0.0, "0", "0"),
        ("8.40", "8.40", "8.4"),
        (1.1 + 2.2, "3.3000000000000003", "3.3"),
    ],
)
def test_numbers_are_shown_without_noise_and_kept_exactly_c2(written, number, text):
    found = number_of(written)
    assert found == Decimal(number)
    assert shown(found) == text


@pytest.mark.parametrize("written", [True, None, "about 5", "1e5", "٣", {}, [], float("nan"), float("inf"), "9" * 41])
def test_what_is_no_number_is_none(written):
    assert number_of(written) is None


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("mm[Hg]", "mmHg"),
        ("{score}", "score"),
        ("{beats}/min", "beats/min"),
        ("/min", "/min"),
        ("mL/min/{1.73_m2}", "mL/min/1.73 m2"),
        ("10*3/uL", "10^3/uL"),
        ("ug/L", "microgram/L"),
        ("mcg", "microgram"),
        ("ng/mL", "ng/mL"),
        ("m[IU]/L", "mIU/L"),
        ("Cel", "°C"),
        ("1", ""),
        ("%", "%"),
    ],
)
def test_units_are_shown_as_a_clinician_writes_them(written, unit):
    assert shown_unit(written) == unit


def test_the_code_stands_in_where_a_quantity_has_no_unit_text():
    assert value_of(valueQuantity=quantity(120, code="mm[Hg]")).text == "120 mmHg"
    assert value_of(valueQuantity=quantity(6.2)).text == "6.2"


def test_a_comparator_stays_with_its_number():
    value = value_of(valueQuantity=quantity(0.01, "ng/mL", comparator="<"))
    assert (value.text, value.comparator, value.number) == ("<0.01 ng/mL", "<", Decimal("0.01"))
    assert value_of(valueQuantity=quantity(1, comparator="about")).comparator == ""


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        ({"valueCodeableConcept": concept("Positive (qualifier value)")}, "Positive"),
        ({"valueQuantity": quantity("trace", "g/L")}, "trace g/L"),
        ({"valueString": "sinus  rhythm"}, "sinus rhythm"),
        ({"valueBoolean": True}, "yes"),
        ({"valueBoolean": False}, "no"),
        ({"valueInteger": 3}, "3"),
        ({"valueInteger": 0}, "0"),
        ({"valueRange": {"low": quantity(1), "high": quantity(3, "d")}}, "1-3 d"),
        ({"valueRatio": {"numerator": quantity(1), "denominator": quantity(128)}}, "1:128"),
        ({"valueRatio": {"numerator": quantity(5, "mg"), "denominator": quantity(1, "mL")}}, "5 mg per 1 mL"),
        ({"valueSampledData": {"data": "1 2 3"}}, "waveform, not shown"),
        ({"valueTime": "10:30:00"}, "10:30:00"),
        ({"valueDateTime": "2026-03-12"}, "12-Mar-2026"),
        ({"valuePeriod": {"start": "2026-03", "end": "2026-04"}}, "Mar 2026 to Apr 2026"),
        ({"dataAbsentReason": concept("Asked But Declined", code="asked-declined")}, "not done (asked but declined)"),
        ({"dataAbsentReason": coded("error")}, "no value (error)"),
    ],
)
def test_every_type_of_value_can_be_read(elements, text):
    assert value_of(**elements).text == text


def test_a_value_in_words_stands_after_a_colon_and_absence_is_said():
    entry = entry_of(observation(code=concept("Urine culture"), valueCodeableConcept=concept("no growth")))
    assert entry.line == "Urine culture: no growth"
    assert entry_of(observation()).line == "Sodium: no value recorded"
    assert entry_of(observation(hasMember=[{"reference": "Observation/x"}])).line == "Sodium: panel"


@pytest.mark.parametrize(
    ("categories", "code", "kind"),
    [
        (["vital-signs"], "", Kind.VITAL),
        (["laboratory"], "", Kind.RESULT),
        (["social-history"], "", Kind.SOCIAL),
        (["survey"], "", Kind.SOCIAL),
        (["functional-status"], "", Kind.SOCIAL),
        (["imaging"], "", Kind.RESULT),
        (["procedure"], "", Kind.RESULT),
        (["exam"], "", Kind.RESULT),
        (["survey", "vital-signs"], "", Kind.VITAL),
        (["sdoh", "laboratory"], "", Kind.RESULT),
        (["local-code"], "", Kind.RESULT),
        ([], "8867-4", Kind.VITAL),
        ([], "2951-2", Kind.RESULT),
    ],
)
def test_the_category_decides_what_sort_of_fact_it_is(categories, code, kind):
    entry = entry_of(
        observation(category=[coded(name) for name in categories], code=concept("x", code=code, system=LOINC))
    )
    assert entry.kind is kind


@pytest.mark.parametrize(
    ("status", "standing", "hedge"),
    [
        ("final", Standing.CURRENT, ""),
        ("amended", Standing.CURRENT, ""),
        ("corrected", Standing.CURRENT, ""),
        ("preliminary", Standing.CURRENT, "[preliminary]"),
        ("registered", Standing.PLANNED, "[registered]"),
        ("unknown", Standing.UNKNOWN, "[unknown]"),
        (None, Standing.UNKNOWN, "[status not recorded]"),
    ],
)
def test_a_result_that_is_not_final_says_so(status, standing, hedge):
    entry = entry_of(observation(status=status, valueQuantity=quantity(5)))
    assert entry.standing is standing
    assert entry.line == f"Sodium 5 {hedge}".strip()


def test_cancelled_and_mistaken_results_are_left_out_with_their_reason():
    assert omission_of(observation(status="cancelled")).reason is Reason.CANCELLED
    assert omission_of(observation(status="entered-in-error")).reason is Reason.ENTERED_IN_ERROR


def pressure(*components, **elements):
    return observation(code=concept("BP panel", code="85354-9", system=LOINC), component=list(components), **elements)


def part(code, value, **more):
    return {
        "code": concept(f"part {code}", code=code, system=LOINC),
        "valueQuantity": quantity(value, "mmHg", code="mm[Hg]"),
        **more,
    }


def test_a_blood_pressure_is_two_values_and_one_figure_in_either_order():
    for components in ((part("8480-6", 164), part("8462-4", 98)), (part("8462-4", 98), part("8480-6", 164))):
        entry = entry_of(pressure(*components, effectiveDateTime="2026-10-27"))
        assert entry.title == "Blood pressure"
        assert entry.line == "Blood pressure 164/98 mmHg, 27-Oct-2026"
        assert [(value.label, value.number) for value in entry.values] == [("Systolic", 164), ("Diastolic", 98)]


def test_a_flag_of_one_component_is_said_with_its_name():
    entry = entry_of(pressure(part("8480-6", 190, interpretation=[coded("HH")]), part("8462-4", 80)))
    assert entry.line == "Blood pressure 190/80 mmHg (systolic critically high)"
    assert entry.values[0].is_critical


def test_half_a_blood_pressure_and_other_components_are_listed():
    assert entry_of(pressure(part("8480-6", 120))).line == "Blood pressure: Systolic 120 mmHg"
    absent = {"code": concept(code="8462-4", system=LOINC), "dataAbsentReason": coded("unknown")}
    line = entry_of(pressure(part("8480-6", 120), absent)).line
    assert line == "Blood pressure: Systolic 120 mmHg; Diastolic: no value (unknown)"


def test_a_range_of_the_source_marks_a_result_and_no_range_of_ours_does():
    ranges = {"referenceRange": [{"low": quantity(135, "mmol/L"), "high": quantity(145, "mmol/L")}]}
    low = entry_of(observation(valueQuantity=quantity(128, "mmol/L"), **ranges))
    assert low.line == "Sodium 128 mmol/L (below ref 135-145)"
    fine = entry_of(observation(valueQuantity=quantity(140, "mmol/L"), **ranges))
    assert fine.line == "Sodium 140 mmol/L (ref 135-145)"
    assert not entry_of(observation(valueQuantity=quantity(128, "mmol/L"))).values[0].is_abnormal


def test_one_sided_ranges_and_negative_bounds_can_be_read():
    assert (
        "(ref up to 5)" in entry_of(observation(valueQuantity=quantity(3), referenceRange=[{"high": quantity(5)}])).line
    )
    assert (
        "(ref from 60)"
        in entry_of(observation(valueQuantity=quantity(70), referenceRange=[{"low": quantity(60)}])).line
    )
    base_excess = [{"low": quantity(-2), "high": quantity(2)}]
    assert "(ref -2 to 2)" in entry_of(observation(valueQuantity=quantity(0), referenceRange=base_excess)).line


def test_a_range_in_another_unit_or_for_another_purpose_stays_in_words():
    other_unit = [{"low": quantity(4, "g/dL"), "high": quantity(5, "g/dL")}]
    entry = entry_of(observation(valueQuantity=quantity(45, "g/L"), referenceRange=other_unit))
    assert entry.values[0].low is None
    assert entry.detail["Reference range"] == "4-5 g/dL"
    purpose = [{"low": quantity(10), "high": quantity(20), "type": concept("Therapeutic", code="therapeutic")}]
    entry = entry_of(observation(valueQuantity=quantity(12), referenceRange=purpose))
    assert entry.values[0].high is None
    assert entry.detail["Reference range"] == "Therapeutic: 10-20"
    by_age = [{"low": quantity(1), "high": quantity(2)}, {"low": quantity(3), "high": quantity(4)}]
    entry = entry_of(observation(valueQuantity=quantity(2.5), referenceRange=by_age))
    assert not entry.values[0].is_abnormal  # which of the two holds is not ours to guess
    assert [text for label, text in entry.details if label == "Reference range"] == ["1-2", "3-4"]


def test_a_range_whose_low_is_above_its_high_marks_nothing():
    swapped = [{"low": quantity(46), "high": quantity(38)}]
    entry = entry_of(observation(valueQuantity=quantity(43), referenceRange=swapped))
    assert not entry.values[0].is_abnormal
    assert entry.detail["Reference range"] == "46-38"


def test_a_value_of_its_own_stands_before_the_components():
    parts = [{"code": concept("Drug"), "valueString": "amphetamine"}]
    entry = entry_of(observation(code=concept("Substance use"), valueBoolean=True, component=parts))
    assert entry.line == "Substance use: yes; Drug: amphetamine"
    assert [value.label for value in entry.values] == ["", "Drug"]


def test_a_range_in_words_is_kept():
    entry = entry_of(observation(valueString="trace", referenceRange=[{"text": "negative"}]))
    assert entry.detail["Reference range"] == "negative"


@pytest.mark.parametrize(
    ("interpretation", "flag"),
    [([coded("N"), coded("LL")], "LL"), ([concept("High")], "H"), ([concept("weird")], "weird"), ([], ""), ("x", "x")],
)
def test_a_critical_flag_cannot_hide_behind_another(interpretation, flag):
    assert value_of(valueQuantity=quantity(1), interpretation=interpretation).flag == flag


@pytest.mark.parametrize(
    ("interpretation", "flag", "line"),
    [
        ({"text": "WNL"}, "N", "Potassium 4.1"),
        ({"coding": [coded("214")["coding"][0] | {"display": "NA"}], "text": "NA"}, "", "Potassium 4.1"),
        ({"text": "Borderline"}, "Borderline", "Potassium 4.1 (Borderline)"),
        ({"text": "Panic high"}, "HH", "Potassium 4.1 (critically high)"),
        ({"coding": [{"code": "214", "display": "See comment"}]}, "See comment", "Potassium 4.1 (See comment)"),
    ],
)
def test_what_the_laboratory_says_is_a_flag_only_where_the_table_knows_it(interpretation, flag, line):
    made = observation(code=concept("Potassium"), valueQuantity=quantity(4.1), interpretation=[interpretation])
    entry = entry_of(made)
    assert (entry.values[0].flag, entry.line.split(",")[0]) == (flag, line)


def test_method_body_site_specimen_note_and_members_are_kept():
    entry = entry_of(
        observation(
            bodySite=concept("Left arm"),
            method=concept("Manual"),
            specimen={"display": "Urine"},
            note=[{"text": "haemolysed", "authorString": "Nobody"}],
            hasMember=[{"reference": "Observation/a"}, {"reference": "Observation/b/_history/2"}],
            performer=[{"display": "Dr Nobody"}],
        )
    )
    assert entry.detail == {
        "Body site": "Left arm",
        "Method": "Manual",
        "Specimen": "Urine",
        "Members": "Observation/a Observation/b",
        "Note": "haemolysed",
        "Author": "Dr Nobody",
    }
    assert "Nobody" not in entry.line


@pytest.mark.parametrize(
    ("elements", "when", "until"),
    [
        ({"effectiveDateTime": "2026-11"}, "Nov 2026", None),
        ({"effectiveInstant": "2026-11-02T10:00:00Z"}, "02-Nov-2026", None),
        ({"effectivePeriod": {"start": "2026-11-02", "end": "2026-11-03"}}, "02-Nov-2026", "03-Nov-2026"),
        ({"effectiveTiming": {"event": ["2026-11-02"]}}, "02-Nov-2026", None),
        ({"issued": "2026-11-04T10:00:00Z"}, "04-Nov-2026", None),
        ({}, None, None),
    ],
)
def test_the_time_of_a_result_is_when_it_holds_else_when_it_was_issued(elements, when, until):
    entry = entry_of(observation(**elements))
    assert (str(entry.when) if entry.when else None) == when
    assert (str(entry.until) if entry.until else None) == until


def test_a_name_that_says_the_unit_does_not_say_it_twice():
    entry = entry_of(observation(code=concept("INR in plasma"), valueQuantity=quantity(2.7, "{INR}")))
    assert entry.line == "INR in plasma 2.7"
    assert entry.values[0].text == "2.7 INR"


def test_the_property_of_a_loinc_name_is_not_shown_but_its_instrument_is():
    named = concept("Glucose [Mass/volume] in Blood")
    assert entry_of(observation(code=named)).title == "Glucose in Blood"
    assert entry_of(observation(code=concept("Total score [PHQ-9]"))).title == "Total score [PHQ-9]"
