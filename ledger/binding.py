"""How an audit entry vouches for rows of the other tables: their digest, and the state they were left in.

A binding is `[table, id, record digest, state, "made" | "moved" | "purged"]`. The digest covers every column that never
changes, the salted digests of sealed columns among them; the state lists the columns that do change. A purge binds the
row as it was emptied: its digest tells which payload went, so that no other may be missing in its shelter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Table

from ledger import schema

Row = Mapping[str, Any]
Verb = Literal["made", "moved", "purged"]
Binding = tuple[str, str, str, tuple[Any, ...], Verb]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Which columns of a table the chain vouches for, and how."""

    table: Table
    identity: tuple[str, ...] = ("id",)
    sealed: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    # When to look next and whose turn it is: work in hand, not a claim about what happened.
    loose: tuple[str, ...] = ()
    # The same row may be given a new payload, on the record: a job asked for again, a history seen again after a purge.
    is_renewed: bool = False

    @property
    def moves(self) -> bool:
        """Whether a later entry may tell of the same row anew."""
        return bool(self.state) or self.is_renewed

    @property
    def fixed(self) -> tuple[str, ...]:
        """The columns that never change between two bindings."""
        varying = {"sequence", *self.sealed, *self.state, *self.loose}
        return tuple(name for name in self.table.c.keys() if name not in varying)  # noqa: SIM118 - not a dict


BOUND: Mapping[str, Bound] = {
    bound.table.name: bound
    for bound in (
        Bound(table=schema.snapshot, identity=("key_index", "fingerprint"), sealed=("content",), is_renewed=True),
        Bound(table=schema.card, sealed=("who", "content")),
        Bound(
            table=schema.job,
            sealed=("who", "payload"),
            state=("state", "attempt", "attempt_limit", "worker", "reason", "since"),
            loose=("lease_until", "wake_at"),
            is_renewed=True,
        ),
        Bound(table=schema.summary, sealed=("who", "content")),
        Bound(table=schema.image, identity=("summary_id", "ordinal"), sealed=("label", "png")),
        Bound(table=schema.acknowledgment, sealed=("said",)),
        Bound(table=schema.withdrawal, sealed=("said", "release"), state=("released_at", "release_digest")),
        Bound(table=schema.switch, sealed=("said", "clearing"), state=("cleared_at", "clearing_digest")),
    )
}
_FIXED = {name: bound.fixed for name, bound in BOUND.items()}


def identity_of(table: str, record_id: str) -> tuple[Any, ...]:
    """The values of the identity columns that this name stands for. Raises ValueError if it can be no name there."""
    bound = BOUND[table]
    parts = record_id.split("/", len(bound.identity) - 1)
    return tuple(
        bound.table.c[column].type.python_type(part) for column, part in zip(bound.identity, parts, strict=True)
    )


def row_id(table: str, row: Row) -> str:
    """The row's name in the chain."""
    return "/".join(str(row[column]) for column in BOUND[table].identity)


def record_digest(table: str, row: Row) -> str:
    """SHA-256 over the columns of this row that never change, in schema order, as JSON; empty where one is no JSON."""
    try:
        statement = orjson.dumps([table, *(row[column] for column in _FIXED[table])])
    except TypeError:  # SQLite keeps a blob in a text column, if someone puts it there
        return ""
    return hashlib.sha256(statement).hexdigest()


def state_of(table: str, row: Row) -> tuple[Any, ...]:
    """The columns of this row that do change, in the order that BOUND lists them."""
    return tuple(row[column] for column in BOUND[table].state)


def bind(table: str, row: Row, verb: Verb = "made") -> Binding:
    """The binding that vouches for this row as it stands."""
    return (table, row_id(table, row), record_digest(table, row), state_of(table, row), verb)


def read_bound(text: str) -> list[Binding] | None:
    """The bindings of an entry, from its column; None where they are no bindings of tables that we know."""
    try:
        plain: list[Any] = orjson.loads(text)
        bindings = [(table, record_id, digest, tuple(state), verb) for table, record_id, digest, state, verb in plain]
        for table, record_id, *_rest in bindings:
            if table == "audit_entry":
                int(record_id)
            else:
                identity_of(table, record_id)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return bindings
