"""What is kept about a person is unreadable without a key, and findable by exact value alone.

A sealed column holds `1 | length of key id | key id | nonce | AES-256-GCM(salt | content)`. The associated data name
table, row and column, so that a ciphertext moved elsewhere does not open. The digest beside it is
SHA-256(salt | content): the salt lives and dies with the payload, so a purged payload cannot be guessed from it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import ChainBroken, KeyMissing
from ledger.keys import KeyRing
from ledger.records import PatientKey

_VERSION = 1
_SALT_BYTES = 16
_NONCE_BYTES = 12
_RECENT = 256
_RELOAD_EVERY_S = 5.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column's ciphertext and the salted digest of what it holds."""

    ciphertext: bytes = field(repr=False)
    digest: str


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Canonical JSON: sorted keys, no spaces. Raises ValueError, without the value, where it is not JSON."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError):
        raise ValueError("the ledger keeps JSON values only") from None


class Cipher:
    """Seals and opens columns and makes blind indexes, with one key ring. Safe to share between threads.

    A payload sealed with a key that is not on the ring may come from a process that was started after a rotation: then
    `reload` is asked for the ring as it is now, at most every five seconds.
    """

    def __init__(
        self,
        ring: KeyRing,
        *,
        reload: Callable[[], KeyRing] | None = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._index = ring.index
        self._reload, self._timer = reload, timer
        self._turn = threading.Lock()
        self._reload_after = timer()
        self._ciphers: dict[str, AESGCM] = {}
        self._adopt(ring)
        # One purpose, one key: an index of users says nothing about an index of patients.
        self._keys = {
            purpose: hmac.digest(ring.index, purpose.encode(), "sha256")
            for purpose in ("patient key", "patient id", "user", "subject", "card", "answer", "nonce", "checkpoint")
        }
        # One hook call finds the same patient and user eight times.
        self._index_of_key = lru_cache(maxsize=_RECENT)(lambda key: self.index("patient key", key_to_plain(key)))
        self._index_of_user = lru_cache(maxsize=_RECENT)(lambda user: self.index("user", user))

    def seal(self, content: bytes, *, table: str, column: str, row: str = "") -> Sealed:
        """Seal one column of one row. An audit entry has no `row` id yet: its digest stands in."""
        random = os.urandom(_SALT_BYTES + _NONCE_BYTES)
        salted, nonce = random[:_SALT_BYTES] + content, random[_SALT_BYTES:]
        digest = hashlib.sha256(salted).hexdigest()
        place = _place(table, row or digest, column)
        header, cipher = self._newest
        return Sealed(header + nonce + cipher.encrypt(nonce, salted, place), digest)

    def open(self, ciphertext: bytes, *, table: str, row: str, column: str) -> bytes:
        """The content of a sealed column. Raises KeyMissing (another ring's key) or ChainBroken (it was altered)."""
        return self.open_salted(ciphertext, table=table, row=row, column=column)[_SALT_BYTES:]

    def open_salted(self, ciphertext: object, *, table: str, row: str, column: str) -> bytes:
        """Salt and content together: their SHA-256 is the digest that the chain covers."""
        data = bytes(ciphertext) if isinstance(ciphertext, bytes | memoryview) else b""  # SQLite keeps any type
        end = 2 + data[1] if len(data) > 1 else 0
        if not end or data[0] != _VERSION or len(data) < end + _NONCE_BYTES:
            raise ChainBroken(f"{table} {row}: {column} is not a sealed payload")
        cipher = self._cipher_of(data[2:end].decode("ascii", "replace"))
        if cipher is None:
            raise KeyMissing(f"{table} {row}: {column} is sealed with a key that is not on the ring")
        nonce = data[end : end + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, data[end + _NONCE_BYTES :], _place(table, row, column))
        except InvalidTag:
            raise ChainBroken(f"{table} {row}: {column} does not open: it was altered or moved") from None

    def _cipher_of(self, key_id: str) -> AESGCM | None:
        if key_id not in self._ciphers and self._reload is not None:
            with self._turn:
                if key_id not in self._ciphers and self._timer() >= self._reload_after:
                    self._reload_after = self._timer() + _RELOAD_EVERY_S
                    self._look_again(self._reload)
        return self._ciphers.get(key_id)

    def _look_again(self, reload: Callable[[], KeyRing]) -> None:
        try:
            ring = reload()
        except (KeyMissing, OSError) as error:
            _log.warning("ledger.keys_not_reloaded", error=type(error).__name__)
            return
        if ring.index != self._index:
            _log.warning("ledger.keys_not_reloaded", error="another ledger's ring")
            return
        self._adopt(ring)
        _log.info("ledger.keys_reloaded", keys=len(ring.payload), newest=ring.newest)

    def _adopt(self, ring: KeyRing) -> None:
        """Open with these keys too, and seal with their newest."""
        # In one step each: other threads are sealing and opening. A key that is known stays as it is.
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.payload.items()} | self._ciphers
        header = bytes([_VERSION, len(ring.newest)]) + ring.newest.encode()
        self._newest = (header, self._ciphers[ring.newest])

    def key_index(self, key: PatientKey | None) -> str:
        """The blind index of a patient key; empty for none."""
        return self._index_of_key(key) if key else ""

    def patient_index(self, patient_id: str) -> str:
        """The blind index of a patient id alone, whatever its base: what an auditor types."""
        return self.index("patient id", patient_id)

    def user_index(self, user: str) -> str:
        """The blind index of a user; empty for a machine."""
        return self._index_of_user(user) if user else ""

    def index(self, purpose: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
        """HMAC-SHA256 of a JSON value under the key of this purpose, in hex."""
        return hmac.digest(self._keys[purpose], canonical(value), "sha256").hex()


def key_to_plain(key: PatientKey | None) -> list[str] | None:
    """A patient key as JSON."""
    return [key.client, key.tenant, key.fhir_base, key.patient_id] if key else None


def key_from_plain(plain: list[str] | None) -> PatientKey | None:
    """A patient key from its JSON; None where it names nobody."""
    if plain is None:
        return None
    client, tenant, fhir_base, patient_id = plain
    if not (client and fhir_base and patient_id):
        return None
    return PatientKey(client=client, tenant=tenant, fhir_base=fhir_base, patient_id=patient_id)


def _place(table: str, row: str, column: str) -> bytes:
    return f"chartside\0{table}\0{row}\0{column}".encode()
