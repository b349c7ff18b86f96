"""Care: directives first, then pregnancy, plans, what was done, social history and the newest notes."""

from brief_histories import (
    LOINC,
    brief,
    coded,
    encounter,
    labelled,
    line_with,
    lines,
    note,
    problem,
    procedure,
    resource,
    result,
)

from tasks.brief import Section, Weight


def care(*resources):
    return lines(brief(*resources), Section.CARE)


def answer(text, code, value):
    return resource(
        "Observation",
        status="final",
        category=[{"coding": [{"code": "social-history"}]}],
        code=coded(LOINC, code, text),
        effectiveDateTime="2026-10-01",
        valueCodeableConcept={"text": value},
    )


def test_a_directive_is_quoted_notable_and_among_the_first_on_the_card():
    body = "Advance healthcare directive, signed 14-May-2024.\nThe patient does not wish resuscitation.\n"
    written = brief(note("Advance healthcare directive", "2024-05-14", body))
    line = line_with(written, "Advance healthcare directive")
    assert line.text == "14-May-2024: “The patient does not wish resuscitation.”"
    assert line.weight is Weight.NOTABLE
    assert written.lines.index(line) in written.top
    assert written.headline == ("advance healthcare directive (14-May-2024)",)


def test_not_for_resuscitation_is_a_headline_and_for_resuscitation_is_none():
    limited = brief(answer("Resuscitation status", "88028-2", "Not for resuscitation"))
    assert limited.headline == ("resuscitation status: Not for resuscitation",)
    assert brief(answer("Resuscitation status", "88028-2", "For resuscitation")).headline == ()


def test_a_superseded_directive_is_gone():
    assert care(note("Living will", "2020-01-01", "No ventilation.") | {"status": "superseded"}) == []


def test_pregnancy_is_pinned():
    written = brief(answer("Pregnancy status", "82810-3", "Pregnant"))
    line = line_with(written, "Pregnancy")
    assert line.text == "pregnancy status Pregnant (01-Oct-2026)"
    assert written.lines.index(line) in written.top


def test_planned_things_are_planned_and_not_done():
    written = brief(
        procedure("Liver biopsy", status="preparation"),
        encounter("AMB", "2026-12-01", status="planned", reason="Oncology"),
        procedure("Knee replacement", "2019-01-01", status="not-done"),
    )
    line = line_with(written, "Planned")
    assert "Liver biopsy" in line.text
    assert "Oncology" in line.text
    assert "Knee replacement" not in str(written.lines)


def test_active_care_plans_name_their_activities_once_for_each_title():
    def plan(status):
        activity = [{"detail": {"description": "Daily sodium", "status": "in-progress"}}]
        return resource("CarePlan", status=status, intent="plan", title="Low sodium", activity=activity)

    shown = care(plan("active"), plan("active"), plan("completed"))
    assert shown == ["Care plan: Low sodium: Daily sodium (in-progress)"]


def test_operations_of_earlier_years_stay_and_small_things_go_where_there_are_many():
    small = [procedure(f"Suture number {n}", f"2011-01-{n + 10}") for n in range(9)]
    (line,) = care(procedure("Insertion of pacemaker", "2003-02-01"), *small)
    assert line == "Earlier procedures: Insertion of pacemaker (01-Feb-2003)"


def test_earlier_stays_are_three_and_a_count():
    stays = [encounter("IMP", f"201{n}-01-01", f"201{n}-01-05", reason="Asthma") for n in range(5)]
    (line,) = care(*stays)
    assert line.endswith("and 2 more")
    assert line.count("Asthma") == 3


def test_smoking_and_scores_are_one_social_line():
    shown = care(
        answer("Tobacco smoking status", "72166-2", "Smoker"), answer("Preferred language", "54899-0", "English")
    )
    assert shown == ["Social: smoking: smoker (01-Oct-2026)"]


def test_the_newest_note_of_each_type_is_quoted_and_never_dumped():
    body = "Annual review.\nFeels more tired than last year. " + "Much more text follows here. " * 400
    shown = care(note("Progress note", "2026-11-02", body), note("Progress note", "2025-11-02", "Felt well that year."))
    assert shown == ["Note: Progress note: 02-Nov-2026: “Feels more tired than last year.”; 1 earlier"]


def test_nursing_notes_are_counted_behind_the_doctors():
    shown = care(
        note("Nurse Note", "2026-11-03", "Slept well all through the night."),
        note("Progress note", "2026-11-02", "A: Pneumonia, improving on treatment."),
    )
    assert shown == [
        "Note: Progress note: 02-Nov-2026: “Pneumonia, improving on treatment.”",
        "Other notes: Nurse Note (03-Nov-2026)",
    ]


def test_a_note_that_is_no_text_says_so():
    scanned = note("Letter", "2026-11-02", "x")
    scanned["content"][0]["attachment"] = {"contentType": "application/pdf", "data": "JVBERi0="}
    assert care(scanned) == ["Note: Letter: 02-Nov-2026: text not read"]


def test_a_restricted_note_is_not_quoted():
    assert care(labelled(note("Progress note", "2026-11-02", "A secret of some length here."), "V")) == []


def test_a_directive_filed_as_a_result_is_no_result():
    filed = result("Code status", "Do not resuscitate", "2026-11-20")
    written = brief(filed)
    assert lines(written, Section.RESULTS) == ["Results: none recorded"]
    assert line_with(written, "Do not resuscitate").section is Section.CARE


def test_resolved_problems_of_earlier_years_are_one_line_without_the_small_ones():
    shown = care(
        problem("Pneumonia", onset="2022-11-08", status="resolved", abatementDateTime="2022-12-06"),
        problem("Gout", onset="2001", status="inactive"),
        problem("Acute viral pharyngitis", onset="2001", status="resolved"),
        problem("Asthma", onset="2001", status="resolved"),
        problem("Asthma", onset="2011"),
    )
    assert shown == ["Resolved problems: pneumonia (08-Nov-2022 to 06-Dec-2022); gout (2001)"]
