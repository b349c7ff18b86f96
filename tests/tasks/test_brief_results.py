"""Results: what the source calls abnormal, which way it goes, and never a range of ours."""

import pytest
from brief_histories import brief, line_with, lines, pressure, result

from tasks.brief import Section, Weight

POTASSIUM = {"code": "2823-3", "unit": "mmol/L", "limits": (3.5, 5.1)}
SODIUM = {"code": "2951-2", "unit": "mmol/L", "limits": (135, 145)}


def results(*resources):
    return lines(brief(*resources), Section.RESULTS)


def test_a_series_is_said_with_its_values_dates_flag_and_direction_c10():
    values = ((58, "2023-01-17"), (44, "2024-11-12"), (31, "2026-11-02"))
    egfr = [result("eGFR", v, when, code="98979-8", unit="mL/min/1.73 m2", limits=(60, None)) for v, when in values]
    written = brief(*egfr)
    line = line_with(written, "eGFR")
    assert line.plain == "eGFR low, falling: 58 → 44 → 31 mL/min/1.73 m2 (Jan 2023 to 02-Nov-2026)"
    assert line.weight is Weight.ABNORMAL
    assert len(line.entry_ids) == 3


def test_a_critical_value_comes_first_and_is_named_so():
    written = brief(
        result("Sodium", 131, "2026-11-20", flag="L", **SODIUM),
        result("Potassium", 6.8, "2026-11-20", flag="HH", **POTASSIUM),
    )
    first = written.of(Section.RESULTS)[0]
    assert first.plain == "Potassium critical high: 6.8 mmol/L (20-Nov-2026)"
    assert first.weight is Weight.CRITICAL
    assert written.headline[0] == "potassium 6.8 critical high"


def test_outside_the_sources_own_range_is_abnormal_without_a_flag():
    assert results(result("Potassium", 5.4, "2026-11-02", **POTASSIUM))[0].startswith("Potassium high")


def test_a_value_without_flag_or_range_is_never_called_abnormal():
    (line,) = results(result("Potassium", 7.9, "2026-11-02", code="2823-3", unit="mmol/L"))
    assert line == "Latest results, not flagged: potassium 7.9 mmol/L (02-Nov-2026)"


def test_an_old_abnormal_value_with_a_newer_normal_one_is_not_listed_as_abnormal():
    shown = results(
        result("Ferritin", 8, "2019-01-01", flag="L", code="2276-4"),
        result("Ferritin", 64, "2026-01-01", flag="N", code="2276-4"),
    )
    assert [line.partition(":")[0] for line in shown] == ["Latest results, not flagged"]


def test_values_with_a_comparator_or_in_another_unit_are_not_computed_with():
    written = brief(
        result("Creatinine", 92, "2021-03-01", code="2160-0", unit="umol/L"),
        result("Creatinine", 1.09, "2026-10-27", code="2160-0"),
        result("Troponin", 0.01, "2026-10-20", code="10839-9", unit="ng/mL"),
        result("Troponin", 0.04, "2026-10-27", code="10839-9", unit="ng/mL", comparator=">"),
    )
    shown = lines(written, Section.RESULTS)
    assert shown == ["Latest results, not flagged: creatinine 1.09 mg/dL, troponin >0.04 ng/mL (27-Oct-2026)"]


def test_a_trend_that_turned_is_said_as_down_from():
    values = ((136, "2025-05-13"), (134, "2026-03-24"), (131, "2026-11-10"), (128, "2026-11-20"), (129, "2026-11-21"))
    shown = results(*(result("Sodium", v, when, **SODIUM) for v, when in values))
    assert shown == ["Sodium low, down from 136: 136 → 134 → 131 → 128 → 129 mmol/L (May 2025 to 21-Nov-2026)"]


def test_a_long_series_shows_its_first_and_latest_values():
    flagged = [
        result("CRP", 10 + 10 * n, f"2026-11-{n + 1:02}", code="1988-5", flag="H", unit="mg/L") for n in range(9)
    ]
    assert results(*flagged)[0].startswith("CRP high, rising: 10 → … → 60 → 70 → 80 → 90 mg/L")


def test_an_unsteady_normal_test_is_no_trend():
    values = (0.9, 1.0, 0.92, 0.98, 0.91)
    shown = results(*(result("Creatinine", v, f"2026-0{n + 1}-01", code="2160-0") for n, v in enumerate(values)))
    assert shown == ["Latest results, not flagged: creatinine 0.91 mg/dL (01-May-2026)"]


