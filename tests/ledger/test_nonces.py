"""A token id is burnt once, also by senders at the same moment, and forgotten when it can no longer be used (T4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from ledger_values import Ledger, now
from sqlalchemy import text

from ledger.nonces import Nonces


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
