"""A sealed column opens in its own place alone, and an index says nothing but equality."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_values import KEY, OTHER_KEY
from structlog.testing import capture_logs

from ledger.errors import ChainBroken, KeyMissing
from ledger.keys import KeyRing, create_key_file, rotate_key_file
from ledger.sealing import Cipher, canonical

PLACE = {"table": "card", "row": "c1", "column": "who"}


@pytest.fixture
def cipher(keys: KeyRing) -> Cipher:
    return Cipher(keys)


def test_what_is_sealed_opens_again_and_hashes_to_its_digest(cipher: Cipher) -> None:
    sealed = cipher.seal(b"said", **PLACE)
    assert cipher.open(sealed.ciphertext, **PLACE) == b"said"
    salted = cipher.open_salted(sealed.ciphertext, **PLACE)
    assert hashlib.sha256(salted).hexdigest() == sealed.digest
    assert b"said" not in sealed.ciphertext


def test_the_same_content_never_looks_the_same(cipher: Cipher) -> None:
    one, other = cipher.seal(b"said", **PLACE), cipher.seal(b"said", **PLACE)
    assert one.ciphertext != other.ciphertext
    assert one.digest != other.digest  # a purged payload cannot be guessed from its digest


@pytest.mark.parametrize("change", [{"table": "job"}, {"row": "c2"}, {"column": "content"}])
def test_a_ciphertext_moved_elsewhere_does_not_open(cipher: Cipher, change: dict[str, str]) -> None:
    sealed = cipher.seal(b"said", **PLACE)
    with pytest.raises(ChainBroken, match="altered or moved"):
        cipher.open(sealed.ciphertext, **PLACE | change)


def test_every_flipped_byte_is_noticed(cipher: Cipher) -> None:
    sealed = cipher.seal(b"said", **PLACE)
    for place in range(len(sealed.ciphertext)):
        flipped = bytearray(sealed.ciphertext)
        flipped[place] ^= 1
        with pytest.raises((ChainBroken, KeyMissing)):
            cipher.open(bytes(flipped), **PLACE)


@given(garbage=st.one_of(st.binary(max_size=64), st.text(max_size=8), st.integers(), st.none()))
def test_garbage_in_a_sealed_column_is_a_broken_chain_or_a_missing_key(garbage: object) -> None:
    ring = KeyRing(index=bytes(32), payload={"k1": bytes(31) + b"1"}, newest="k1")
    with pytest.raises((ChainBroken, KeyMissing)):
        Cipher(ring).open_salted(garbage, **PLACE)


def test_indexes_are_equal_for_equal_values_only_and_differ_by_purpose_and_ring(cipher: Cipher) -> None:
    ring = KeyRing(index=b"i" * 32, payload={"k1": b"p" * 32}, newest="k1")
    assert cipher.key_index(KEY) == cipher.key_index(KEY)
    assert len({cipher.key_index(KEY), cipher.key_index(OTHER_KEY), Cipher(ring).key_index(KEY)}) == 3
    assert cipher.user_index("p-1") != cipher.patient_index("p-1")
    assert (cipher.key_index(None), cipher.user_index("")) == ("", "")


def test_what_is_no_json_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="JSON values only") as caught:
        canonical({"name": {"Smith"}})
    assert "Smith" not in str(caught.value)
    with pytest.raises(ValueError, match="JSON values only"):
        canonical("\ud800")


class Keys:
    """A key file in memory, a clock, and how often it was looked at."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring, self.now, self.looks = ring, 100.0, 0
        self.error: Exception | None = None

    def load(self) -> KeyRing:
        self.looks += 1
        if self.error:
            raise self.error
        return self.ring

    def cipher(self) -> Cipher:
        return Cipher(self.ring, reload=self.load, timer=lambda: self.now)


@pytest.fixture
def rotated(tmp_path: Path) -> Callable[[], KeyRing]:
    file = tmp_path / "ring.json"
    create_key_file(file)
    return lambda: rotate_key_file(file)


def test_what_a_restarted_process_sealed_after_a_rotation_opens_in_the_old_one(rotated: Callable[[], KeyRing]) -> None:
    keys = Keys(rotated())
    old = keys.cipher()
    before = old.seal(b"before", **PLACE)
    keys.ring = rotated()
    after = Cipher(keys.ring).seal(b"after", **PLACE)
    assert old.open(after.ciphertext, **PLACE) == b"after"
    assert old.open(before.ciphertext, **PLACE) == b"before"
    assert keys.looks == 1
    assert keys.ring.newest.encode() in old.seal(b"new", **PLACE).ciphertext  # and it seals with the newest itself


def test_a_key_that_is_nowhere_is_looked_for_at_most_every_five_seconds(rotated: Callable[[], KeyRing]) -> None:
    keys = Keys(rotated())
    old = keys.cipher()
    lost = Cipher(rotated()).seal(b"lost", **PLACE)
    for seconds, looks in ((0, 1), (4.9, 1), (5.1, 2)):
        keys.now = 100.0 + seconds
        for _ in range(3):
            with pytest.raises(KeyMissing, match="not on the ring"):
                old.open(lost.ciphertext, **PLACE)
        assert keys.looks == looks


@pytest.mark.parametrize("error", [KeyMissing("no key file"), PermissionError(13, "denied"), None])
def test_a_key_file_that_is_gone_or_of_another_ledger_changes_nothing(
    rotated: Callable[[], KeyRing], tmp_path: Path, error: Exception | None
) -> None:
    keys = Keys(rotated())
    old = keys.cipher()
    foreign = create_key_file(tmp_path / "foreign.json")
    keys.error, keys.ring = error, KeyRing(index=foreign.index, payload={"k9": foreign.payload["k1"]}, newest="k9")
    theirs = Cipher(keys.ring).seal(b"theirs", **PLACE)
    with capture_logs() as logs, pytest.raises(KeyMissing):
        old.open(theirs.ciphertext, **PLACE)
    assert [one["event"] for one in logs] == ["ledger.keys_not_reloaded"]
    assert old.open(old.seal(b"ours", **PLACE).ciphertext, **PLACE) == b"ours"