def test_what_has_no_value_is_said_with_its_reason():
    absent = result("Potassium", None, "2026-10-27", dataAbsentReason={"text": "haemolysed"})
    written = brief(absent, result("Sodium", None, "2026-11-23", status="registered"))
    line = line_with(written, "Without a value")
    assert "haemolysed" in line.text
    assert "sodium" in line.text.lower()
    assert line.weight is Weight.NOTABLE


def test_blood_pressures_are_one_line_however_they_are_filed():
    written = brief(
        pressure(138, 82, "2026-01-10"),
        result("Systolic blood pressure", 152, "2026-11-02", code="8480-6", unit="mmHg", vital=True),
        result("Diastolic blood pressure", 84, "2026-11-02", code="8462-4", unit="mmHg", vital=True),
    )
    assert lines(written, Section.RESULTS) == ["Blood pressure: 138/82 → 152/84 mmHg (10-Jan-2026 to 02-Nov-2026)"]


def test_falling_weight_and_saturation_are_noticed_without_a_flag():
    shown = results(
        result("Body weight", 82.4, "2026-03-10", code="29463-7", unit="kg", vital=True),
        result("Body weight", 77.1, "2026-11-05", code="29463-7", unit="kg", vital=True),
        result("SpO2", 94, "2026-04-16", code="59408-5", unit="%", vital=True),
        result("SpO2", 90, "2026-11-18", code="59408-5", unit="%", vital=True),
    )
    assert shown[0].startswith("SpO2 falling: 94 → 90 %")
    assert shown[1].startswith("Body weight falling: 82.4 → 77.1 kg")


def test_a_growing_child_is_no_trend():
    weights = [result("Body weight", 10 + n, f"202{n}-01-01", code="29463-7", unit="kg", vital=True) for n in range(6)]
    shown = lines(brief(*weights, birthDate="2019-06-01"), Section.RESULTS)
    assert [line.partition(":")[0] for line in shown] == ["Latest vital signs"]


def test_many_abnormal_results_are_ten_lines_and_one_more():
    flagged = [result(f"Test number {n}", 9, "2026-11-01", flag="H") for n in range(24)]
    shown = brief(*flagged).of(Section.RESULTS)
    assert len(shown) == 11
    assert shown[-1].lead == "Also abnormal or changing"
    assert "and 10 more" not in shown[-1].text
    assert sum(len(line.entry_ids) for line in shown) == 24


def test_answers_about_a_persons_circumstances_are_no_results():
    shown = results(
        result("Are you a refugee?", "No", "2026-01-01"),
        result("Address", "12 Example Road", "2026-01-01"),
        result("Potassium", 4.1, "2026-01-01", **POTASSIUM),
    )
    assert shown == ["Latest results, not flagged: potassium 4.1 mmol/L (01-Jan-2026)"]


def test_a_preliminary_result_says_so():
    (line,) = results(result("Potassium", 5.9, "2026-11-23", flag="H", status="preliminary", **POTASSIUM))
    assert line.endswith("preliminary")


def test_entered_in_error_results_are_gone():
    assert results(result("Potassium", 9.9, "2026-11-23", flag="HH", status="entered-in-error")) == [
        "Results: none recorded"
    ]


def test_one_reading_filed_twice_is_one_point():
    twice = [result("BMI", 31.8, "2026-03-29", code="39156-5", flag="H", unit="kg/m2", vital=True) for _ in range(2)]
    assert results(*twice) == ["BMI high: 31.8 kg/m2 (29-Mar-2026)"]


def test_a_critical_value_of_this_month_is_not_forgotten_when_the_next_is_normal():
    written = brief(
        result("Potassium", 6.9, "2026-11-20", flag="HH", **POTASSIUM),
        result("Potassium", 4.4, "2026-11-23", flag="N", **POTASSIUM),
    )
    line = line_with(written, "Potassium")
    assert (
        line.plain
        == "Potassium falling: 6.9 → 4.4 mmol/L (20-Nov-2026 to 23-Nov-2026), critical high 6.9 mmol/L on 20-Nov-2026"
    )


def test_an_old_abnormal_pressure_is_no_headline():
    def systolic(when):
        return result("Systolic", 190, when, code="8480-6", flag="H", unit="mmHg", vital=True)

    def diastolic(when):
        return result("Diastolic", 110, when, code="8462-4", flag="H", unit="mmHg", vital=True)

    assert brief(systolic("2026-10-01"), diastolic("2026-10-01")).headline == ("BP 190/110",)
    assert brief(systolic("2024-10-01"), diastolic("2024-10-01")).headline == ()


