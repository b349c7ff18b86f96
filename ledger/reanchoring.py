"""A checkpoint file that begins behind an entry of the chain is lawful only where an entry since says why.

A new host, a restored backup, a lost disk: each begins a file anew. So does whoever cut the chain and removed the file
that knew better. Nothing in the two can tell these apart; a named person with a reason can.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from ledger import chain
from ledger.errors import ChainBroken, KeyMissing, LedgerUnavailable
from ledger.kinds import LedgerEvent
from ledger.records import Event
from ledger.schema import audit_entry
from ledger.store import LedgerStore

_HEAD = select(func.max(audit_entry.c.sequence).label("head"))
_SINCE = (
    select(audit_entry)
    .where(
        audit_entry.c.kind == LedgerEvent.LEDGER_REANCHORED.value, audit_entry.c.sequence > bindparam("begins_after")
    )
    .order_by(audit_entry.c.sequence)
)
_REMEDY = (
    "Look for the file that was there. If it is lawfully gone (a new host, a restored backup), "
    'say so on record: chartside ledger reanchor --reason "…"'
)


def check_begun(store: LedgerStore) -> None:
    """Refuse a checkpoint file that is gone, or was begun anew without a word, over a chain that is not empty.

    Raises ChainBroken, which names the command that lifts it, or LedgerUnavailable where the file cannot be read.
    """
    head = store.rows(_HEAD)[0]["head"]
    if not head:
        return
    begins_after = _begins_after(store)
    where = f"the checkpoint file {store.checkpoint.path}"
    if begins_after is None:
        raise ChainBroken(f"{where} has no line, though the ledger has {head} entries. {_REMEDY}")
    if begins_after and not _is_told(store, begins_after):
        raise ChainBroken(f"{where} begins behind entry {begins_after}, and no entry says why. {_REMEDY}")


def reanchor(store: LedgerStore, *, by: str, at: datetime, reason: str) -> int:
    """Record why the checkpoint file begins where it does; the entry's place, 0 where it began with the chain.

    A file that is not there is begun behind the last entry. Raises ValueError without a name and a reason, ChainBroken
    where the file contradicts the chain: then it must be moved aside first.
    """
    if not by.strip() or not reason.strip():
        raise ValueError("an entry about the checkpoint file needs a name and a reason")
    with store.write() as transaction:
        begins_after = _begins_after(store)
        if not begins_after or _is_told(store, begins_after):
            return 0
        sequence = transaction.next_sequence
        detail = {"reason": reason, "begins_after": begins_after, "entry": sequence}
        event = Event(kind=LedgerEvent.LEDGER_REANCHORED, subject="", at=at, user=by, detail=detail)
        return transaction.add(chain.draft(event, store.cipher))


def tells_why(row: Mapping[str, Any], store: LedgerStore) -> bool:
    """Whether this entry was written by `reanchor`; without the key, as far as its kind tells."""
    if not store.has_keys or row["payload"] is None:
        return True
    try:
        detail = chain.read_entry(row, store.cipher).detail
    except KeyMissing:
        return True  # sealed with a retired key, and counted as not opened
    return bool(detail.get("reason")) and detail.get("entry") == row["sequence"]


def _begins_after(store: LedgerStore) -> int | None:
    try:
        first = store.checkpoint.first()
    except OSError as error:
        raise LedgerUnavailable(f"the checkpoint file cannot be read ({error.strerror})") from error
    return first.sequence if first else None


def _is_told(store: LedgerStore, begins_after: int) -> bool:
    return any(tells_why(row, store) for row in store.rows(_SINCE, {"begins_after": begins_after}))
