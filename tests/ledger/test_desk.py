"""The audit desk finds cards by patient, user, service, state and time, and tells one card's whole story."""

from datetime import timedelta

import pytest
from ledger_values import (
    KEY,
    OTHER_KEY,
    USER,
    Ledger,
    a_card,
    a_job,
    a_summary,
    an_answer,
    an_event,
    an_issuance,
    new_id,
    now,
)

from ledger.desk import CardFilter, CardState
from ledger.events import record
from ledger.kinds import LedgerEvent
from ledger.records import JobState, Outcome, PatientKey, Withdrawal

START = now() - timedelta(days=1)
STRANGER = PatientKey(client="ehr-b", tenant="", fhir_base="https://ehr.test/fhir", patient_id="p-2")


def issued(ledger: Ledger, **changed: object) -> str:
    issuance = an_issuance(**changed)
    ledger.cards.issue(issuance, timeout_s=20)
    return issuance.cards[0].id


def found(ledger: Ledger, **wanted: object) -> list[str]:
    return [row.id for row in ledger.desk.cards(CardFilter(**wanted))]


def test_cards_are_found_by_patient_user_service_client_and_time(ledger: Ledger) -> None:
    first = issued(ledger, at=START)
    second = issued(ledger, at=START + timedelta(hours=1), key=OTHER_KEY)
    third = issued(ledger, at=START + timedelta(hours=2), key=STRANGER, user="Practitioner/dr-2")
    fourth = issued(ledger, at=START + timedelta(hours=3), cards=(a_card(service_id="order-sign-context"),))
    assert found(ledger) == [fourth, third, second, first]
    assert found(ledger, patient_id="p-1") == [fourth, second, first]
    assert found(ledger, key=KEY) == [fourth, first]
    assert found(ledger, client="ehr-b") == [third]
    assert found(ledger, user=USER) == [fourth, second, first]
    assert found(ledger, service_id="chart-summary", patient_id="p-1") == [second, first]
    assert found(ledger, since=START + timedelta(hours=1), until=START + timedelta(hours=3)) == [third, second]
    for nothing in ({"patient_id": "p-3"}, {"user": "p-1"}, {"patient_id": "%"}, {"client": "' OR 1=1 --"}):
        assert found(ledger, **nothing) == []


def test_a_row_shows_whose_card_it_is_and_to_whom_it_went(ledger: Ledger) -> None:
    card_id = issued(ledger, at=START)
    (row,) = ledger.desk.cards(CardFilter())
    assert (row.id, row.key, row.user, row.issued_at, row.state) == (card_id, KEY, USER, START, CardState.ISSUED)
    assert (row.kind, row.service_id, row.answered_by) == ("brief", "chart-summary", "")


def test_the_list_pages_through_all_cards_once_also_those_of_one_moment(ledger: Ledger) -> None:
    cards = tuple(a_card() for _ in range(5))
    ledger.cards.issue(an_issuance(at=START, cards=cards), timeout_s=20)
    later = [issued(ledger, at=START + timedelta(hours=1)) for _ in range(2)]
    seen, before = [], None
    while rows := ledger.desk.cards(CardFilter(), limit=2, before=before):
        seen += [row.id for row in rows]
        before = rows[-1].cursor
    assert len(seen) == len(set(seen)) == 7
    assert set(seen[:2]) == set(later)


def summary_card(ledger: Ledger) -> tuple[str, str, str]:
    job = ledger.claim(ledger.ask(fingerprint="fs"))
    summary = a_summary(job)
    ledger.jobs.finish(job, summary, [], [an_event("model.ran", summary.id)])
    return issued(ledger, cards=(a_card(kind="summary", summary_id=summary.id, fingerprint="fs"),)), summary.id, job.id


def test_the_state_of_a_card_is_derived_from_what_happened_to_it(ledger: Ledger) -> None:
    card_id, summary_id, _job = summary_card(ledger)
    states = [ledger.desk.state(card_id)]
    record(ledger.store, [an_event("page.opened", card_id)])
    states.append(ledger.desk.state(card_id))
    ledger.answers.file(an_answer(card_id, user="Practitioner/a"))
    states.append(ledger.desk.state(card_id))
    ledger.answers.file(an_answer(card_id, user="Practitioner/b", outcome=Outcome.DISAGREED))
    states.append(ledger.desk.state(card_id))
    withdrawal = Withdrawal(id=new_id(), summary_id=summary_id, reason="r", at=now(), by="auditor")
    ledger.withdraw(withdrawal, KEY)
    states.append(ledger.desk.state(card_id))
    ledger.answers.release(withdrawal.id, by="auditor", at=now(), note="checked")
    states.append(ledger.desk.state(card_id))
    assert states == ["issued", "opened", "reviewed", "disagreed", "withdrawn", "disagreed"]
    (row,) = ledger.desk.cards(CardFilter(state=CardState.DISAGREED))
    assert (row.id, row.answered_by) == (card_id, "Practitioner/b")


