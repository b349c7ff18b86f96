"""What changed lately: a handful of lines inside the window, or how old the newest entry is."""

from brief_histories import brief, encounter, line_with, lines, order, problem, procedure, report, result

from tasks.brief import Section


def changes(*resources):
    return lines(brief(*resources), Section.CHANGES)


def test_nothing_recent_says_how_old_the_newest_entry_is():
    written = brief(problem("Gout", onset="2019-05-12"), order("Allopurinol", since="2019-06-01"))
    (line,) = written.of(Section.CHANGES)
    assert line.plain == "Nothing newer than 01-Jun-2019"
    assert len(line.entry_ids) == 1


def test_an_empty_record_has_no_dated_entry():
    assert changes() == ["No dated entry"]


def test_stays_and_emergencies_of_the_window_are_said_with_reason_and_dates():
    shown = changes(
        encounter("IMP", "2026-09-01", "2026-09-05", reason="Pneumonia"),
        encounter("EMER", "2024-01-01", "2024-01-01", reason="Sprain"),
        encounter("AMB", "2026-10-01", "2026-10-01", reason="Check"),
    )
    assert shown[1:] == ["Hospital stays and emergency visits: inpatient stay 01-Sep-2026 to 05-Sep-2026: Pneumonia"]


def test_a_running_encounter_is_now():
    written = brief(encounter("EMER", "2026-11-24", reason="Fall", status="in-progress"))
    assert lines(written, Section.CHANGES) == ["Now: emergency visit: since 24-Nov-2026: Fall"]
    assert written.headline == ("emergency visit since 24-Nov-2026",)


def test_a_machine_token_is_no_reason():
    (line,) = changes(encounter("IMP", "2026-09-01", "2026-09-05", reason="dialysis_reason"))
    assert "dialysis_reason" not in line


def test_new_problems_are_new_and_resolved_ones_are_not():
    shown = changes(
        problem("Atrial fibrillation", onset="2026-10-02"),
        problem("Gout", onset="2001"),
        problem("Influenza", onset="2026-02-01", status="resolved"),
    )
    assert shown == [
        "New problems: atrial fibrillation (02-Oct-2026)",
        "Problems resolved: influenza (01-Feb-2026)",
    ]


def test_a_renewed_order_is_no_new_medicine():
    shown = changes(
        order("Metformin", since="2026-10-02"),
        order("Metformin", since="2021-01-01", status="completed"),
        order("Apixaban", since="2026-10-03"),
    )
    assert shown == ["New medicines: apixaban (03-Oct-2026)"]


def test_a_medicine_that_ended_is_said_with_status_and_reason_unless_it_was_renewed():
    shown = changes(
        order("Ramipril", since="2026-03-01", status="stopped", statusReason={"text": "Cough"}),
        order("Aspirin", since="2026-03-01", status="completed"),
        order("Aspirin", since="2020-04-01"),
        order("Codeine", since="2012-01-01", status="stopped"),
    )
    assert shown == ["Medicines ended: ramipril (stopped; “Cough”; ordered 01-Mar-2026)"]


def test_operations_are_told_and_questionnaires_are_not():
    written = brief(
        procedure("Right hemicolectomy", "2026-09-03"),
        procedure("Depression screening", "2026-10-01"),
        procedure("Medication reconciliation", "2026-10-01"),
    )
    assert lines(written, Section.CHANGES) == ["Procedures: right hemicolectomy (03-Sep-2026)"]
    assert written.headline == ("right hemicolectomy 03-Sep-2026",)


def test_a_repeated_procedure_is_one_item():
    (line,) = changes(*(procedure("Renal dialysis", f"2026-10-{day}") for day in (11, 14, 18)))
    assert line == "Procedures: renal dialysis (repeated, latest 18-Oct-2026)"


def test_a_result_that_turned_abnormal_is_said_with_the_value_before():
    written = brief(
        result("Potassium", 4.4, "2026-01-02", code="2823-3", flag="N", unit="mmol/L"),
        result("Potassium", 5.9, "2026-11-02", code="2823-3", flag="H", unit="mmol/L"),
        result("Sodium", 130, "2026-01-02", code="2951-2", flag="L", unit="mmol/L"),
        result("Sodium", 129, "2026-11-02", code="2951-2", flag="L", unit="mmol/L"),
    )
    line = line_with(written, "Newly abnormal")
    assert line.text == "potassium 5.9 mmol/L high (02-Nov-2026; 4.4 before)"
    assert len(line.entry_ids) == 2


def test_there_are_never_more_than_eight_lines():
    everything = [
        *(encounter("EMER", "2026-11-2" + str(n), status="in-progress") for n in range(4)),
        *(encounter("IMP", f"2026-0{n}-01", f"2026-0{n}-02") for n in range(1, 9)),
        *(problem(f"Disease {n}", onset="2026-10-01") for n in range(9)),
        *(order(f"Drug{n}", since="2026-10-01") for n in range(9)),
        *(order(f"Gone{n}", since="2026-10-01", status="stopped") for n in range(9)),
        *(procedure(f"Repair of part {n}", "2026-10-01") for n in range(9)),
        *(result(f"T{n}", 1, "2026-10-01", flag="N") for n in range(9)),
        *(result(f"T{n}", 9, "2026-10-02", flag="H") for n in range(9)),
        *(report(f"CT part {n}", "2026-10-01", "Normal.") for n in range(9)),
    ]
    assert len(changes(*everything)) == 8
