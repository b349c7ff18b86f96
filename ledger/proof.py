"""Each row is what the last entry about it says, and no row is there that no entry vouches for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, tuple_

from ledger.binding import BOUND, Binding, Row, identity_of, read_bound, record_digest, row_id, state_of
from ledger.errors import ChainBroken, KeyMissing
from ledger.kinds import LedgerEvent
from ledger.schema import RARE_KINDS, audit_entry
from ledger.store import LedgerStore

_CAME_BACK = "a purged payload has come back"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not hold."""

    table: str
    id: str  # of the row; of an entry, its sequence
    sequence: int  # the entry at which it shows
    reason: str


# By table and row id: the digest and the state in which a purge found the row, for each purge of it.
Purges = Mapping[tuple[str, str], Sequence[tuple[str, tuple[Any, ...]]]]


def purged_records(connection: Connection) -> Purges:
    """What was purged on the record: for those payloads alone, and no later ones, it is in order to be empty."""
    purged = select(audit_entry.c.bound).where(audit_entry.c.kind == LedgerEvent.PAYLOAD_PURGED.value, RARE_KINDS)
    found: dict[tuple[str, str], list[tuple[str, tuple[Any, ...]]]] = {}
    for text in connection.execute(purged).scalars():
        for table, name, digest, state, verb in read_bound(text) or ():
            if verb == "purged":
                found.setdefault((table, name), []).append((digest, state))
    return found


class Rows:
    """The rows that entries vouch for, fetched some hundred at a time."""

    def __init__(self, connection: Connection, store: LedgerStore, purged: Purges) -> None:
        self.seen = 0
        self.unopened = 0
        self.store = store
        self.purged = purged
        self._connection = connection

    def prove(self, entries: Sequence[Row]) -> Broken | None:
        """The first binding of these entries whose row does not hold."""
        read = {entry["sequence"]: read_bound(entry["bound"]) for entry in entries}
        found = self.fetch([binding for bindings in read.values() for binding in bindings or ()])
        for sequence, bindings in read.items():
            if bindings is None:
                return Broken("audit_entry", str(sequence), sequence, "what it vouches for cannot be read")
            for binding in bindings:
                broken = self._prove(sequence, binding, found.get((binding[0], binding[1])))
                if broken:
                    return broken
        return None

    def first_unvouched(self) -> Broken | None:
        """The first row that points at no entry vouching for it: it was put in behind the ledger's back."""
        for name, bound in BOUND.items():
            identity = [bound.table.c[column] for column in bound.identity]
            joined = bound.table.outerjoin(audit_entry, audit_entry.c.sequence == bound.table.c.sequence)
            statement = select(*identity, bound.table.c.sequence, audit_entry.c.bound).select_from(joined)
            rows = self._connection.execute(statement.order_by(*identity).execution_options(yield_per=500))
            for row in rows.mappings():
                vouched = {(binding[0], binding[1]) for binding in read_bound(row["bound"] or "[]") or ()}
                if (name, row_id(name, dict(row))) not in vouched:
                    rows.close()
                    return Broken(name, row_id(name, dict(row)), row["sequence"], "no entry vouches for this row")
        return None

    def fetch(self, bindings: Sequence[Binding]) -> dict[tuple[str, str], Row]:
        """The rows of these bindings that are still there, by table and id."""
        found: dict[tuple[str, str], Row] = {}
        for table in {binding[0] for binding in bindings} - {"audit_entry"}:
            bound = BOUND[table]
            wanted = [identity_of(table, binding[1]) for binding in bindings if binding[0] == table]
            columns = tuple_(*(bound.table.c[name] for name in bound.identity))
            for row in self._connection.execute(select(bound.table).where(columns.in_(wanted))).mappings():
                found[table, row_id(table, dict(row))] = dict(row)
        return found

    def _prove(self, sequence: int, binding: Binding, row: Row | None) -> Broken | None:
        table, record_id, digest, state, verb = binding
        if table == "audit_entry":
            return None  # a purged entry's payload: the walk along the chain looks at it
        if row is None:
            return Broken(table, record_id, sequence, "the row is gone")
        vouched_at = row["sequence"]
        if isinstance(vouched_at, int) and vouched_at > sequence and BOUND[table].moves:
            return None  # a later entry tells of it
        if verb == "purged":  # and none later: what it emptied stays empty, and nothing else was changed under it
            emptied = all(row[column] is None for column in BOUND[table].sealed)
            as_found = record_digest(table, row) == digest and list(state_of(table, row)) == list(state)
            reason = _CAME_BACK if not emptied else "" if as_found else "the row was altered after its purge"
            return Broken(table, record_id, sequence, reason) if reason else None
        self.seen += 1
        reason = ""
        if vouched_at != sequence:
            reason = "the row was set back or forward: it names another entry than the last about it"
        elif record_digest(table, row) != digest:
            reason = "the row was altered"
        elif list(state_of(table, row)) != list(state):
            reason = "the row's state is not the one last recorded"
        return Broken(table, record_id, sequence, reason) if reason else prove_payload(table, row, self)


def prove_payload(table: str, row: Row, rows: Rows) -> Broken | None:
    """With keys: each sealed column opens to what was digested. Always: it is empty exactly where a purge says so."""
    sealed, name = (("payload",), str(row["sequence"])) if table == "audit_entry" else _sealed_of(table, row)
    for column in sealed:
        was_purged = bool(row[f"{column}_digest"]) and _is_purged(table, name, row, column=column, purged=rows.purged)
        if row[column] is not None:
            reason = _CAME_BACK if was_purged else _open(table, name, row, column=column, rows=rows)
        else:
            is_missing = row[f"{column}_digest"] and not was_purged
            reason = f"its {column} is gone, and no purge tells of it" if is_missing else ""
        if reason:
            return Broken(table, name, row["sequence"], reason)
    return None


def _open(table: str, name: str, row: Row, *, column: str, rows: Rows) -> str:
    """Why this sealed column is not the one digested; empty where it is, or cannot be opened here."""
    if not rows.store.has_keys:
        return ""
    place = row["payload_digest"] if table == "audit_entry" else name
    try:
        salted = rows.store.cipher.open_salted(row[column], table=table, row=place, column=column)
    except ChainBroken:
        return f"its {column} does not open: it was altered or moved"
    except KeyMissing:
        rows.unopened += 1
        return ""
    is_same = hashlib.sha256(salted).hexdigest() == row[f"{column}_digest"]
    return "" if is_same else f"its {column} is not the one digested"


def _is_purged(table: str, name: str, row: Row, *, column: str, purged: Purges) -> bool:
    """Whether a purge emptied this very payload of the row, and not an earlier one that stood in its place."""
    purges = purged.get((table, name), ())
    if table == "audit_entry":
        return any(digest == row["entry_hash"] for digest, _ in purges)
    fixed, states = record_digest(table, row), BOUND[table].state
    place = states.index(f"{column}_digest") if f"{column}_digest" in states else None
    return any(
        digest == fixed and (place is None or state[place : place + 1] == (row[f"{column}_digest"],))
        for digest, state in purges
    )


def _sealed_of(table: str, row: Row) -> tuple[tuple[str, ...], str]:
    return BOUND[table].sealed, row_id(table, row)
