"""A medicine that was stopped for harm stands beside the allergies, whenever it was stopped."""

import pytest
from brief_histories import allergy, brief, line_with, lines, order

from tasks.brief import Section, Weight


def stopped(name, why="", **members):
    reason = {"statusReason": {"text": why}} if why else {}
    return order(name, status="stopped", since="2022-04-19", **reason, **members)


def test_a_medicine_stopped_for_harm_years_ago_is_said_with_the_reason_as_written():
    written = brief(stopped("Ibuprofen 400 mg oral tablet", "Stopped 12-Nov-2024 because kidney function is falling"))
    line = line_with(written, "Medicines stopped for harm")
    assert line.text == "ibuprofen (ordered 19-Apr-2022, “Stopped 12-Nov-2024 because kidney function is falling”)"
    assert line.section is Section.ALLERGIES
    assert line.weight is Weight.NOTABLE
    assert lines(written, Section.MEDICINES) == ["Current medicines: none recorded"]


@pytest.mark.parametrize(
    "why", ["Side effect", "Not tolerated", "no longer taken: bruising", "Intolerance", "GI bleed", "hyperkalaemia"]
)
def test_a_reason_that_speaks_of_harm_counts(why):
    assert line_with(brief(stopped("Aspirin", why)), "Medicines stopped for harm").text.endswith(f"“{why}”)")


@pytest.mark.parametrize("why", ["", "Course completed", "No side effects; course over", "No longer needed", "Cost"])
def test_a_reason_that_speaks_of_none_does_not(why):
    assert "stopped for harm" not in str(brief(stopped("Aspirin", why)).lines)


def test_the_reason_may_stand_in_a_note():
    written = brief(stopped("Aspirin", note=[{"text": "Stopped after a gastric ulcer."}]))
    assert "“Stopped after a gastric ulcer.”" in line_with(written, "Medicines stopped for harm").text


def test_what_stands_among_the_allergies_is_not_said_twice():
    written = brief(stopped("Ramipril 5 mg", "Cough"), allergy("Ramipril", reaction="Cough"))
    assert len(lines(written, Section.ALLERGIES)) == 1


def test_another_order_of_a_harmful_medicine_is_pointed_out():
    written = brief(stopped("Naproxen", "Acute kidney injury"), order("Naproxen"))
    assert "another order of it is current" in line_with(written, "Medicines stopped for harm").text
