"""What a page may show now: nothing that was switched off, and nothing of a patient about whom a report is open."""

import uuid
from dataclasses import replace

import pytest
from hook_desk import ENGINE, bundle, condition, hook_body, prefetch
from page_desk import AUDITOR, STATEMENTS, USER_B, A, B, pages_over, scripted

from cds_service.review.basis import Basis
from ledger.answers import Answers
from ledger.switches import SwitchedOff, Switches, SwitchKind

WORDS = "eGFR 31 mL/min/1.73 m2 on 02-Oct-2026."
ANOTHER = replace(ENGINE, name="another", revision="1")


def with_gout():
    return hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=2, text="Gout"))))


def summary_card(pages, tmp_path, body=None):
    """The card of a summary that is ready."""
    pages.card(body, user=USER_B)
    assert pages.summarise(scripted(tmp_path / "s", STATEMENTS)) == ["done"]
    body = body and dict(body, hookInstance=str(uuid.uuid4()))
    return pages.card(body)


def switch(pages, kind, name):
    off = SwitchedOff(
        id=str(uuid.uuid4()), kind=SwitchKind(kind), name=name, at=pages.desk.clock(), by="auditor", note="drift"
    )
    assert Switches(pages.desk.store).switch_off(off)
    return off


def switch_on(pages, kind, name):
    at = pages.desk.clock()
    assert Switches(pages.desk.store).switch_on(SwitchKind(kind), name, by="auditor", at=at, note="mended")


def shows(pages, card, person=A):
    """Whether the AI summary's words stand on this card's page."""
    answer = pages.get(f"/review/{card}", person)
    assert answer.status_code == 200
    return WORDS in answer.text


@pytest.mark.parametrize("issued_as", ["brief", "summary"])
@pytest.mark.parametrize(
    "switched",
    [("service", "chart-summary"), ("client", "ehr"), ("model", "medgemma"), ("prompt", "chart-summary")],
    ids=lambda switched: switched[0],
)
def test_reg_eu_3_what_is_switched_off_leaves_every_page_until_it_is_on_again(pages, tmp_path, switched, issued_as):
    brief = pages.card()
    card = {"summary": summary_card(pages, tmp_path), "brief": brief}[issued_as]
    assert shows(pages, card)
    switch(pages, *switched)
    assert not shows(pages, card)
    assert not shows(pages, card, B)
    assert "AI summaries are switched off here" in pages.get(f"/review/{card}").text
    assert pages.get(f"/review/{card}/state").json()["state"] == "absent"
    switch_on(pages, *switched)
    assert shows(pages, card)


@pytest.mark.parametrize("engine", [ANOTHER, None])
def test_reg_eu_3_a_model_that_is_no_longer_in_use_can_be_switched_off_too(pages, tmp_path, engine):
    brief = pages.card()
    card = summary_card(pages, tmp_path)
    later = pages_over(replace(pages.desk, parts=replace(pages.desk.parts, engine=engine, pages=(), mounts=())))
    assert (shows(later, card), shows(later, brief)) == (True, True)
    switch(later, "model", "medgemma")
    assert (shows(later, card), shows(later, brief)) == (False, False)


@pytest.mark.parametrize(("kind", "name"), [("model", "another"), ("service", "order-review"), ("client", "ehr2")])
def test_a_switch_of_something_else_leaves_the_page(pages, tmp_path, kind, name):
    card = summary_card(pages, tmp_path)
    switch(pages, kind, name)
    assert shows(pages, card)


def test_an_answer_to_a_page_that_was_switched_off_meanwhile_is_refused(pages, tmp_path):
    card = summary_card(pages, tmp_path)
    fields = pages.fields(card)
    switch(pages, "model", "medgemma")
    assert pages.post(f"/review/{card}/answers", fields | {"outcome": "reviewed"}).status_code == 409
    assert pages.answers(card) == ()


def release_all(pages):
    for one in pages.parts.withdrawals.in_force():
        Answers(pages.desk.store).release(one.withdrawal.id, by="auditor", at=pages.desk.clock(), note="checked")


@pytest.mark.parametrize("reported", ["older", "newer"])
def test_a_report_takes_the_other_summaries_of_the_patient_from_their_pages_too(pages, tmp_path, reported):
    cards = {"older": summary_card(pages, tmp_path)}
    pages.desk.clock.forward(minutes=1)
    cards["newer"] = summary_card(pages, tmp_path, with_gout())
    pages.answer(cards[reported], "safety-report", comment="Not this patient.")
    for name, card in cards.items():
        html = pages.get(f"/review/{card}", B).text
        assert WORDS not in html
        assert ("This AI summary was withdrawn" in html) == (name == reported)
        assert ("An AI summary of this patient was withdrawn" in html) == (name != reported)
    found = pages.post("/audit", {"token": pages.token(AUDITOR), "state": "withdrawn"}, AUDITOR)
    assert cards["older"] in pages.get(found.headers["location"], AUDITOR).text
    release_all(pages)
    assert all(shows(pages, card, B) for card in cards.values())


@pytest.mark.parametrize("hours", [-24 * 365 * 30, -5, 0, 5])
def test_t22_a_summary_under_way_at_the_report_is_shown_to_nobody_whatever_the_clients_clock_says(
    pages, tmp_path, hours
):
    card = summary_card(pages, tmp_path)
    pages.card(with_gout())  # its job is queued
    pages.desk.clock.forward(seconds=5)
    stamp = pages.desk.clock().replace(year=2026 + hours // (24 * 365) if hours < -24 else 2026)
    item = {
        "card": card,
        "outcome": "overridden",
        "overrideReason": {"reason": {"code": "wrong-patient", "system": "x"}},
        "outcomeTimestamp": stamp.strftime("%Y-%m-%dT%H:%M:%S") + ("" if hours == 0 else "Z"),
    }
    assert pages.desk.feedback(item).status_code == 200
    assert pages.summarise(scripted(tmp_path / "s", STATEMENTS)) == ["done"]
    pages.desk.clock.forward(hours=1)
    (shown_card,) = pages.cards(with_gout(), user=USER_B)
    assert "AI summary withdrawn" in shown_card["summary"]
    assert not shows(pages, shown_card["uuid"], B)
    assert not shows(pages, card, B)
    release_all(pages)
    assert shows(pages, shown_card["uuid"], B)


def test_the_step_is_told_by_the_job_and_not_by_the_words_of_the_page(pages):
    plain = {"card_id": "c1", "state": "failed", "state_words": "An AI summary was in preparation and failed."}
    assert not Basis.from_plain(plain).preparing  # as recorded before a basis told of it
    assert pages.get(f"/review/{pages.card()}/state").json()["step"].startswith("waiting for the worker")
