"""Histories kept once per patient key and fingerprint: what a card's page, and a summary's sources, are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from ledger import chain, schema
from ledger.binding import bind
from ledger.clock import to_micros
from ledger.kinds import LedgerEvent
from ledger.records import Event, PatientKey
from ledger.rows import seal_into
from ledger.sealing import Cipher
from ledger.store import Transaction

_AGAIN = update(schema.snapshot).where(
    schema.snapshot.c.key_index == bindparam("place_key"),
    schema.snapshot.c.fingerprint == bindparam("place_fingerprint"),
    schema.snapshot.c.content.is_(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One history, sealed before the chain's lock is taken."""

    row: dict[str, Any] = field(repr=False)
    event: Event

    @classmethod
    def seal(
        cls,
        cipher: Cipher,
        *,
        key: PatientKey,
        fingerprint: str,
        content: bytes,
        at: datetime,
        subject: str,
        user: str = "",
    ) -> Snapshot:
        """Prepare the history for `keep`; `subject` is the hook call or the job that saw it."""
        row: dict[str, Any] = {
            "key_index": cipher.key_index(key),
            "fingerprint": fingerprint,
            "kept_at": to_micros(at),
        }
        seal_into(row, cipher, table="snapshot", contents={"content": content})
        detail = {"fingerprint": fingerprint}
        return cls(
            row=row,
            event=Event(kind=LedgerEvent.HISTORY_KEPT, subject=subject, at=at, key=key, user=user, detail=detail),
        )

    def keep(self, transaction: Transaction, cipher: Cipher) -> None:
        """Keep the history, unless the same is kept; where it was purged, keep it anew in its place."""
        row = self.row | {"sequence": transaction.next_sequence}
        if transaction.insert_or_ignore(schema.snapshot, row):
            transaction.add(chain.draft(self.event, cipher), [bind("snapshot", row)])
            return
        place = {"place_key": row["key_index"], "place_fingerprint": row["fingerprint"]}
        if transaction.execute(_AGAIN.values(**row), place).rowcount == 1:
            event = replace(self.event, detail={**self.event.detail, "again": True})
            transaction.add(chain.draft(event, cipher), [bind("snapshot", row, "moved")])
