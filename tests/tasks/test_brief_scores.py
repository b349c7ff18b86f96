"""Risk scales, results that are normal again, and results that are positive in words."""

import pytest
from brief_histories import LOINC, brief, coded, line_with, lines, resource, result

from tasks.brief import Section, Weight

CRP = {"code": "1988-5", "unit": "mg/L"}


def scale(title, value, when="2026-04-09", **members):
    return resource(
        "Observation",
        status="final",
        category=[{"coding": [{"code": "survey"}]}],
        code=coded(LOINC, "", title),
        effectiveDateTime=when,
        **({"valueQuantity": {"value": value}} if isinstance(value, int) else {"valueString": value}),
        **members,
    )


def test_the_latest_score_of_a_risk_scale_stands_with_what_it_was_called():
    name = "Fall risk total [Morse Fall Scale]"
    written = brief(
        scale(name, 85), scale("Fall risk level [Morse Fall Scale]", "High Risk"), scale(name, 20, "2026-01-01")
    )
    line = line_with(written, "Risk scores")
    assert line.text == "Morse Fall Scale: 85, High Risk (09-Apr-2026)"
    assert line.weight is Weight.NOTABLE


def test_a_low_score_is_plain_and_one_of_years_ago_is_gone():
    written = brief(scale("Braden scale total score", 21), scale("Waterlow score", 22, "2020-01-01"))
    line = line_with(written, "Risk scores")
    assert line.text == "Braden scale total score: 21 (09-Apr-2026)"
    assert line.weight is Weight.PLAIN


def test_a_risk_scale_filed_as_a_result_is_no_result():
    written = brief(result("Fall risk total [Morse Fall Scale]", 85, "2026-04-09", unit="#"))
    assert line_with(written, "Morse").section is Section.CARE
    assert lines(written, Section.RESULTS) == ["Results: none recorded"]


def test_a_clearly_abnormal_result_that_is_normal_again_shows_its_course():
    values = ((108.3, "2026-10-02"), (74, "2026-10-05"), (0.2, "2026-10-21"))
    written = brief(*(result("CRP", v, when, limits=(None, 8), **CRP) for v, when in values))
    assert lines(written, Section.RESULTS) == [
        "No longer abnormal: CRP 108.3 → 74 → 0.2 mg/L (02-Oct-2026 to 21-Oct-2026)"
    ]


@pytest.mark.parametrize(
    "last",
    [
        result("Creatinine", 2.68, "2026-10-08", code="2160-0"),  # neither flag nor range: nobody calls it normal
        result("Creatinine", 2.68, "2026-10-08", code="2160-0", flag="H"),
        result("Creatinine", 0.9, "2024-10-08", code="2160-0", flag="N"),
    ],
)
def test_a_result_that_nobody_calls_normal_lately_is_not_no_longer_abnormal(last):
    first = result("Creatinine", 4.5, "2026-04-09", code="2160-0", flag="H")
    assert "No longer abnormal" not in str(brief(first, last).lines)


def test_a_result_that_was_hardly_abnormal_is_not_worth_a_course():
    values = ((8.5, "2026-10-02"), (6, "2026-10-21"))
    written = brief(*(result("CRP", v, when, limits=(None, 8), **CRP) for v, when in values))
    assert "No longer abnormal" not in str(written.lines)


def test_pluses_and_positive_words_without_a_flag_are_shown_as_written():
    written = brief(
        result("Protein in Urine by Test strip", "Urine protein test = +++", "2026-10-08"),
        result("Chlamydia DNA", "Positive", "2026-10-08"),
        result("Nitrite in Urine", "Nitrite not detected in urine", "2026-10-08"),
        result("Rh type", "Positive", "2026-10-08"),
        result("Ketones in Urine", "2+", "2020-10-08"),
    )
    line = line_with(written, "Positive in words")
    assert line.text == "chlamydia DNA positive, urine protein test = +++ (08-Oct-2026)"
    assert line.weight is Weight.NOTABLE
