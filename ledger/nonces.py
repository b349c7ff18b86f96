"""A client's token is used once: its id is burnt before the request is answered (threat T4).

Alone, or in the transaction of what the call puts on record: then both are kept, or neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert

from ledger.clock import database_now, span_micros, to_micros
from ledger.errors import AlreadyRecorded, AlreadyUsed
from ledger.failures import translated
from ledger.prepared import Prepared
from ledger.records import Nonce
from ledger.schema import nonce as table
from ledger.sealing import Cipher
from ledger.store import Chore, LedgerStore

_INSERT = Prepared(insert(table), columns=table.c.keys())
_SWEEP = delete(table).where(table.c.expires_at < database_now() - bindparam("grace"))
_SWEEP_EVERY = 256
_GRACE_S = 300.0  # well over any leeway that a token's expiry is given


class Nonces:
    """Token ids seen. Only their HMAC is kept, and that no longer than the token could be used."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._count = itertools.count(1)

    def burn(self, issuer: str, jti: str, *, expires_at: datetime, timeout_s: float | None = None) -> bool:
        """True for the first caller with this issuer and token id, False for every other.

        Raises LedgerBusy or LedgerUnavailable: then nobody knows, and the token is refused.
        """
        row = nonce_row(Nonce(issuer=issuer, jti=jti, expires_at=expires_at), self._store.cipher)
        with self._store.chore(timeout_s) as chore:
            self.sweep(chore)
            return chore.insert_or_ignore(table, row)

    def spend(self, chore: Chore, row: Mapping[str, Any]) -> None:
        """Burn the token of this row in the write under way. Raises AlreadyUsed, which ends that write."""
        self.sweep(chore)
        spend(chore, row)

    def sweep(self, chore: Chore) -> None:
        """Now and then, forget the tokens that nobody could use any more."""
        if next(self._count) % _SWEEP_EVERY == 0:
            chore.execute(_SWEEP, {"grace": span_micros(_GRACE_S)})


def nonce_row(nonce: Nonce, cipher: Cipher) -> dict[str, Any]:
    """What is kept of a token's id; made before the write begins."""
    return {"token": cipher.index("nonce", [nonce.issuer, nonce.jti]), "expires_at": to_micros(nonce.expires_at)}


def spend(chore: Chore, row: Mapping[str, Any]) -> None:
    """Burn the token of this row in the write under way. Raises AlreadyUsed, which ends that write."""
    try:
        with translated():
            chore.write(_INSERT, [row])
    except AlreadyRecorded:
        raise AlreadyUsed("the token of this call was used before; nothing was written") from None