def test_a_card_nobody_answered_expires_by_our_clock_and_an_opened_one_does_not(ledger: Ledger) -> None:
    expired = issued(ledger, cards=(a_card(expires_at=now() - timedelta(seconds=1)),))
    opened = issued(ledger, cards=(a_card(expires_at=now() - timedelta(seconds=1)),))
    issued(ledger)
    record(ledger.store, [an_event("page.opened", opened)])
    assert found(ledger, state=CardState.EXPIRED) == [expired]
    assert found(ledger, state=CardState.OPENED) == [opened]


def test_a_withdrawal_of_the_whole_key_shows_on_its_briefs_too(ledger: Ledger) -> None:
    brief, elsewhere = issued(ledger), issued(ledger, key=OTHER_KEY)
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason="r", at=now(), by="a"), KEY)
    assert (ledger.desk.state(brief), ledger.desk.state(elsewhere)) == ("withdrawn", "issued")


def test_the_story_of_a_summary_card_holds_hook_job_summary_answers_and_withdrawal_in_order(ledger: Ledger) -> None:
    _first, summary_id, job_id = summary_card(ledger)
    hook_instance = new_id()
    card = a_card(kind="summary", summary_id=summary_id, fingerprint="fs")
    received = an_event("hook.received", hook_instance)
    ledger.cards.issue(an_issuance(hook_instance=hook_instance, cards=(card,), events=(received,)), timeout_s=20)
    record(ledger.store, [an_event("page.opened", card.id), an_event("page.opened", new_id())])
    report = an_answer(card.id, outcome=Outcome.SAFETY_REPORT, comment="the dose is wrong", withdraws=True)
    ledger.answers.file(report)
    ledger.answers.release(report.id, by="auditor", at=now(), note="checked")
    story = ledger.desk.story(card.id)
    assert story is not None
    assert [entry.kind for entry in story.entries] == [
        "job.queued", "job.claimed", "model.ran", "summary.stored", "job.done", "hook.received", "card.issued",
        "page.opened", "answer.safety-report", "summary.withdrawn", "withdrawal.released",
    ]  # fmt: skip
    places = [entry.sequence for entry in story.entries]
    assert places == sorted(places)
    assert story.entries[8].detail["comment"] == "the dose is wrong"
    assert story.card.record == card
    assert (story.job and story.job.id, story.summary and story.summary.id) == (job_id, summary_id)
    assert [answer.outcome for answer in story.answers] == [Outcome.SAFETY_REPORT]
    assert [one.released_by for one in story.withdrawals] == ["auditor"]


def test_the_story_of_a_brief_tells_of_the_job_of_its_content(ledger: Ledger) -> None:
    issuance = an_issuance(job=a_job(), cards=(a_card(),))
    job_id = ledger.cards.issue(issuance, timeout_s=20).job_id
    story = ledger.desk.story(issuance.cards[0].id)
    assert story is not None
    assert story.job is not None
    assert (story.job.id, story.job.state, story.summary) == (job_id, JobState.QUEUED, None)
    assert [entry.kind for entry in story.entries] == ["job.queued", "card.issued"]


def test_t24_a_hook_instance_used_for_two_patients_mixes_no_stories(ledger: Ledger) -> None:
    shared = new_id()
    cards = {}
    for key in (KEY, OTHER_KEY):
        event = an_event("hook.received", shared, key=key)
        cards[key] = issued(ledger, key=key, hook_instance=shared, events=(event,))
    story = ledger.desk.story(cards[KEY])
    assert story is not None
    assert {entry.key for entry in story.entries} == {KEY}


def test_the_figures_count_what_happened_since_and_what_stands_now(ledger: Ledger) -> None:
    summary_card(ledger)
    card_id = issued(ledger)
    issued(ledger, at=START - timedelta(days=9))
    ledger.ask(fingerprint="waiting")
    ledger.answers.file(an_answer(card_id, withdraws=True))
    record(ledger.store, [an_event(LedgerEvent.LEDGER_VERIFIED)])
    figures = ledger.desk.figures(START)
    assert dict(figures.cards) == {"brief": 3, "summary": 1}
    assert dict(figures.answers) == {"reviewed": 1}
    assert dict(figures.jobs) == {"done": 1, "queued": 1}
    assert (figures.summaries, figures.withdrawals_in_force, figures.switched_off) == (1, 1, 0)
    assert figures.entries == ledger.count("audit_entry")
    assert figures.verified_at is not None
    assert figures.oldest_waiting is not None


def test_the_figures_of_an_empty_ledger_are_noughts(ledger: Ledger) -> None:
    figures = ledger.desk.figures(START)
    assert (figures.entries, figures.verified_at, figures.oldest_waiting, dict(figures.cards)) == (0, None, None, {})


@pytest.mark.parametrize("limit", [0, 1])
def test_the_list_keeps_to_its_limit(ledger: Ledger, limit: int) -> None:
    issued(ledger)
    issued(ledger)
    assert len(ledger.desk.cards(CardFilter(), limit=limit)) == limit