@pytest.mark.parametrize("words", ["Not done", "not done: haemolysed", "No value (sample lost)"])
def test_a_laboratory_that_writes_why_there_is_no_value_gave_none(words):
    before = result("Potassium", 6.8, "2026-11-01", code="2823-3", flag="HH")
    written = brief(before, result("Potassium", None, "2026-11-23", code="2823-3", valueString=words))
    assert words.lower() in line_with(written, "Without a value").text.lower()
    assert "6.8" in " ".join(lines(written, Section.RESULTS))


def test_words_that_only_begin_like_an_absence_are_a_value():
    written = brief(result("Troponin", None, "2026-11-23", valueString="no values above the limit"))
    assert "no values above the limit" in " ".join(lines(written, Section.RESULTS))
    assert not [line for line in written.lines if line.lead == "Without a value"]


@pytest.mark.parametrize("words", ["Within normal limits", "WNL", "Normal", "Negative", "NA"])
def test_a_word_that_says_normal_or_nothing_flags_no_result(words):
    written = brief(result("Potassium", 4.1, "2026-11-02", code="2823-3", interpretation=[{"text": words}]))
    assert lines(written, Section.RESULTS) == ["Latest results, not flagged: potassium 4.1 mg/dL (02-Nov-2026)"]
    assert written.headline == ()


@pytest.mark.parametrize(
    ("words", "phrase"),
    [
        ("Critical", "potassium 4.1 critical"),
        ("Panic high", "potassium 4.1 critical high"),
        ("HH", "potassium 4.1 critical high"),
        (">", "potassium 4.1 above the measurable range"),
        ("A", "potassium 4.1 abnormal"),
        ("AA", "potassium 4.1 critical"),
        ("Out of range", "potassium 4.1 abnormal"),
    ],
)
def test_a_word_that_says_abnormal_or_critical_flags_a_result(words, phrase):
    written = brief(result("Potassium", 4.1, "2026-11-02", code="2823-3", interpretation=[{"text": words}]))
    assert written.headline == (phrase,)


def test_a_word_that_nobody_knows_flags_nothing_and_is_shown_as_the_sources_own():
    local = {"coding": [{"system": "urn:lab", "code": "214", "display": "See comment"}]}
    written = brief(result("Potassium", 4.1, "2026-11-02", code="2823-3", interpretation=[local]))
    assert lines(written, Section.RESULTS) == [
        "Latest results, not flagged: potassium 4.1 mg/dL (marked “See comment” by its source) (02-Nov-2026)"
    ]
    assert written.headline == ()
    above = result("Potassium", 5.6, "2026-11-02", interpretation=[local], **POTASSIUM)
    assert results(above) == ["Potassium high: 5.6 mmol/L (02-Nov-2026), marked “See comment” by its source"]


@pytest.mark.parametrize("when", ["", "some day", "20/11/26"])
def test_a_value_without_a_date_that_can_be_read_is_told_beside_the_newest_c10(when):
    written = brief(
        result("Potassium", 6.9, when, unit="mmol/L", code="2823-3", flag="HH"),
        result("Potassium", 4.0, "2026-11-01", unit="mmol/L", code="2823-3"),
    )
    shown = lines(written, Section.RESULTS)
    assert shown[0] == "Potassium critical high: 6.9 mmol/L (undated)"
    assert any(
        "potassium 4.0 mmol/L (01-Nov-2026)" in line or "potassium 4 mmol/L (01-Nov-2026)" in line for line in shown
    )
    assert written.headline[0] == "potassium 6.9 critical high (undated)"


def test_no_value_without_a_date_hides_another_c10():
    values = [result("Potassium", value, "", unit="mmol/L", code="2823-3") for value in (6.9, 4.1, 5.2)]
    told = " ".join(lines(brief(*values), Section.RESULTS))
    assert all(f"potassium {value} mmol/L" in told for value in ("6.9", "4.1", "5.2"))
    assert "→" not in told


def test_a_pressure_without_a_date_is_told_beside_the_newest_c10():
    shown = lines(brief(pressure(210, 120, "some day"), pressure(120, 80, "2026-11-01")), Section.RESULTS)
    assert shown == ["Blood pressure: 120/80 mmHg (01-Nov-2026)", "Blood pressure: 210/120 mmHg (undated)"]
