"""Answers are kept once, per user and channel, and what they withdraw is gone at once until it is released."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_values import FOCUS, KEY, OTHER_KEY, USER, Ledger, a_card, a_summary, an_answer, an_issuance, new_id, now
from sqlalchemy import text

from ledger.answers import answers_to
from ledger.chain import subject_for
from ledger.errors import AlreadyRecorded
from ledger.records import Acknowledgment, Channel, Filed, Outcome, Withdrawal
from ledger.withdrawals import Withdrawals


@pytest.fixture
def card_id(ledger: Ledger) -> str:
    issuance = an_issuance()
    ledger.cards.issue(issuance, timeout_s=20)
    return issuance.cards[0].id


def summary_card(ledger: Ledger) -> tuple[str, str]:
    job = ledger.claim(ledger.ask())
    summary = a_summary(job)
    ledger.jobs.finish(job, summary, [], [])
    card = a_card(kind="summary", summary_id=summary.id)
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    return card.id, summary.id


def test_an_answer_is_read_back_with_its_place_in_the_chain(ledger: Ledger, card_id: str) -> None:
    answer = an_answer(card_id, reason="not-relevant", comment="said twice", outcome=Outcome.DISAGREED)
    assert ledger.answers.file(answer) is Filed.RECORDED
    (found,) = answers_to(ledger.store, card_id)
    assert (found.user, found.outcome, found.reason, found.channel) == (
        USER, Outcome.DISAGREED, "not-relevant", Channel.PAGE,
    )  # fmt: skip
    assert found.at == answer.outcome_at
    assert found.sequence == 2


def test_ch_14_the_same_answer_sent_again_is_kept_once(ledger: Ledger, card_id: str) -> None:
    answer = an_answer(card_id, suggestions=("s1", "s2"))
    filed = [ledger.answers.file(replace(answer, id=new_id())) for _ in range(3)]
    assert filed == [Filed.RECORDED, Filed.REPEATED, Filed.REPEATED]
    assert len(answers_to(ledger.store, card_id)) == 1


def test_ch_14_the_same_answer_from_ten_senders_at_once_is_kept_once(ledger: Ledger, card_id: str) -> None:
    answer, answers = an_answer(card_id), ledger.answers
    with ThreadPoolExecutor(10) as pool:
        filed = list(pool.map(lambda _: answers.file(replace(answer, id=new_id())), range(10)))
    assert sorted(filed).count(Filed.RECORDED) == 1
    assert ledger.verify().ok


@pytest.mark.parametrize(
    "changed",
    [
        {"user": "Practitioner/dr-2"}, {"channel": Channel.FEEDBACK}, {"outcome": Outcome.DISAGREED}, {"reason": "r"},
        {"suggestions": ("s",)}, {"comment": "c"}, {"withdraws": True},
        {"surface_sha256": "00"},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_ch_14_an_answer_that_differs_in_anything_is_another(
    ledger: Ledger, card_id: str, changed: dict[str, object]
) -> None:
    answer = an_answer(card_id, outcome_at=now())
    other: Acknowledgment = replace(answer, id=new_id(), **changed)
    assert [ledger.answers.file(answer), ledger.answers.file(other)] == [Filed.RECORDED] * 2


def test_a_double_click_on_the_page_is_one_answer_though_each_click_has_its_own_time(
    ledger: Ledger, card_id: str
) -> None:
    def click(number: int) -> Filed:
        at = now() + timedelta(milliseconds=number)
        return ledger.answers.file(an_answer(card_id, outcome=Outcome.SAFETY_REPORT, outcome_at=at, withdraws=True))

    with ThreadPoolExecutor(4) as pool:
        filed = list(pool.map(click, range(4)))
    assert sorted(filed) == [Filed.RECORDED, *[Filed.REPEATED] * 3]
    (held,) = Withdrawals(ledger.store).in_force()
    assert ledger.answers.release(held.withdrawal.id, by="auditor", at=now(), note="checked")
    assert click(9) is Filed.RECORDED  # after a release it is no double click
    assert len(Withdrawals(ledger.store).in_force()) == 1
    assert ledger.verify().ok


def test_who_changes_their_mind_on_the_page_and_changes_it_back_has_answered_three_times(
    ledger: Ledger, card_id: str
) -> None:
    for outcome in (Outcome.REVIEWED, Outcome.DISAGREED, Outcome.REVIEWED):
        assert ledger.answers.file(an_answer(card_id, outcome=outcome)) is Filed.RECORDED
    assert ledger.answers.file(an_answer(card_id, user="Practitioner/other")) is Filed.RECORDED
    assert ledger.answers.file(an_answer(card_id)) is Filed.REPEATED


def test_an_answer_by_feedback_at_another_time_is_another_where_no_time_is_claimed(
    ledger: Ledger, card_id: str
) -> None:
    first = an_answer(card_id, channel=Channel.FEEDBACK)
    later = replace(first, id=new_id(), outcome_at=first.outcome_at + timedelta(seconds=1))
    assert [ledger.answers.file(first), ledger.answers.file(later)] == [Filed.RECORDED] * 2


def test_t13_a_client_that_never_received_the_card_cannot_answer_it(ledger: Ledger, card_id: str) -> None:
    assert ledger.answers.file(an_answer(card_id, client="ehr-b", withdraws=True)) is Filed.UNKNOWN_CARD
    assert answers_to(ledger.store, card_id) == ()
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").withdrawal is None


@pytest.mark.parametrize("unknown", ["8c0f7e6e-0000-4000-8000-000000000000", "Smith, John", "a\0b", "", "x" * 10_000])
def test_ch_14_an_answer_to_an_unknown_card_is_an_entry_of_the_chain(ledger: Ledger, unknown: str) -> None:
    assert ledger.answers.file(an_answer(unknown)) is Filed.UNKNOWN_CARD
    (row,) = ledger.store.rows(text("SELECT kind, subject FROM audit_entry"))
    assert (row["kind"], row["subject"]) == ("answer.unknown-card", subject_for(unknown, ledger.store.cipher))
    assert "Smith" not in row["subject"]
    assert ledger.verify().ok


def test_ch_14_an_answer_after_the_cards_time_is_recorded(ledger: Ledger) -> None:
    card = a_card(expires_at=now() - timedelta(hours=1))
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    assert ledger.answers.file(an_answer(card.id)) is Filed.RECORDED


def test_an_id_used_for_another_answer_is_refused(ledger: Ledger, card_id: str) -> None:
    answer = an_answer(card_id)
    ledger.answers.file(answer)
    with pytest.raises(AlreadyRecorded):
        ledger.answers.file(replace(answer, comment="other"))


def test_a_safety_report_withdraws_the_cards_summary_in_the_same_transaction(ledger: Ledger) -> None:
    card_id, summary_id = summary_card(ledger)
    report = an_answer(card_id, outcome=Outcome.SAFETY_REPORT, reason="wrong-dose", withdraws=True)
    ledger.answers.file(report)
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    assert situation.summary is None
    assert situation.withdrawal is not None
    assert situation.withdrawal == Withdrawal(
        id=report.id, summary_id=summary_id, reason="wrong-dose", at=situation.withdrawal.at, by=USER
    )
    assert ledger.answers.withdrawal_of(KEY) == situation.withdrawal
    assert ledger.verify().ok


def test_wrong_patient_on_a_card_without_a_summary_withdraws_the_whole_key(ledger: Ledger) -> None:
    _card_id, _summary_id = summary_card(ledger)
    brief = a_card()
    ledger.cards.issue(an_issuance(cards=(brief,)), timeout_s=20)
    ledger.answers.file(an_answer(brief.id, reason="wrong-patient", withdraws=True))
    found = ledger.answers.withdrawal_of(KEY)
    assert found is not None
    assert found.summary_id == ""


def test_a_report_on_a_briefs_page_withdraws_the_summary_in_sight(ledger: Ledger) -> None:
    _card_id, summary_id = summary_card(ledger)
    brief = a_card()
    ledger.cards.issue(an_issuance(cards=(brief,)), timeout_s=20)
    ledger.answers.file(an_answer(brief.id, summary_id=summary_id, withdraws=True))
    (answer,) = answers_to(ledger.store, brief.id)
    found = ledger.answers.withdrawal_of(KEY)
    assert found is not None
    assert answer.summary_id == found.summary_id == summary_id


@pytest.mark.parametrize("strange", ["no such summary", "a\0b", "another patient's"])
def test_a_report_on_a_summary_that_is_none_of_this_patient_withdraws_the_whole_key(
    ledger: Ledger, strange: str
) -> None:
    brief = a_card()
    ledger.cards.issue(an_issuance(key=OTHER_KEY, cards=(brief,)), timeout_s=20)
    _card_id, of_another = summary_card(ledger)
    in_sight = of_another if strange == "another patient's" else strange
    ledger.answers.file(an_answer(brief.id, summary_id=in_sight, withdraws=True))
    found = ledger.answers.withdrawal_of(OTHER_KEY)
    assert found is not None
    assert found.summary_id == ""
    assert ledger.answers.withdrawal_of(KEY) is None


def test_a_release_needs_a_name_and_a_note_and_happens_once(ledger: Ledger) -> None:
    card_id, summary_id = summary_card(ledger)
    report = an_answer(card_id, withdraws=True)
    ledger.answers.file(report)
    for by, note in (("", "checked"), ("auditor", " ")):
        with pytest.raises(ValueError, match="a name and a note"):
            ledger.answers.release(report.id, by=by, at=now(), note=note)
    assert ledger.answers.withdrawal_of(KEY) is not None
    assert ledger.answers.release(report.id, by="auditor", at=now(), note="checked against the chart")
    assert not ledger.answers.release(report.id, by="auditor", at=now(), note="again")
    assert not ledger.answers.release("a\0b", by="auditor", at=now(), note="none")
    assert ledger.answers.withdrawal_of(KEY) is None
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    assert situation.summary is not None
    assert situation.summary.id == summary_id
    assert ledger.verify().ok


def test_two_reports_are_two_withdrawals_and_each_needs_its_release(ledger: Ledger) -> None:
    card_id, _summary_id = summary_card(ledger)
    reports = [an_answer(card_id, user=f"Practitioner/{name}", withdraws=True) for name in "ab"]
    for report in reports:
        ledger.answers.file(report)
    listed = Withdrawals(ledger.store).in_force()
    assert [(one.withdrawal.id, one.key) for one in listed] == [(reports[1].id, KEY), (reports[0].id, KEY)]
    ledger.answers.release(reports[1].id, by="auditor", at=now(), note="checked")
    assert ledger.answers.withdrawal_of(KEY) is not None


def test_a_withdrawal_of_one_patient_touches_no_other(ledger: Ledger) -> None:
    _card, _summary_id = summary_card(ledger)
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason="r", at=now(), by="a"), OTHER_KEY)
    assert ledger.answers.withdrawal_of(KEY) is None
