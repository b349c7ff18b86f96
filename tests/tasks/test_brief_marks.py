"""What must not be taken as it stands says so wherever it is shown, and stands for nothing else (A9)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from brief_histories import (
    AS_OF,
    LOINC,
    allergy,
    brief,
    coded,
    history,
    lines,
    no_known_allergies,
    note,
    order,
    pressure,
    problem,
    procedure,
    report,
    resource,
    result,
    vaccine,
)

from fhir_adapters.history import Standing
from tasks.brief import Section
from tasks.chart_brief import write_brief

POTASSIUM = {"code": "2823-3", "unit": "mmol/L", "limits": (3.5, 5.1)}
WORDS = "changed by an extension that is not understood"
ALONE = {Section.PROBLEMS, Section.MEDICINES, Section.RESULTS}
NOT_TAKEN = ["unknown", "registered", "", "pending", "Unknown", "REGISTERED", "?"]


def potassium(value, when, status, **members):
    made = result("Potassium", value, when, status=status, **{**POTASSIUM, **members})
    if not status:
        del made["status"]
    return made


def results(*resources):
    return lines(brief(*resources), Section.RESULTS)


def modified(*resources, which=0, standing=Standing.UNKNOWN):
    """The brief of a chart in which the first resource carries a modifier that is not understood."""
    chart = history(*resources)
    reference = f"{resources[which]['resourceType']}/{resources[which]['id']}"
    entries = [
        replace(entry, unread_modifier=WORDS, standing=standing) if entry.reference == reference else entry
        for entry in chart.entries
    ]
    return write_brief(replace(chart, entries=tuple(entries)), as_of=AS_OF)


def all_lines(written):
    return [line.plain for line in written.lines]


@pytest.mark.parametrize("status", NOT_TAKEN)
def test_a_value_that_is_not_final_is_never_the_newest_without_a_mark_a9(status):
    shown = results(potassium(6.1, "2026-11-20", "final"), potassium(4.2, "2026-11-21", status))
    assert shown[0] == "Potassium high: 6.1 mmol/L (20-Nov-2026)"
    (other,) = [line for line in shown[1:] if "4.2" in line]
    mark = {"": "status not stated", "unknown": "status not stated", "registered": "registered, not final"}
    assert mark.get(status.lower(), f"status “{status}”") in other


@pytest.mark.parametrize("status", NOT_TAKEN)
def test_an_abnormal_value_that_is_not_final_is_told_with_its_mark_a9(status):
    written = brief(potassium(4.2, "2026-11-20", "final"), potassium(6.9, "2026-11-21", status, flag="HH"))
    told = [line for line in all_lines(written) if "6.9" in line]
    assert told
    assert all("status" in line or "not final" in line for line in told)
    assert all("status" in phrase or "not final" in phrase for phrase in written.headline if "6.9" in phrase)
    assert not any("4.2 → 6.9" in line or "4.2 before" in line for line in all_lines(written))


def test_what_a_newer_final_value_has_replaced_is_not_told_again():
    shown = results(potassium(6.9, "2026-11-19", "unknown", flag="HH"), potassium(4.2, "2026-11-21", "final"))
    assert shown == ["Latest results, not flagged: potassium 4.2 mmol/L (21-Nov-2026)"]


@pytest.mark.parametrize("status", ["final", "FINAL", " Final ", "amended", "Corrected"])
def test_a_final_value_counts_in_any_case(status):
    (line,) = results(potassium(6.1, "2026-11-20", "final"), potassium(6.9, "2026-11-21", status, flag="H"))
    assert line.startswith("Potassium high, rising: 6.1 → 6.9")


@pytest.mark.parametrize("status", ["preliminary", "Preliminary", " PRELIMINARY"])
@pytest.mark.parametrize("flag", ["", "H"])
def test_preliminary_is_said_in_every_line_of_results_a9(status, flag):
    (line,) = results(potassium(4.4, "2026-11-23", status, flag=flag))
    assert "preliminary" in line


def test_an_older_preliminary_value_in_a_course_says_so():
    (line,) = results(
        potassium(5.4, "2026-11-20", "final", flag="H"),
        potassium(6.4, "2026-11-21", "preliminary", flag="H"),
        potassium(7.4, "2026-11-22", "final", flag="H"),
    )
    assert "5.4 → 6.4 (preliminary) → 7.4 mmol/L" in line


def test_the_final_value_of_a_moment_stands_before_the_preliminary_one():
    made = (potassium(6.4, "2026-11-21T10:00:00Z", "preliminary"), potassium(4.4, "2026-11-21T10:00:00Z", "final"))
    for order_of in (made, made[::-1]):
        (line,) = results(*order_of)
        assert line.endswith("4.4 mmol/L (21-Nov-2026)") or "→ 4.4 mmol/L (21-Nov-2026)" in line


def test_preliminary_is_said_in_the_phrases_of_the_card_a9():
    written = brief(
        potassium(6.9, "2026-11-21", "preliminary", flag="HH"),
        pressure(190, 110, "2026-11-21") | {"status": "Preliminary"},
        report("Chest CT", "2026-11-20", "New mass.", status="preliminary"),
    )
    assert len(written.headline) >= 2
    assert all("preliminary" in phrase for phrase in written.headline)


def test_newly_abnormal_by_a_preliminary_value_says_so_a9():
    written = brief(potassium(4.2, "2026-11-01", "final"), potassium(6.9, "2026-11-21", "preliminary"))
    assert "4.2 before, preliminary" in " ".join(all_lines(written))


def test_a_modified_medicine_or_problem_keeps_its_status_in_sight():
    stopped = order("Ibuprofen", status="stopped", since="2026-10-01")
    assert lines(modified(stopped), Section.MEDICINES) == [f"Ibuprofen: marked stopped, {WORDS}"]
    resolved = problem("Pneumonia", status="resolved")
    assert lines(modified(resolved), Section.PROBLEMS) == [f"Pneumonia: marked resolved, {WORDS}"]


def test_positive_in_words_and_back_to_normal_say_preliminary_a9():
    shown = results(
        result("Urine ketones", "+++", "2026-11-20", status="preliminary"),
        result("CRP", 108, "2026-10-01", code="1988-5", unit="mg/L", limits=(0, 5)),
        result("CRP", 1, "2026-11-01", code="1988-5", unit="mg/L", limits=(0, 5), status="preliminary"),
    )
    assert all("preliminary" in line for line in shown), shown


@pytest.mark.parametrize("status", ["unknown", "registered", "preliminary"])
def test_a_blood_pressure_is_marked_and_is_not_the_newest_a9(status):
    shown = results(pressure(180, 110, "2026-11-01"), pressure(120, 70, "2026-11-20") | {"status": status})
    if status == "preliminary":
        assert shown == [
            "Blood pressure: 180/110 → 120/70 mmHg (01-Nov-2026 to 20-Nov-2026), systolic falling, preliminary"
        ]
        return
    assert shown[0].startswith("Blood pressure: 180/110 mmHg (01-Nov-2026)")
    assert "120/70" in shown[1]
    assert "status not stated" in shown[1] or "registered, not final" in shown[1]


def test_half_a_blood_pressure_is_not_lost():
    upper = result("Systolic blood pressure", 220, "2026-11-02", code="8480-6", unit="mmHg", vital=True, flag="HH")
    assert any("220" in line for line in results(upper))
    lower = result("Diastolic blood pressure", 84, "2026-11-02", code="8462-4", unit="mmHg", vital=True)
    shown = results(upper | {"status": "unknown"}, lower)
    assert any("220" in line and "status not stated" in line for line in shown)


def test_a_last_value_is_not_hidden_by_a_newer_entry_without_one():
    absent = result("Potassium", None, "2026-11-22", dataAbsentReason={"text": "haemolysed"}, code="2823-3")
    shown = results(potassium(6.1, "2026-11-20", "final"), absent)
    assert shown[0].startswith("Potassium high: 6.1")
    assert shown[1].startswith("Without a value: Potassium")
    assert len(results(absent, potassium(6.1, "2026-11-23", "final"))) == 1


@pytest.mark.parametrize("value", [6.9, 4.2])
def test_a_result_with_an_unread_modifier_is_never_the_newest_and_says_so_a9(value):
    written = modified(potassium(value, "2026-11-21", "final"), potassium(5.9, "2026-11-20", "final"))
    told = [line for line in all_lines(written) if str(value) in line]
    assert told
    assert all(WORDS in line for line in told)
    assert "Potassium high: 5.9 mmol/L (20-Nov-2026)" in all_lines(written)
    assert not any(str(value) in phrase for phrase in written.headline)


def test_results_with_unread_modifiers_make_no_trend():
    chart = history(*(potassium(value, f"2026-11-2{n}", "final") for n, value in enumerate((4.0, 5.0, 6.0))))
    entries = tuple(replace(e, unread_modifier=WORDS, standing=Standing.UNKNOWN) for e in chart.entries)
    written = write_brief(replace(chart, entries=entries), as_of=AS_OF)
    assert not any("→" in line or "rising" in line for line in all_lines(written))


SHOWN = [
    (allergy("Latex"), [Standing.UNKNOWN, Standing.REFUTED, Standing.PAST]),
    (no_known_allergies(), [Standing.UNKNOWN]),
    (order("Warfarin", since="2026-11-01"), [Standing.UNKNOWN, Standing.PAST, Standing.REFUTED]),
    (problem("Stroke", onset="2026-11-01"), [Standing.UNKNOWN, Standing.PAST]),
    (problem("Stroke", onset="2001"), [Standing.UNKNOWN, Standing.PAST]),
    (problem("Stress (finding)", code="73595000"), [Standing.UNKNOWN]),
    (vaccine("Measles", "2026-01-01"), [Standing.UNKNOWN, Standing.PAST, Standing.REFUTED]),
    (result("Potassium", 4.0, "2026-11-21"), [Standing.UNKNOWN]),
    (result("Potassium", 9.0, "2026-11-21", flag="HH"), [Standing.UNKNOWN]),
    (pressure(150, 90, "2026-11-21"), [Standing.UNKNOWN]),
    (procedure("Amputation of leg", "2026-11-01"), [Standing.UNKNOWN, Standing.PAST]),
    (procedure("Colonoscopy", "2026-11-01"), [Standing.PAST]),
    (report("Chest CT", "2026-11-01", "New mass."), [Standing.UNKNOWN]),
    (note("Progress note", "2026-11-01", "Feels tired. Chest pain since Monday."), [Standing.UNKNOWN]),
    (resource("CarePlan", status="active", title="Anticoagulation plan"), [Standing.UNKNOWN, Standing.PLANNED]),
    (
        resource("Observation", status="final", code=coded(LOINC, "72166-2", "Smoking"), valueString="Never",
                 effectiveDateTime="2026-01-01", category=[{"coding": [{"code": "social-history"}]}]),
        [Standing.UNKNOWN],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("made", "standing"), [(made, standing) for made, found in SHOWN for standing in (*found, Standing.CURRENT)]
)
def test_whatever_carries_an_unread_modifier_says_so_in_every_line_that_cites_it_a9(made, standing):
    written = modified(made, standing=standing)
    citing = [line for line in written.lines if line.entry_ids]
    assert all(WORDS in line.plain for line in citing)
    assert written.headline == ()


@pytest.mark.parametrize(
    "made",
    [
        allergy("Latex"),
        order("Warfarin", since="2026-11-01"),
        problem("Stroke", onset="2026-11-01"),
        vaccine("Measles", "2026-01-01"),
        pressure(150, 90, "2026-11-01"),
    ],
)
def test_what_is_modified_and_what_is_not_stand_apart(made):
    plain = {**made, "id": "plain"}
    without = brief(plain)
    written = modified(made, plain)
    told = [line.plain for line in written.lines if line.entry_ids]
    assert any(WORDS in line for line in told)
    assert set(without.headline) <= set(written.headline)
    kept = [line.plain for line in without.lines if line.entry_ids and line.section in ALONE]
    assert set(kept) <= set(told)


def test_none_known_with_an_unread_modifier_is_no_statement_that_none_are_known_c6():
    written = modified(no_known_allergies())
    (line,) = written.of(Section.ALLERGIES)
    assert line.lead == "Allergies"
    assert line.text.startswith("not recorded; the record holds “No known allerg")
    assert written.warnings == ("Allergies: not recorded",)


def test_a_refuted_statement_that_nothing_is_known_is_not_repeated():
    ips = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    refuted = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    none = problem("", **refuted) | {"code": {"coding": [{"system": ips, "code": "no-known-problems"}]}}
    assert lines(brief(none), Section.PROBLEMS) == ["Active problems: none recorded"]


@pytest.mark.parametrize("status", ["unknown", ""])
def test_answers_and_directives_of_unknown_status_do_not_replace_the_stated_ones(status):
    def said(text, code, value, *, when, standing):
        made = resource(
            "Observation",
            status=standing,
            code=coded(LOINC, code, text),
            valueString=value,
            effectiveDateTime=when,
            category=[{"coding": [{"code": "social-history"}]}],
        )
        return {key: held for key, held in made.items() if held}

    written = brief(
        said("Tobacco smoking status", "72166-2", "Heavy smoker", when="2025-01-01", standing="final"),
        said("Tobacco smoking status", "72166-2", "Never smoked", when="2026-01-01", standing=status),
        said("Resuscitation status", "", "DNR", when="2026-01-01", standing="final"),
        said("Resuscitation status", "", "For resuscitation", when="2026-02-01", standing=status),
    )
    care = lines(written, Section.CARE)
    assert any("heavy smoker" in line for line in care)
    assert all("status not stated" in line for line in care if "ever smoked" in line or "For resuscitation" in line)
    assert any("DNR" in line for line in care)


def test_a_report_whose_status_is_not_stated_or_preliminary_in_another_case_says_so():
    for status, words in (
        ("unknown", "status not stated"),
        ("Preliminary", "preliminary"),
        ("registered", "registered"),
    ):
        (line,) = lines(brief(report("Chest CT", "2026-11-01", "New mass.", status=status)), Section.IMAGING)
        assert words in line


def test_a_vaccine_of_unknown_status_is_not_the_latest_of_those_given():
    written = brief(vaccine("Tetanus", "2016-01-01"), vaccine("Tetanus", "2026-01-01", status="unknown"))
    (line,) = lines(written, Section.PREVENTION)
    assert line == "Immunizations: Tetanus (01-Jan-2026, status not stated); Tetanus (01-Jan-2016)"


def test_what_the_brief_says_of_time_stays_the_same():
    chart = history(potassium(6.9, "2026-11-21", "unknown"))
    assert write_brief(chart, as_of=AS_OF).lines == write_brief(chart, as_of=AS_OF + timedelta(hours=1)).lines
