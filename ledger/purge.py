"""A payload whose time is over is emptied; that it was there, and when it went, stays in the chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from ledger import chain, identities
from ledger.binding import BOUND, Binding, bind, identity_of
from ledger.kinds import LedgerEvent
from ledger.records import Event, JobState
from ledger.schema import audit_entry
from ledger.store import LedgerStore, Transaction

Record = tuple[str, str]  # table and row id; of an audit entry, its sequence
_ENTRY = select(audit_entry).where(audit_entry.c.sequence == bindparam("place"))
_EMPTY_ENTRY = update(audit_entry).where(audit_entry.c.sequence == bindparam("place")).values(payload=None)
_AT_WORK = {JobState.QUEUED, JobState.LEASED}


def purge(store: LedgerStore, records: Sequence[Record], *, by: str, at: datetime, reason: str) -> int:
    """Empty the sealed columns of these rows, with one entry that names them; how many rows there were.

    Unknown rows are passed over, and so is a job at work. In the database the sealed content is gone for good; digests
    and chain stay. What this process had decrypted it forgets (`LedgerStore.when_purged`); another process may hold it
    in memory, never on disk, until newer contents take its place or it is started again (docs/operating.md).
    Raises ValueError for a table or an id that can be none.
    """
    for table, name in records:
        if not _can_be(table, name):
            raise ValueError(f"{table!r} has no record of this name")
    event = Event(kind=LedgerEvent.PAYLOAD_PURGED, subject="", at=at, user=by, detail={"reason": reason})
    entry = chain.draft(event, store.cipher)
    with store.write() as transaction:
        bindings = [binding for table, name in records if (binding := _empty(transaction, table, name)) is not None]
        if bindings:
            transaction.add(entry, bindings)
    for binding in bindings:
        store.recent.forget(binding[1])
    for forget in store.when_purged if bindings else ():
        forget()
    return len(bindings)


def _can_be(table: str, name: str) -> bool:
    try:
        return bool(int(name) if table == "audit_entry" else identity_of(table, name))
    except (ValueError, KeyError):
        return False


def _empty(transaction: Transaction, table: str, name: str) -> Binding | None:
    if table == "audit_entry":
        return _empty_entry(transaction, int(name))
    bound = BOUND[table]
    where = [
        bound.table.c[column] == value for column, value in zip(bound.identity, identity_of(table, name), strict=True)
    ]
    row = transaction.one(select(bound.table).where(*where), {})
    if row is None or (table == "job" and row["state"] in _AT_WORK):
        return None
    if table == "card":
        identities.forget(transaction, row)
    emptied: dict[str, Any] = dict.fromkeys(bound.sealed)
    transaction.execute(update(bound.table).where(*where).values(**emptied))
    return bind(table, row, "purged")


def _empty_entry(transaction: Transaction, sequence: int) -> Binding | None:
    row = transaction.one(_ENTRY, {"place": sequence})
    if row is None:
        return None
    transaction.execute(_EMPTY_ENTRY, {"place": sequence})
    return ("audit_entry", str(sequence), row["entry_hash"], (), "purged")
