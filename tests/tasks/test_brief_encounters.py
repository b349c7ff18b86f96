"""When the patient was last seen, and the visits of a pregnancy."""

from brief_histories import brief, encounter, line_with, lines, order, problem, procedure

from tasks.brief import Section


def visit(kind, when, **members):
    return encounter("AMB", when, when) | {"type": [{"text": kind}]} | members


def test_the_latest_visit_is_said_with_its_date_kind_and_reason():
    written = brief(
        encounter("AMB", "2026-11-02", "2026-11-02", reason="Annual diabetes review"),
        encounter("AMB", "2025-11-02", "2025-11-02", reason="Cough"),
    )
    assert line_with(written, "Last seen").text == "02-Nov-2026: ambulatory visit: Annual diabetes review"


def test_the_kind_of_a_visit_goes_before_its_class_unless_it_says_nothing():
    assert line_with(brief(visit("Prenatal Visit", "2026-10-16")), "Last seen").text == "16-Oct-2026: prenatal visit"
    plain = visit("Encounter for check-up", "2026-10-16", reasonCode=[{"text": "Encounter for immunization"}])
    assert line_with(brief(plain), "Last seen").text == "16-Oct-2026: ambulatory visit: immunization"


def test_a_stay_that_is_told_already_and_a_planned_visit_are_not_the_last_seen():
    assert "Last seen" not in str(brief(encounter("IMP", "2026-09-01", "2026-09-05")).lines)
    assert "Last seen" not in str(brief(encounter("AMB", "2026-12-05", status="planned")).lines)
    assert "Last seen" not in str(
        brief(encounter("EMER", "2026-11-23", status="in-progress"), encounter("AMB", "2026-11-02", "2026-11-02")).lines
    )


def test_an_old_last_visit_is_said_as_well():
    written = brief(encounter("AMB", "2019-05", "2019-05", reason="Cough"))
    assert line_with(written, "Last seen").text == "May 2019: ambulatory visit: Cough"


def test_antenatal_visits_are_one_line_with_the_latest():
    visits = [visit("Prenatal visit", f"2026-{month}-16") for month in ("08", "09", "10")]
    written = brief(*visits, visit("Prenatal visit", "2020-01-01"), problem("Normal pregnancy", onset="2026-02-27"))
    line = line_with(written, "antenatal visits")
    assert line.plain == "Pregnancy: antenatal visits (latest of 3: 16-Oct-2026)"
    assert len(line.entry_ids) == 3


def test_vaccines_and_tests_filed_as_procedures_stand_with_the_prevention():
    written = brief(
        procedure("Administration of vaccine product containing only pertussis antigens (procedure)", "2026-10-16"),
        procedure("Hepatitis B surface antigen measurement", "2026-04-24"),
        procedure("Blood group typing", "2026-04-23"),
        procedure("Rubella screening test", "2020-04-24"),
    )
    assert lines(written, Section.PREVENTION) == [
        "Vaccines recorded as procedures: 16-Oct-2026: pertussis antigens",
        "Tests recorded as procedures: 24-Apr-2026: hepatitis B surface antigen; 23-Apr-2026: blood group typing",
    ]
    assert "Procedures:" not in str(lines(written, Section.CHANGES))


def test_the_note_beside_an_order_a_problem_and_a_plan_is_quoted():
    aside = [{"text": "Tonight's dose not given; advice awaited."}]
    written = brief(
        order("Apixaban", note=aside),
        problem("Gout", note=aside),
        procedure("Biopsy", status="preparation") | {"note": aside},
    )
    quote = "note: “Tonight's dose not given; advice awaited.”"
    assert [line.section for line in written.lines if quote in line.text] == [
        Section.PROBLEMS,
        Section.MEDICINES,
        Section.CARE,
    ]
