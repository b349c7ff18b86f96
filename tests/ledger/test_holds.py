"""A report of harm holds every AI summary of its patient key until it is released, in whatever order things happen."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ledger_values import FOCUS, KEY, OTHER_KEY, Ledger, a_card, a_summary, an_answer, an_issuance, new_id, now

from ledger.errors import LedgerBusy
from ledger.purge import purge
from ledger.records import Filed, Outcome, PatientKey, StoredSummary, SummaryJob, Withdrawal
from ledger.withdrawals import Withdrawals

LONG_AGO, FAR_OFF = datetime(1999, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


def a_brief(ledger: Ledger) -> str:
    card = a_card()
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    return card.id


def made(ledger: Ledger, job: SummaryJob, at: datetime | None = None) -> StoredSummary:
    summary = a_summary(job, made_at=at or now())
    ledger.jobs.finish(job, summary, [], [])
    return summary


def report(ledger: Ledger, card_id: str, at: datetime | None = None, **changed: object) -> str:
    answer = an_answer(card_id, outcome_at=at or now(), withdraws=True, reason="wrong-patient", **changed)
    assert ledger.answers.file(answer) is Filed.RECORDED
    return answer.id


def release(ledger: Ledger, withdrawal_id: str) -> None:
    assert ledger.answers.release(withdrawal_id, by="auditor", at=now(), note="checked")


def seen(ledger: Ledger, fingerprint: str = "f1") -> str:
    """The id of the summary that a hook would show; empty while none is."""
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint=fingerprint)
    assert (situation.withdrawal is None) == (ledger.answers.withdrawal_of(KEY) is None)
    assert situation.summary is None or situation.withdrawal is None
    return situation.summary.id if situation.summary else ""


@pytest.mark.parametrize("reported_at", [LONG_AGO, FAR_OFF])
@pytest.mark.parametrize("made_at", [LONG_AGO - timedelta(days=1), FAR_OFF + timedelta(days=1)])
def test_t22_no_clock_but_the_ledgers_decides_what_a_report_holds(
    ledger: Ledger, reported_at: datetime, made_at: datetime
) -> None:
    summary = made(ledger, ledger.claim(ledger.ask()), made_at)
    card = a_card(kind="summary", summary_id=summary.id)
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    before = now() - timedelta(seconds=1)
    held = report(ledger, card.id, reported_at)
    withdrawal = ledger.answers.withdrawal_of(KEY)
    assert withdrawal is not None
    assert before < withdrawal.at < now() + timedelta(seconds=1)
    assert (seen(ledger), ledger.desk.state(card.id)) == ("", "withdrawn")
    release(ledger, held)
    assert seen(ledger) == summary.id
    assert ledger.verify().ok


@pytest.mark.parametrize("about", ["brief", "summary"])
@pytest.mark.parametrize("filed_when", ["queued", "leased", "requeued", "finishing", "finished"])
def test_a_summary_of_a_job_asked_before_the_report_is_held_at_whatever_step_it_was(
    ledger: Ledger, filed_when: str, about: str
) -> None:
    card_id = a_brief(ledger)
    if about == "summary":
        shown = made(ledger, ledger.claim(ledger.ask(fingerprint="f0")))
        card = a_card(kind="summary", summary_id=shown.id, fingerprint="f0")
        ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
        card_id = card.id
    job_id = ledger.ask()
    held = report(ledger, card_id, LONG_AGO) if filed_when == "queued" else ""
    job = ledger.claim(job_id)
    held = report(ledger, card_id, LONG_AGO) if filed_when == "leased" else held
    if filed_when == "requeued":
        ledger.jobs.fail(job, "engine-failed", retry=True)
        held = report(ledger, card_id, LONG_AGO)
        ledger.later(10, "wake_at")
        job = ledger.claim(job_id)
    if filed_when == "finishing":
        held, summary = at_once(lambda: report(ledger, card_id, LONG_AGO), lambda: made(ledger, job))
    else:
        summary = made(ledger, job)
    held = held or report(ledger, card_id, LONG_AGO)
    assert seen(ledger) == ""
    release(ledger, held)
    assert seen(ledger) == summary.id
    assert ledger.verify().ok


def at_once(first: Callable[[], str], second: Callable[[], StoredSummary]) -> tuple[str, StoredSummary]:
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.submit(first), pool.submit(second)
        return one.result(), other.result()


def test_a_job_asked_after_the_report_is_held_too_and_the_release_frees_all_that_was_made_before_it(
    ledger: Ledger,
) -> None:
    old = made(ledger, ledger.claim(ledger.ask(fingerprint="f1")))
    held = report(ledger, a_brief(ledger))
    new = made(ledger, ledger.claim(ledger.ask(fingerprint="f2")))  # a hook that had looked a moment before the report
    assert (seen(ledger, "f1"), seen(ledger, "f2")) == ("", "")
    under_way = ledger.claim(ledger.ask(fingerprint="f3"))
    release(ledger, held)
    assert (seen(ledger, "f1"), seen(ledger, "f2")) == (old.id, new.id)
    last = made(ledger, under_way)
    assert seen(ledger, "f3") == last.id
    assert old.id != new.id


def test_every_report_needs_its_own_release_in_whatever_order_they_are_released(ledger: Ledger) -> None:
    for order in itertools.permutations(range(3)):
        summary = made(ledger, ledger.claim(ledger.ask(fingerprint=f"f{order}")))
        card = a_card(kind="summary", summary_id=summary.id)
        ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
        reports = [
            report(ledger, card.id, LONG_AGO), report(ledger, a_brief(ledger), FAR_OFF),
            report(ledger, card.id, comment="again"),
        ]  # fmt: skip
        for place in order:
            assert seen(ledger) == ""
            release(ledger, reports[place])
        assert seen(ledger) == summary.id


def test_a_report_after_a_release_holds_again_though_its_client_always_claims_one_time(ledger: Ledger) -> None:
    summary = made(ledger, ledger.claim(ledger.ask()))
    card_id = a_brief(ledger)
    for _ in range(3):
        answer = an_answer(card_id, outcome=Outcome.OVERRIDDEN, claimed_at="2026-11-02T10:31:00", withdraws=True)
        assert ledger.answers.file(answer) is Filed.RECORDED
        assert seen(ledger) == ""
        for _ in range(2):  # sent again while it holds, it is one report
            assert ledger.answers.file(replace(answer, id=new_id())) is Filed.REPEATED
        release(ledger, answer.id)
        assert seen(ledger) == summary.id
    assert ledger.count("acknowledgment") == ledger.count("withdrawal") == 3


def test_an_answer_that_holds_nothing_is_one_whatever_was_released_meanwhile(ledger: Ledger) -> None:
    made(ledger, ledger.claim(ledger.ask()))
    card_id = a_brief(ledger)
    answer = an_answer(card_id, outcome=Outcome.ACCEPTED, claimed_at="2026-11-02T10:31:00")
    assert ledger.answers.file(answer) is Filed.RECORDED
    release(ledger, report(ledger, card_id))
    assert ledger.answers.file(replace(answer, id=new_id())) is Filed.REPEATED


def test_a_report_holds_every_focus_of_its_patient_and_nothing_of_another_base(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask(focus="order-review:1"))
    made(ledger, job)
    other = a_card()
    ledger.cards.issue(an_issuance(key=OTHER_KEY, cards=(other,)), timeout_s=20)
    held = report(ledger, other.id)
    assert ledger.cards.situation(KEY, focus="order-review:1", fingerprint="f1").summary is not None
    release(ledger, held)
    report(ledger, a_brief(ledger))
    assert ledger.cards.situation(KEY, focus="order-review:1", fingerprint="f1").summary is None


def test_the_story_of_every_card_that_a_report_holds_tells_of_it(ledger: Ledger) -> None:
    first = made(ledger, ledger.claim(ledger.ask(fingerprint="f1")))
    second = made(ledger, ledger.claim(ledger.ask(fingerprint="f2")))
    cards = [a_card(kind="summary", summary_id=one.id, fingerprint=one.fingerprint) for one in (first, second)]
    for card in cards:
        ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    brief = a_brief(ledger)
    held = report(ledger, cards[1].id)
    release(ledger, held)
    for card_id in (cards[0].id, cards[1].id, brief):
        story = ledger.desk.story(card_id)
        assert story is not None
        assert [one.id for one in story.withdrawals] == [held]
        kinds = [entry.kind for entry in story.entries]
        assert (kinds.count("summary.withdrawn"), kinds.count("withdrawal.released")) == (1, 1)
    story = ledger.desk.story(cards[0].id)
    assert story is not None
    assert sum(entry.kind == "summary.stored" for entry in story.entries) == 1  # its own, not the other card's


def test_a_card_whose_hook_looked_a_moment_before_the_report_does_not_leave_after_it(ledger: Ledger) -> None:
    summary = made(ledger, ledger.claim(ledger.ask()))
    brief = a_brief(ledger)
    assert seen(ledger) == summary.id  # what the hook saw
    held = report(ledger, brief)
    late = an_issuance(cards=(a_card(kind="summary", summary_id=summary.id),))
    with pytest.raises(LedgerBusy, match="withdrawn"):
        ledger.cards.issue(late, timeout_s=20)
    assert ledger.cards.find(late.cards[0].id) is None
    a_brief(ledger)  # briefs go on
    release(ledger, held)
    ledger.cards.issue(late, timeout_s=20)
    assert ledger.verify().ok


def test_every_hold_of_a_client_is_found_whatever_the_others_have(ledger: Ledger) -> None:
    held = [report(ledger, a_brief(ledger)) for _ in range(3)]
    other = PatientKey(client="ehr-b", tenant="", fhir_base="https://b.test/fhir", patient_id="p-1")
    card = a_card()
    ledger.cards.issue(an_issuance(cards=(card,), key=other), timeout_s=20)
    theirs = [report(ledger, card.id, client="ehr-b", comment=str(number)) for number in range(4)]
    withdrawals = Withdrawals(ledger.store)
    first = withdrawals.in_force(client="ehr-a", limit=2)
    rest = withdrawals.in_force(client="ehr-a", limit=2, before=first[-1].sequence)
    assert [one.withdrawal.id for one in (*first, *rest)] == held[::-1]
    assert {one.withdrawal.id for one in withdrawals.in_force()} == {*held, *theirs}
    assert withdrawals.find("a\0b") is None
    release(ledger, held[0])
    assert withdrawals.find(held[0]) is None


def test_whose_a_hold_is_stays_known_after_its_payload_was_purged(ledger: Ledger) -> None:
    held = report(ledger, a_brief(ledger))
    nobodys = Withdrawal(id=new_id(), summary_id="", reason="r", at=now(), by="x")
    ledger.withdraw(nobodys, replace(OTHER_KEY, client="ehr-b"))
    rows = [("withdrawal", held), ("withdrawal", nobodys.id)]
    assert purge(ledger.store, rows, by="retention", at=now(), reason="old") == len(rows)
    withdrawals = Withdrawals(ledger.store)
    assert [(one.key, one.client) for one in withdrawals.in_force()] == [(None, ""), (None, KEY.client)]
    assert {one.withdrawal.id for one in withdrawals.in_force(client=KEY.client)} == {held, nobodys.id}
    assert [one.withdrawal.id for one in withdrawals.in_force(client="ehr-c")] == [nobodys.id]
    release(ledger, held)
    assert ledger.answers.withdrawal_of(KEY) is None
    assert ledger.verify().ok
