"""A client's token is used once: its id is burnt before the request is answered (threat T4)."""

from __future__ import annotations

import itertools
from datetime import datetime

from sqlalchemy import bindparam, delete

from ledger.clock import database_now, span_micros, to_micros
from ledger.schema import nonce as table
from ledger.store import LedgerStore

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
        row = {"token": self._store.cipher.index("nonce", [issuer, jti]), "expires_at": to_micros(expires_at)}
        with self._store.chore(timeout_s) as chore:
            if next(self._count) % _SWEEP_EVERY == 0:
                chore.execute(_SWEEP, {"grace": span_micros(_GRACE_S)})
            return chore.insert_or_ignore(table, row)
