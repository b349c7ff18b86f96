"""What is dated after the chart's own day is shown and marked, and never stands for today (C5, C10)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from brief_histories import (
    AS_OF,
    allergy,
    brief,
    encounter,
    history,
    lines,
    no_known_allergies,
    note,
    order,
    pressure,
    problem,
    procedure,
    report,
    result,
    study,
    vaccine,
)

from tasks.brief import Section
from tasks.chart_brief import write_brief

POTASSIUM = {"code": "2823-3", "unit": "mmol/L", "limits": (3.5, 5.1)}
MARK = "dated in the future"
LATER = "2199-01-01"
CREATED = [LATER, "2199", "2199-01", "2026-11-26T08:00:00Z", "2026-11-25"]


def potassium(value, when, **members):
    return result("Potassium", value, when, **{**POTASSIUM, **members})


def all_lines(written):
    return [line.plain for line in written.lines]


@pytest.mark.parametrize("when", CREATED)
def test_a_result_of_the_future_does_not_hide_the_value_of_today_c10(when):
    shown = lines(brief(potassium(6.1, "2026-11-20"), potassium(4.2, when)), Section.RESULTS)
    assert shown[0] == "Potassium high: 6.1 mmol/L (20-Nov-2026)"
    (other,) = [line for line in shown[1:] if "4.2" in line]
    assert MARK in other


@pytest.mark.parametrize("when", CREATED)
def test_a_result_of_the_future_makes_no_trend_and_no_change_c10(when):
    written = brief(potassium(4.2, "2026-11-01"), potassium(4.1, "2026-11-20"), potassium(6.9, when, flag="HH"))
    told = [line for line in all_lines(written) if "6.9" in line]
    assert told
    assert all(MARK in line and "→" not in line and "rising" not in line and "before" not in line for line in told)
    assert not any("6.9" in phrase for phrase in written.headline)


@pytest.mark.parametrize("when", ["2026-11-24", "2026-11-24T22:00:00Z", "2026-11", "2026", "2026-11-25T01:00:00+14:00"])
def test_what_may_be_of_today_is_not_of_the_future(when):
    written = brief(potassium(6.1, when), encounter("AMB", when, when))
    assert MARK not in " ".join(all_lines(written))


def test_the_day_is_that_of_the_hospital():
    chart = history(potassium(6.1, "2026-11-25"))
    at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert MARK in " ".join(all_lines(write_brief(chart, as_of=at)))
    there = at.astimezone(timezone(timedelta(hours=13)))
    assert MARK not in " ".join(all_lines(write_brief(chart, as_of=there)))


def test_a_pressure_of_the_future_stands_apart():
    shown = lines(brief(pressure(150, 90, "2026-11-20"), pressure(120, 70, LATER)), Section.RESULTS)
    today, later = sorted((line for line in shown if "Blood pressure" in line), key=lambda line: MARK in line)
    assert "150/90" in today
    assert "120/70" not in today
    assert "120/70" in later
    assert MARK in later


def test_a_pressure_of_the_future_hides_no_doubtful_one_of_today():
    doubtful = pressure(150, 90, "2026-11-20") | {"status": "unknown"}
    shown = " | ".join(lines(brief(doubtful, pressure(120, 70, LATER)), Section.RESULTS))
    assert "150/90" in shown
    assert "120/70" in shown


@pytest.mark.parametrize("status", ["stopped", "completed", "cancelled"])
def test_an_order_of_the_future_ends_no_medicine_c5(status):
    written = brief(order("Warfarin 3 mg", since="2024-01-02"), order("Warfarin 3 mg", since=LATER, status=status))
    shown = lines(written, Section.MEDICINES)
    assert any(line.startswith("Warfarin: 3 mg, since Jan 2024") and MARK not in line for line in shown)
    assert not any("Medicines ended" in line for line in all_lines(written))
    assert "on warfarin" in written.headline


def test_an_order_of_the_future_keeps_no_medicine_running_and_makes_none_old_c5():
    written = brief(
        order("Prednisolone 5 mg", since="2026-11-01", status="stopped"), order("Prednisolone 5 mg", since=LATER)
    )
    assert any("Medicines ended" in line and "prednisolone" in line for line in all_lines(written))
    again = brief(order("Amlodipine 5 mg", since="2026-11-01"), order("Amlodipine 5 mg", since=LATER))
    assert any("New medicines: amlodipine" in line for line in all_lines(again))


def test_the_only_order_of_a_medicine_is_shown_though_its_date_is_wrong():
    (line,) = lines(brief(order("Warfarin 3 mg", since=LATER)), Section.MEDICINES)
    assert line.startswith("Warfarin: marked active, dated in the future")
    assert "anticoagulant" in line


def test_a_problem_resolved_in_the_future_ends_none_c5():
    written = brief(problem("Asthma", onset="2001-05-01"), problem("Asthma", onset=LATER, status="resolved"))
    assert lines(written, Section.PROBLEMS) == ["Asthma: since May 2001"]
    (line,) = [line for line in all_lines(written) if "2199" in line]
    assert MARK in line


def test_an_allergy_keeps_its_place_and_its_phrase_whatever_its_date_c6():
    written = brief(allergy("Penicillin", reaction="Anaphylaxis", severity="severe", recordedDate=LATER))
    assert written.lines[0].plain.startswith("Allergies: penicillin (anaphylaxis, severe, ")
    assert MARK in written.lines[0].plain
    assert "penicillin anaphylaxis" in written.headline


def test_no_known_allergies_of_the_future_is_no_statement_c6():
    written = brief(no_known_allergies(recordedDate=LATER))
    assert written.lines[0].plain.startswith("Allergies: not recorded")
    assert MARK in written.lines[0].plain
    assert "Allergies: not recorded" in written.warnings


def test_an_impression_of_the_future_does_not_stand_before_that_of_today():
    chest = study("Chest X-ray", "2026-11-20")
    written = brief(
        chest,
        report("Chest X-ray", "2026-11-20", "New right effusion.", of=chest),
        report("Chest X-ray", LATER, "Lungs clear.", of=chest),
    )
    (line,) = [line for line in lines(written, Section.IMAGING) if "effusion" in line]
    assert line.startswith("Chest X-ray: 20-Nov-2026: ")
    assert "“Chest X-ray” (01-Jan-2199): dated in the future" in line


def test_a_note_of_the_future_does_not_stand_before_that_of_today():
    written = brief(
        note("Progress note", "2026-11-20", "Plan: stop heparin tonight."),
        note("Progress note", LATER, "Plan: discharge home."),
    )
    assert any("Note: Progress note: 20-Nov-2026: “Plan: stop heparin tonight.”" in line for line in all_lines(written))
    assert all(MARK in line for line in all_lines(written) if "discharge" in line or "2199" in line)
    assert any("2199" in line for line in all_lines(written))


def test_an_encounter_of_the_future_is_neither_now_nor_the_last_one():
    written = brief(encounter("AMB", "2026-10-05", "2026-10-05"), encounter("IMP", LATER, status="in-progress"))
    assert not any(line.startswith("Now:") for line in all_lines(written))
    assert any(line.startswith("Last seen: 05-Oct-2026") for line in all_lines(written))
    assert any(MARK.capitalize() in line and "2199" in line for line in all_lines(written))


SOMETHING = [
    *(potassium(4.2, LATER), result("Unheard-of test", "none", LATER), result("Urine ketones", "+++", LATER)),
    result(
        "Tobacco smoking status", "Smoker", LATER, code="72166-2", category=[{"coding": [{"code": "social-history"}]}]
    ),
    *(order("Warfarin", since=LATER), problem("Asthma", onset=LATER), allergy("Latex", recordedDate=LATER)),
    *(encounter("IMP", LATER, LATER), procedure("Appendectomy", LATER), vaccine("Influenza", LATER)),
    *(report("Chest CT", LATER, "A mass."), study("Chest CT", LATER), note("Letter", LATER, "Plan: none.")),
    result("Morse fall scale", 85, LATER, unit="{score}"),
]


@pytest.mark.parametrize("made", SOMETHING, ids=lambda made: f"{made['resourceType']}-{made['id']}")
def test_whatever_is_dated_in_the_future_is_cited_and_marked(made):
    written = brief(made, *(potassium(4.0 + step / 10, f"2026-11-{step + 1:02}") for step in range(9)))
    told = [line for line in written.lines if "2199" in line.plain]
    assert told
    assert all(MARK in line.plain.lower() and line.entry_ids for line in told)


def test_what_is_planned_for_later_is_planned():
    written = brief(encounter("AMB", "2026-12-24", status="planned", reason="Follow-up"))
    assert MARK not in " ".join(all_lines(written))
    assert any(line.startswith("Planned: ") for line in all_lines(written))


def test_of_many_entries_of_the_future_all_are_cited():
    written = brief(*(encounter("IMP", f"2199-01-{day:02}", f"2199-01-{day:02}") for day in range(1, 29)))
    (line,) = [line for line in written.lines if MARK.capitalize() in line.lead]
    assert len(line.entry_ids) == 28
    assert "more" in line.text


def test_a_brief_of_later_takes_them_as_they_are():
    chart = history(potassium(6.1, "2026-11-20"), potassium(4.2, "2026-11-26"))
    later = write_brief(chart, as_of=AS_OF + timedelta(days=3))
    assert MARK not in " ".join(all_lines(later))
    assert any("6.1 → 4.2" in line for line in all_lines(later))


EVENING = datetime(2026, 11, 23, 20, tzinfo=timezone(timedelta(hours=-5)))


@pytest.mark.parametrize(
    "written", ["2026-11-23T19:30:00-05:00", "2026-11-24T00:30:00Z", "2026-11-24T00:30:00.000+0000"]
)
def test_one_moment_is_one_day_however_its_zone_is_written_c10(written):
    chart = history(
        potassium(7.1, written, flag="HH"), problem("Acute MI", onset=written), order("Warfarin 5 mg", since=written)
    )
    told = write_brief(chart, as_of=EVENING)
    assert told.headline[0] == "potassium 7.1 critical high"
    assert MARK not in " ".join(all_lines(told))
    assert {"New problems: acute MI (23-Nov-2026)", "New medicines: warfarin (23-Nov-2026)"} <= set(all_lines(told))


def test_a_moment_that_is_to_come_is_of_the_future_in_the_hospitals_zone_too():
    told = write_brief(history(potassium(7.1, "2026-11-24T05:30:00Z")), as_of=EVENING)
    assert MARK in " ".join(all_lines(told))
    assert "24-Nov-2026" in " ".join(all_lines(told))


def test_a_chart_read_in_utc_keeps_the_days_of_whoever_wrote_it():
    told = brief(potassium(6.1, "2026-11-02T22:30:00-05:00"))
    assert "02-Nov-2026" in " ".join(all_lines(told))
