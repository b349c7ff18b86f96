"""A token id is burnt once, also by senders at the same moment, and forgotten when it can no longer be used (T4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from ledger_values import Ledger, an_event, an_issuance, now
from sqlalchemy import text

from ledger.errors import AlreadyUsed, LedgerBusy
from ledger.events import record
from ledger.nonces import Nonces
from ledger.records import Nonce
from ledger.switches import SwitchedOff, Switches, SwitchKind


def test_t4_two_posts_of_one_token_at_once_are_one_yes(ledger: Ledger) -> None:
    stores = [ledger.reopen() for _ in range(2)]
    until = now() + timedelta(minutes=5)
    with ThreadPoolExecutor(10) as pool:
        burnt = list(pool.map(lambda n: Nonces(stores[n % 2]).burn("iss", "jti-1", expires_at=until), range(10)))
    assert burnt.count(True) == 1


OTHERS = [("iss", "j2"), ("iss2", "j"), ("is", "sj"), ("", ""), ("a\0b", "é" * 9999)]


@pytest.mark.parametrize(("issuer", "jti"), OTHERS)
def test_another_issuer_or_id_is_another_token(ledger: Ledger, issuer: str, jti: str) -> None:
    nonces, until = Nonces(ledger.store), now() + timedelta(minutes=5)
    assert nonces.burn("iss", "j", expires_at=until)
    assert nonces.burn(issuer, jti, expires_at=until)
    assert not nonces.burn(issuer, jti, expires_at=until)


def test_a_token_id_is_kept_as_a_digest_and_not_longer_than_needed(ledger: Ledger) -> None:
    nonces = Nonces(ledger.store)
    nonces.burn("iss", "canary-jti", expires_at=now() - timedelta(hours=1))
    nonces.burn("iss", "fresh", expires_at=now() + timedelta(minutes=5))
    assert "canary" not in str(ledger.store.rows(text("SELECT * FROM nonce")))
    for number in range(256):
        nonces.burn("iss", str(number), expires_at=now() + timedelta(minutes=5))
    assert ledger.count("nonce") == 257
    assert not nonces.burn("iss", "fresh", expires_at=now())
    assert ledger.count("audit_entry") == 0


def nonce(jti: str = "jti-1") -> Nonce:
    return Nonce(issuer="iss", jti=jti, expires_at=now() + timedelta(minutes=5))


def test_t4_cards_and_their_token_are_kept_together_or_not_at_all(ledger: Ledger) -> None:
    first, again = an_issuance(nonce=nonce()), an_issuance(nonce=nonce())
    ledger.cards.issue(first, timeout_s=20)
    entries = ledger.count("audit_entry")

    with pytest.raises(AlreadyUsed):
        ledger.cards.issue(again, timeout_s=20)

    assert ledger.cards.find(first.cards[0].id) is not None
    assert ledger.cards.find(again.cards[0].id) is None
    assert ledger.count("audit_entry") == entries


def test_t4_what_could_not_be_issued_has_burnt_nothing(ledger: Ledger) -> None:
    off = SwitchedOff(id="s1", kind=SwitchKind.MODEL, name="m-1", at=now(), by="auditor", note="drift")
    Switches(ledger.store).switch_off(off)
    with pytest.raises(LedgerBusy):
        ledger.cards.issue(an_issuance(nonce=nonce()), timeout_s=20)

    assert ledger.count("nonce") == 0


def test_t4_a_hook_with_nothing_else_to_write_burns_its_token(ledger: Ledger) -> None:
    empty = an_issuance(cards=(), nonce=nonce())
    ledger.cards.issue(empty, timeout_s=20)

    with pytest.raises(AlreadyUsed):
        ledger.cards.issue(empty, timeout_s=20)


def test_t4_a_token_is_one_wherever_it_is_burnt(ledger: Ledger) -> None:
    record(ledger.store, [an_event("hook.refused")], nonce=nonce())
    until = now() + timedelta(minutes=5)

    assert not Nonces(ledger.store).burn("iss", "jti-1", expires_at=until)
    with pytest.raises(AlreadyUsed):
        ledger.cards.issue(an_issuance(nonce=nonce()), timeout_s=20)
    with pytest.raises(AlreadyUsed):
        record(ledger.store, [an_event("hook.refused")], nonce=nonce())
    assert ledger.count("audit_entry") == 1


def test_t4_ten_hooks_with_one_token_at_once_are_one_answer(ledger: Ledger) -> None:
    stores = [ledger.reopen() for _ in range(2)]

    def issue(number: int) -> bool:
        try:
            record(stores[number % 2], [an_event("hook.received")], nonce=nonce(), timeout_s=20)
        except AlreadyUsed:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(issue, range(10))).count(True) == 1
    assert ledger.count("audit_entry") == 1


def test_hooks_sweep_the_tokens_that_nobody_can_use_any_more(ledger: Ledger) -> None:
    Nonces(ledger.store).burn("iss", "old", expires_at=now() - timedelta(hours=1))
    cards = ledger.cards
    for number in range(256):
        cards.issue(an_issuance(cards=(), nonce=nonce(str(number))), timeout_s=20)

    assert ledger.count("nonce") == 256
