"""Active problems: important ones first, each once, and daily life apart."""

from brief_histories import WHOLE, brief, labelled, line_with, lines, problem

from fhir_adapters.history import Coverage
from tasks.brief import Section


def problems(*resources, **more):
    return lines(brief(*resources, **more), Section.PROBLEMS)


def test_resolved_and_refuted_problems_are_not_among_the_active_c5():
    refuted = problem("Stroke", verificationStatus={"coding": [{"code": "refuted"}]})
    shown = problems(problem("Gout", onset="2021-03"), problem("Pneumonia", status="resolved"), refuted)
    assert shown == ["Gout: since Mar 2021"]


def test_grave_problems_come_first_and_old_minor_ones_last():
    shown = problems(
        problem("Acute viral pharyngitis", onset="2009-01-05"),
        problem("Gout", onset="2021-03"),
        problem("Heart failure", onset="2019"),
    )
    assert [line.partition(":")[0] for line in shown] == ["Heart failure", "Gout", "Acute viral pharyngitis"]


def test_one_concept_is_one_line_with_every_entry_and_its_first_onset():
    written = brief(
        problem("Migraine", onset="2025-04-01", code="37796009"),
        problem("Migraine (disorder)", onset="2011-02-03", code="37796009"),
        problem("MIGRAINE", onset="2024-01-01"),
    )
    (line,) = written.of(Section.PROBLEMS)
    assert line.text == "since Feb 2011"
    assert len(line.entry_ids) == 3


def test_stages_of_one_disease_share_a_line_that_names_them():
    (line,) = problems(
        problem("Chronic kidney disease stage 2", onset="2018-01-01"),
        problem("Chronic kidney disease stage 3", onset="2022-01-01"),
    )
    assert line == "Chronic kidney disease stage 3: since Jan 2018, stage 2 also still marked active"


def test_findings_of_daily_life_and_office_entries_stand_in_one_social_line():
    written = brief(
        problem("Stress (finding)", code="73595000"),
        problem("Full-time employment (finding)", code="160903007"),
        problem("Medication review due (situation)", code="314529007"),
        problem("Gout"),
    )
    assert lines(written, Section.PROBLEMS) == ["Gout"]
    social = line_with(written, "Social").text
    assert "full-time employment" in social
    assert "1 entry of office work (“medication review due”)" in social


def test_a_finding_of_the_body_stays_a_problem_whatever_its_semantic_tag():
    shown = problems(
        problem("Body mass index 30+ - obesity (finding)", code="162864005"),
        problem("Awaiting transplantation of kidney (situation)", code="698306007"),
        problem("Stress fracture of tibia", code="1"),
    )
    assert len(shown) == 3


def test_a_problem_without_a_status_says_so():
    assert problems(problem("Asthma", status="")) == ["Asthma: status not stated"]


def test_doubt_stays_and_ai_asserted_is_marked():
    unsure = problem("Angina", verificationStatus={"coding": [{"code": "provisional"}]})
    shown = problems(unsure, labelled(problem("Gout"), "AIAST"))
    assert shown == ["Angina: provisional", "Gout: AI-asserted"]


def test_no_problem_is_none_recorded_and_unseen_problems_are_a_warning():
    assert problems() == ["Active problems: none recorded"]
    written = brief(coverage={**WHOLE, "Condition": Coverage.NONE})
    assert lines(written, Section.PROBLEMS) == ["Problems were not seen"]
    assert "Problems were not seen" in written.warnings


def test_no_known_problems_is_said_with_its_code():
    ips = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
    stated = problem("") | {"code": {"coding": [{"system": ips, "code": "no-known-problems"}]}}
    (line,) = problems(stated)
    assert line.startswith("No known problems")


def test_a_long_list_ends_in_one_compact_line_that_loses_none():
    written = brief(*(problem(f"Disease {letter}") for letter in "ABCDEFGHIJKLMNOPQRST"))
    found = written.of(Section.PROBLEMS)
    assert len(found) == 13
    assert sum(len(line.entry_ids) for line in found) == 20
