"""Whether the ledger is still what was written: every entry, every row it vouches for, the anchor outside.

Without keys the chain, all rows and all digests of payloads are proven; with keys also that each payload is the one
digested. Nothing is ever repaired. Memory stays flat, whatever the ledger's size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from ledger import chain
from ledger.anchors import Anchoring, Anchors
from ledger.kinds import LedgerEvent
from ledger.proof import Broken, Rows, prove_payload, purged_records
from ledger.reanchoring import tells_why
from ledger.schema import audit_entry
from ledger.store import LedgerStore

_BATCH = 500
_ENTRIES = (
    select(audit_entry)
    .where(audit_entry.c.sequence > bindparam("after"))
    .order_by(audit_entry.c.sequence)
    .limit(_BATCH)
)
_LOWEST = select(func.min(audit_entry.c.sequence))
_HEAD = select(audit_entry.c.sequence, audit_entry.c.entry_hash).order_by(audit_entry.c.sequence.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found. `ok` is False exactly when `first_broken` names a row, or the table "checkpoint" and a failure.

    The notes say what is not proven.
    """

    ok: bool
    rows: int  # entries and rows looked at
    first_broken: Broken | None
    checkpoint: Anchoring  # what the checkpoint file says of the chain, whatever else is broken
    anchored_to: int  # the highest entry that the checkpoint file confirms; 0 for none
    head: int  # the last entry; 0 for an empty ledger
    head_hash: str
    notes: tuple[str, ...]

    @property
    def is_unconfirmed(self) -> bool:
        """Whether nothing contradicts the chain, but its last entries have no line in the checkpoint file.

        Another host's writes leave that, and a process killed between its commit and its line; so may a cut tail of
        which this file never knew. Nothing here can tell these apart, so it is not `ok`, and not broken either.
        """
        broken = self.first_broken
        return broken is not None and (broken.table, broken.id) == ("checkpoint", Anchoring.SHORT.value)


@dataclass(slots=True)
class _Walk:
    """How far the chain was found whole."""

    head: int = 0
    head_hash: str = chain.GENESIS
    recorded_at: int = 0
    rows: int = 0
    clock_went_back: int = 0
    reanchored_at: int = 0
    notes: list[str] = field(default_factory=list)


def verify(store: LedgerStore, *, wait: Callable[[float], object] = time.sleep) -> Verification:
    """Verify the whole ledger, in one consistent view, while others go on writing.

    `wait` passes the time that a writer needs between its commit and its line in the checkpoint file. Raises
    LedgerUnavailable where that file is there and cannot be read.
    """
    # The file's size first: its lines of that moment were committed, so the view taken next holds their entries.
    anchors = Anchors.of(store)
    walk = _Walk()
    with store.read() as connection:
        rows = Rows(connection, store, purged_records(connection))
        last = connection.execute(_HEAD).one_or_none()
        head, head_hash = (last.sequence, last.entry_hash) if last else (0, chain.GENESIS)
        broken = _walk(connection, rows, walk)
        anchors.reanchored_at = walk.reanchored_at
        anchors.compare(connection, head=head, wait=None if broken else wait)
        contradicted = anchors.contradicted
        if broken is None or (contradicted and broken.sequence > contradicted.sequence):
            broken = contradicted or broken
        broken = broken or rows.first_unvouched() or anchors.failure(head)
    walk.notes += [*anchors.notes(head), *_notes(store, walk, rows)]
    return Verification(
        ok=broken is None,
        rows=walk.rows + rows.seen,
        first_broken=broken,
        checkpoint=anchors.state(head),
        anchored_to=anchors.anchored_to,
        head=head,
        head_hash=head_hash,
        notes=tuple(walk.notes),
    )


def _walk(connection: Connection, rows: Rows, walk: _Walk) -> Broken | None:
    """Along the chain, and to every row that it vouches for; stops at the first that does not hold."""
    lowest = connection.execute(_LOWEST).scalar()
    if lowest is not None and lowest < 1:
        return Broken("audit_entry", str(lowest), lowest, "it stands before the first entry")
    for batch in entries(connection):
        for row in batch:
            walk.rows += 1
            broken = _prove_link(row, walk) or prove_payload("audit_entry", row, rows)
            if broken:
                return broken
            if row["kind"] == LedgerEvent.LEDGER_REANCHORED and tells_why(row, rows.store):
                walk.reanchored_at = row["sequence"]
        broken = rows.prove(batch)
        if broken:
            return broken
    return None


def entries(connection: Connection) -> Iterator[list[Mapping[str, Any]]]:
    """Every entry in chain order, some hundred at a time."""
    after = 0
    while batch := connection.execute(_ENTRIES, {"after": after}).mappings().all():
        yield [dict(row) for row in batch]
        after = batch[-1]["sequence"]


def _prove_link(row: Mapping[str, Any], walk: _Walk) -> Broken | None:
    sequence = row["sequence"]
    if sequence != walk.head + 1:
        return Broken("audit_entry", str(walk.head + 1), walk.head + 1, "the entry is gone")
    if row["previous_hash"] != walk.head_hash:
        return Broken("audit_entry", str(sequence), sequence, "it does not follow from the entry before it")
    if row["entry_hash"] != chain.entry_hash(row):
        return Broken("audit_entry", str(sequence), sequence, "it was altered: its hash is another")
    walk.clock_went_back += row["recorded_at"] < walk.recorded_at
    walk.head, walk.head_hash, walk.recorded_at = sequence, row["entry_hash"], row["recorded_at"]
    return None


def _notes(store: LedgerStore, walk: _Walk, rows: Rows) -> Iterator[str]:
    if not store.has_keys:
        yield "no keys at hand: an altered payload, or a forged line of the checkpoint file, would not be found"
    if rows.unopened:
        yield f"{rows.unopened} payloads are sealed with a key that is not on the ring, and were not opened"
    if walk.clock_went_back:
        yield f"the database's clock went back {walk.clock_went_back} times"
