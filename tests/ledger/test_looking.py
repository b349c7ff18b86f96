"""Between a read and its write the world may move on: then nothing is written of what was looked at."""

from collections.abc import Callable

import pytest
from ledger_values import FOCUS, KEY, OTHER_KEY, Ledger, a_card, an_answer, an_event, an_issuance, new_id, now

from ledger.answers import answers_to
from ledger.errors import LedgerBusy, MovedOn
from ledger.events import record
from ledger.records import Channel, Filed, Looked, Outcome, Withdrawal
from ledger.switches import SwitchedOff, Switches, SwitchKind

Change = Callable[[Ledger], object]


def withdraw(ledger: Ledger) -> None:
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason="r", at=now(), by="a"), KEY)


def switch_off(ledger: Ledger) -> None:
    wanted = SwitchedOff(id=new_id(), kind=SwitchKind.MODEL, name="m", at=now(), by="a", note="n")
    assert Switches(ledger.store).switch_off(wanted)


def look(ledger: Ledger) -> Looked:
    situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
    held = situation.withdrawal.id if situation.withdrawal else ""
    return Looked(key=KEY, withdrawal_id=held, switched_off=situation.switched_off)


@pytest.fixture
def card_id(ledger: Ledger) -> str:
    card = a_card()
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    return card.id


@pytest.mark.parametrize("change", [withdraw, switch_off])
def test_a_page_that_was_read_before_a_report_or_a_switch_is_not_on_record_as_opened_after_it(
    ledger: Ledger, change: Change
) -> None:
    looked = look(ledger)
    assert len(record(ledger.store, [an_event()], looked=looked)) == 1
    change(ledger)
    before = ledger.count("audit_entry")
    with pytest.raises(MovedOn):
        record(ledger.store, [an_event()], looked=looked)
    assert ledger.count("audit_entry") == before
    assert len(record(ledger.store, [an_event()], looked=look(ledger))) == 1
    assert ledger.verify().ok


def test_a_release_moves_on_too_and_another_patients_report_does_not(ledger: Ledger) -> None:
    before = look(ledger)
    withdraw(ledger)
    held = look(ledger)
    assert ledger.answers.release(held.withdrawal_id, by="a", at=now(), note="n")
    with pytest.raises(MovedOn):
        record(ledger.store, [an_event()], looked=held)
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason="r", at=now(), by="a"), OTHER_KEY)
    assert len(record(ledger.store, [an_event()], looked=before)) == 1


@pytest.mark.parametrize("change", [withdraw, switch_off])
@pytest.mark.parametrize("outcome", [Outcome.REVIEWED, Outcome.DISAGREED, Outcome.SAFETY_REPORT])
def test_an_answer_to_a_page_that_moved_on_is_not_kept_unless_it_is_a_report(
    ledger: Ledger, card_id: str, change: Change, outcome: Outcome
) -> None:
    looked = look(ledger)
    change(ledger)
    reports = outcome is Outcome.SAFETY_REPORT
    filed = ledger.answers.file(an_answer(card_id, outcome=outcome, withdraws=reports, looked=looked))
    assert filed is (Filed.RECORDED if reports else Filed.MOVED_ON)
    assert len(answers_to(ledger.store, card_id)) == int(reports)


def test_what_moved_on_after_an_answer_does_not_make_its_second_click_another(ledger: Ledger, card_id: str) -> None:
    answer = an_answer(card_id, channel=Channel.PAGE, looked=look(ledger))
    assert ledger.answers.file(answer) is Filed.RECORDED
    withdraw(ledger)
    assert ledger.answers.file(an_answer(card_id, looked=answer.looked)) is Filed.REPEATED


def test_no_card_leaves_after_a_switch_that_its_hook_did_not_see(ledger: Ledger) -> None:
    switch_off(ledger)
    late = an_issuance(cards=(a_card(),))
    with pytest.raises(LedgerBusy, match="switched off"):
        ledger.cards.issue(late, timeout_s=20)
    assert ledger.cards.find(late.cards[0].id) is None
    seen = an_issuance(cards=(a_card(),), switched_off=look(ledger).switched_off)
    ledger.cards.issue(seen, timeout_s=20)
    assert ledger.cards.find(seen.cards[0].id) is not None
