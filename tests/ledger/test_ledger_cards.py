"""What a hook call writes goes in whole or not at all, and its situation is read back as it is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_values import (
    FOCUS,
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
from sqlalchemy import text

from ledger.answers import answers_to
from ledger.cards import Cards
from ledger.errors import AlreadyRecorded, LedgerError, WrongPatient
from ledger.events import record
from ledger.records import JobState, Outcome, PatientKey, Withdrawal
from ledger.schema import audit_entry


def test_a_key_never_seen_has_an_empty_situation(ledger: Ledger) -> None:
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    assert (situation.summary, situation.job, situation.withdrawal) == (None, None, None)
    assert (situation.answers, situation.has_snapshot, situation.switched_off) == ((), False, ())


def test_a_card_is_read_back_as_it_left_with_its_place_in_the_chain(ledger: Ledger) -> None:
    issuance = an_issuance(events=(an_event("hook.received"),))
    result = ledger.cards.issue(issuance, timeout_s=20)
    found = ledger.cards.find(issuance.cards[0].id)
    assert found is not None
    assert found.record == issuance.cards[0]
    assert (found.key, found.user, found.hook_instance, found.focus) == (KEY, USER, issuance.hook_instance, FOCUS)
    assert found.issued_at == issuance.at
    assert result.sequences == (found.sequence,) == (2,)
    assert not result.job_queued


def test_the_canonical_bytes_of_a_card_keep_every_letter(ledger: Ledger) -> None:
    card = a_card(content="größe 数 😀 \\u0000".encode() + bytes(range(256)))
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    found = ledger.cards.find(card.id)
    assert found is not None
    assert found.record.content == card.content


def test_only_the_client_that_received_a_card_finds_it(ledger: Ledger) -> None:
    issuance = an_issuance()
    ledger.cards.issue(issuance, timeout_s=20)
    card_id = issuance.cards[0].id
    assert ledger.cards.find(card_id, client="ehr-a") is not None
    assert ledger.cards.find(card_id, client="ehr-b") is None


@pytest.mark.parametrize("strange", ["", "no such card", "a\0b", "x" * 5000, "é", "'; DROP TABLE card; --", "\ud800"])
def test_a_strange_id_is_no_card_and_no_error(ledger: Ledger, strange: str) -> None:
    assert ledger.cards.find(strange) is None
    assert ledger.cards.latest_for_card(strange) is None
    assert ledger.jobs.standing(strange) is None
    assert answers_to(ledger.store, strange) == ()
    assert ledger.desk.story(strange) is None
    assert ledger.desk.state(strange) is None


def test_the_same_patient_id_on_another_base_is_nobody_here(ledger: Ledger) -> None:
    ledger.cards.issue(an_issuance(job=a_job(), snapshot=b"{}"), timeout_s=20)
    there = ledger.cards.situation(OTHER_KEY, focus=FOCUS, fingerprint="f1")
    assert (there.job, there.has_snapshot) == (None, False)


def test_keys_whose_parts_run_together_stay_apart(ledger: Ledger) -> None:
    one = PatientKey(client="a", tenant="bc", fhir_base="b", patient_id="1")
    other = PatientKey(client="ab", tenant="c", fhir_base="b", patient_id="1")
    ledger.cards.issue(an_issuance(key=one, snapshot=b"{}"), timeout_s=20)
    assert ledger.cards.snapshot(one, "f1") == b"{}"
    assert ledger.cards.snapshot(other, "f1") is None


def test_a_snapshot_is_kept_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.cards.issue(an_issuance(snapshot=b'{"entries":[1]}'), timeout_s=20)
    assert ledger.cards.snapshot(KEY, "f1") == b'{"entries":[1]}'
    assert ledger.count("snapshot") == 1
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").has_snapshot


def test_the_job_of_the_same_content_is_queued_once(ledger: Ledger) -> None:
    first = ledger.cards.issue(an_issuance(job=a_job()), timeout_s=20)
    second = ledger.cards.issue(an_issuance(job=a_job()), timeout_s=20)
    assert first.job_queued
    assert not second.job_queued
    assert second.job_id == first.job_id
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    assert situation.job is not None
    assert (situation.job.id, situation.job.state) == (first.job_id, JobState.QUEUED)


def test_another_recipe_is_another_job(ledger: Ledger) -> None:
    ledger.ask(recipe="prompt-1")
    ledger.ask(recipe="prompt-2")
    assert ledger.count("job") == 2


def test_ch_13_the_same_hook_fifty_times_at_once_makes_one_job(ledger: Ledger) -> None:
    cards, ready = ledger.cards, threading.Barrier(10)

    def burst() -> int:
        ready.wait()
        return sum(cards.issue(an_issuance(job=a_job(), snapshot=b"{}"), timeout_s=60).job_queued for _ in range(5))

    with ThreadPoolExecutor(10) as pool:
        queued = [done.result() for done in [pool.submit(burst) for _ in range(10)]]
    assert sum(queued) == 1
    assert (ledger.count("job"), ledger.count("card"), ledger.count("snapshot")) == (1, 50, 1)
    assert ledger.verify().ok


def test_the_situation_prefers_the_job_of_this_content(ledger: Ledger) -> None:
    old = ledger.ask(fingerprint="f1")
    new = ledger.ask(fingerprint="f2")
    seen = {
        fingerprint: ledger.cards.situation(KEY, focus=FOCUS, fingerprint=fingerprint).job
        for fingerprint in ("f1", "f2", "f3")
    }
    assert {name: job.id if job else "" for name, job in seen.items()} == {"f1": old, "f2": new, "f3": new}


def test_a_failed_job_is_asked_for_again_after_a_pause_and_not_before(ledger: Ledger) -> None:
    job_id = ledger.ask()
    job = ledger.claim(job_id)
    ledger.jobs.fail(job, "engine-failed", retry=False)
    patient = Cards(ledger.store, retry_failed_after_s=3600)
    assert not patient.issue(an_issuance(job=a_job()), timeout_s=20).job_queued
    again = ledger.cards.issue(an_issuance(job=a_job(payload=b"newer")), timeout_s=20)
    assert (again.job_queued, again.job_id) == (True, job_id)
    second = ledger.claim(job_id)
    assert second.payload == b"newer"
    assert second.attempt > job.attempt  # so the first worker can never pass for the second
    assert ledger.verify().ok


def test_an_expired_job_is_asked_for_again_at_once(ledger: Ledger) -> None:
    job_id = ledger.ask(useful_until=now() - timedelta(seconds=1))
    assert ledger.jobs.due() == ()
    assert Cards(ledger.store, retry_failed_after_s=3600).issue(an_issuance(job=a_job()), timeout_s=20).job_queued
    assert ledger.jobs.due() == (job_id,)


def test_the_newest_summary_is_the_situations_and_none_while_a_withdrawal_holds_the_key(ledger: Ledger) -> None:
    made = []
    for fingerprint in ("f1", "f2"):
        job = ledger.claim(ledger.ask(fingerprint=fingerprint))
        summary = a_summary(job, content=fingerprint.encode())
        ledger.jobs.finish(job, summary, [], [])
        made.append(summary)
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2").summary == made[1]
    withdrawal = Withdrawal(id=new_id(), summary_id=made[1].id, reason="wrong", at=now(), by="auditor")
    ledger.withdraw(withdrawal, KEY)
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2")
    assert situation.summary is None
    assert situation.withdrawal is not None
    assert situation.withdrawal.id == withdrawal.id
    assert ledger.cards.situation(KEY, focus="other", fingerprint="f2").summary is None


def test_the_summary_of_this_very_content_is_found_though_another_was_made_later(ledger: Ledger) -> None:
    jobs = [ledger.claim(ledger.ask(fingerprint=fingerprint)) for fingerprint in ("f1", "f2")]
    made = {job.fingerprint: a_summary(job, content=job.fingerprint.encode()) for job in jobs}
    for job in reversed(jobs):  # the older content's job ends last
        ledger.jobs.finish(job, replace(made[job.fingerprint], made_at=now()), [], [])
    seen = {
        fingerprint: ledger.cards.situation(KEY, focus=FOCUS, fingerprint=fingerprint).summary
        for fingerprint in ("f1", "f2", "f3")
    }
    assert {name: one.id if one else "" for name, one in seen.items()} == {
        "f1": made["f1"].id, "f2": made["f2"].id, "f3": made["f1"].id,
    }  # fmt: skip
    ledger.withdraw(Withdrawal(id=new_id(), summary_id=made["f1"].id, reason="wrong", at=now(), by="x"), KEY)
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2").summary is None


def test_of_two_recipes_for_one_content_the_one_in_use_is_found(ledger: Ledger) -> None:
    jobs = [ledger.claim(ledger.ask(recipe=recipe)) for recipe in ("prompt-2", "prompt-1")]
    made = {job.recipe: a_summary(job) for job in jobs}
    for job in jobs:
        ledger.jobs.finish(job, made[job.recipe], [], [])
    for recipe in ("prompt-1", "prompt-2"):
        seen = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1", recipe=recipe)
        assert seen.summary is not None
        assert seen.job is not None
        assert (seen.summary.id, seen.job.recipe) == (made[recipe].id, recipe)


def test_a_withdrawal_of_the_whole_key_leaves_no_summary(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    ledger.jobs.finish(job, a_summary(job), [], [])
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason="wrong-patient", at=now(), by="x"), KEY)
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    assert situation.summary is None
    assert situation.withdrawal is not None


def test_the_situation_holds_the_newest_fifty_answers_of_every_user(ledger: Ledger) -> None:
    issuance = an_issuance()
    ledger.cards.issue(issuance, timeout_s=20)
    for number in range(52):
        ledger.answers.file(an_answer(issuance.cards[0].id, user=f"Practitioner/{number}"))
    answers = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").answers
    assert [answer.user for answer in answers] == [f"Practitioner/{number}" for number in range(51, 1, -1)]
    assert answers[0].outcome is Outcome.REVIEWED


def test_a_card_and_its_replacement_are_the_same_line(ledger: Ledger) -> None:
    first, second, other = an_issuance(), an_issuance(), an_issuance(focus="another order")
    for issuance in (first, second, other):
        ledger.cards.issue(issuance, timeout_s=20)
    latest = ledger.cards.latest_for_card(first.cards[0].id)
    assert latest is not None
    assert latest.record.id == second.cards[0].id


def test_the_callers_own_issued_event_becomes_the_cards_entry(ledger: Ledger) -> None:
    card = a_card()
    event = an_event("card.issued", card.id, detail={"why": "ready"})
    ledger.cards.issue(an_issuance(cards=(card,), events=(event,)), timeout_s=20)
    story = ledger.desk.story(card.id)
    assert story is not None
    assert [(entry.kind, entry.detail) for entry in story.entries] == [("card.issued", {"why": "ready"})]


def test_an_issuance_of_nothing_writes_nothing(ledger: Ledger) -> None:
    result = ledger.cards.issue(an_issuance(cards=()), timeout_s=20)
    assert (result.sequences, ledger.count("audit_entry")) == ((), 0)


def test_a_card_id_used_twice_is_refused_whole(ledger: Ledger) -> None:
    card = a_card()
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    with pytest.raises(AlreadyRecorded):
        ledger.cards.issue(an_issuance(cards=(a_card(), card), job=a_job()), timeout_s=20)
    assert (ledger.count("card"), ledger.count("job")) == (1, 0)
    assert ledger.verify().ok


def test_a_job_id_used_by_another_content_is_refused(ledger: Ledger) -> None:
    job_id = ledger.ask(fingerprint="f1")
    with pytest.raises(AlreadyRecorded):
        ledger.cards.issue(an_issuance(job=a_job(id=job_id, fingerprint="f2")), timeout_s=20)
    assert ledger.count("card") == 1


def test_ch_10_where_the_audit_entry_is_refused_nothing_is_written(ledger: Ledger) -> None:
    issuance = an_issuance()
    ledger.cards.issue(issuance, timeout_s=20)
    with ledger.store.chore() as chore:
        for statement in _refusing_triggers(ledger):
            chore.execute(statement)
    with pytest.raises(LedgerError, match="nothing was written"):
        ledger.cards.issue(an_issuance(job=a_job(), snapshot=b"{}"), timeout_s=20)
    with pytest.raises(LedgerError, match="nothing was written"):
        ledger.answers.file(an_answer(issuance.cards[0].id, withdraws=True))
    with pytest.raises(LedgerError, match="nothing was written"):
        record(ledger.store, [an_event()])
    counts = {name: ledger.count(name) for name in ("card", "job", "snapshot", "acknowledgment", "withdrawal")}
    assert counts == {"card": 1, "job": 0, "snapshot": 0, "acknowledgment": 0, "withdrawal": 0}
    assert ledger.verify().ok


def _refusing_triggers(ledger: Ledger):
    if ledger.is_sqlite:
        return [text(f"CREATE TRIGGER no BEFORE INSERT ON {audit_entry.name} BEGIN SELECT RAISE(ABORT, 'full'); END")]
    return [text(f"CREATE TRIGGER no BEFORE INSERT ON {audit_entry.name} EXECUTE FUNCTION ledger_refuse()")]


@pytest.mark.parametrize("is_warm", [False, True])
def test_t24_a_summary_moved_to_another_patient_is_refused_by_what_its_seal_names(
    ledger: Ledger, *, is_warm: bool
) -> None:
    job = ledger.claim(ledger.ask())
    ledger.jobs.finish(job, a_summary(job), [], [])
    if is_warm:  # its content is in this process' memory already
        assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").summary is not None
    other = ledger.store.cipher.key_index(OTHER_KEY)
    ledger.tamper(f"UPDATE summary SET key_index = '{other}'")  # noqa: S608 - the attacker's
    for _ in range(2):
        with pytest.raises(WrongPatient):
            ledger.cards.situation(OTHER_KEY, focus=FOCUS, fingerprint="f1")
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").summary is None
    assert not ledger.verify().ok


def test_t24_a_summary_whose_seal_was_emptied_by_hand_is_not_shown(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    ledger.jobs.finish(job, a_summary(job), [], [])
    ledger.tamper("UPDATE summary SET who = NULL")
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").summary is None


def test_each_part_of_a_situation_is_what_its_own_reader_reads(ledger: Ledger) -> None:
    ids = ledger.fill()
    ledger.answers.file(an_answer(ids["card"], comment="again"))
    held = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2")
    assert (held.withdrawal, held.summary) == (ledger.answers.withdrawal_of(KEY), None)
    assert held.job == ledger.jobs.standing(ids["job"])
    assert held.switched_off == ("model:m-1",)
    ledger.answers.release(ids["withdrawal"], by="auditor", at=now(), note="looked at")
    released = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2")
    story = ledger.desk.story(ids["card"])
    assert story is not None
    assert (released.withdrawal, released.summary) == (None, story.summary)
    assert released.answers == tuple(reversed(story.answers))


def test_rel1_cards_that_nobody_waits_for_any_more_are_not_written_nor_is_anything_beside_them(ledger: Ledger) -> None:
    class Gone(Exception):
        pass

    def nobody_waits() -> None:
        raise Gone

    issuance = an_issuance(job=a_job(), snapshot=b"{}")
    with pytest.raises(Gone):
        ledger.cards.issue(issuance, timeout_s=20, before_commit=nobody_waits)
    assert ledger.cards.find(issuance.cards[0].id) is None
    assert ledger.cards.issue(issuance, timeout_s=20).job_queued
    assert ledger.verify().ok
