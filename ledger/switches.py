"""A service, model, prompt or client can be switched off on the audit desk, at once and without a restart."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, select, update

from ledger import chain
from ledger.binding import bind
from ledger.clock import from_micros, to_micros
from ledger.kinds import LedgerEvent
from ledger.records import Event
from ledger.rows import open_plain, seal_into
from ledger.schema import switch as table
from ledger.store import LedgerStore

_NAME = re.compile(r"[!-~]{1,200}")
_STANDING = select(table).where(table.c.cleared_at.is_(None)).order_by(table.c.sequence)
_FIND = _STANDING.where(table.c.kind == bindparam("which"), table.c.name == bindparam("named"))
_CLEAR = update(table).where(table.c.id == bindparam("switch_id"), table.c.cleared_at.is_(None))


def switch_name(kind: str, name: str) -> str:
    """The one spelling of a switch's name; a kind of a later version has one too."""
    return f"{kind}:{name}"


class SwitchKind(StrEnum):
    """What can be switched off."""

    SERVICE = "service"
    MODEL = "model"
    PROMPT = "prompt"
    CLIENT = "client"

    def named(self, name: str) -> str:
        """How a Situation tells that this one is off."""
        return switch_name(self.value, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchedOff:
    """One thing that is off; in a Situation it reads `kind.named(name)`."""

    id: str
    kind: SwitchKind
    name: str
    at: datetime
    by: str = field(repr=False)
    note: str = field(repr=False)


class Switches:
    """The switches. A name and a note are required both ways."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def switch_off(self, wanted: SwitchedOff) -> bool:
        """Switch something off; False if it is off already."""
        _check(wanted.by, wanted.note)
        if not _NAME.fullmatch(wanted.name):
            raise ValueError("a switch names a service, model, prompt or client by its id")
        cipher = self._store.cipher
        row: dict[str, Any] = {
            "id": wanted.id,
            "kind": wanted.kind.value,
            "name": wanted.name,
            "at": to_micros(wanted.at),
            "cleared_at": None,
            "clearing": None,
            "clearing_digest": "",
        }
        seal_into(row, cipher, table="switch", contents={"said": {"by": wanted.by, "note": wanted.note}})
        detail = {"kind": wanted.kind, "name": wanted.name, "note": wanted.note}
        entry = chain.draft(
            Event(kind=LedgerEvent.SWITCH_OFF, subject=wanted.id, at=wanted.at, user=wanted.by, detail=detail), cipher
        )
        with self._store.write() as transaction:
            if not transaction.insert_or_ignore(table, row | {"sequence": transaction.next_sequence}):
                return False
            transaction.add(entry, [bind("switch", row)])
        return True

    def switch_on(self, kind: SwitchKind, name: str, *, by: str, at: datetime, note: str) -> bool:
        """Switch something on again; False if it is not off."""
        _check(by, note)
        cipher = self._store.cipher
        if not _NAME.fullmatch(name):
            return False
        with self._store.write() as transaction:
            row = transaction.one(_FIND, {"which": kind.value, "named": name})
            if row is None:
                return False
            cleared: dict[str, Any] = {"id": row["id"], "cleared_at": to_micros(at)}
            seal_into(cleared, cipher, table="switch", contents={"clearing": {"by": by, "note": note}})
            detail = {"kind": kind, "name": name, "note": note}
            event = Event(kind=LedgerEvent.SWITCH_ON, subject=row["id"], at=at, user=by, detail=detail)
            sequence = transaction.add(chain.draft(event, cipher), [bind("switch", dict(row) | cleared, "moved")])
            transaction.execute(_CLEAR.values(**cleared, sequence=sequence), {"switch_id": row["id"]})
        return True

    def off(self) -> tuple[SwitchedOff, ...]:
        """All that is off now, in the order it was switched."""
        found = []
        for row in self._store.rows(_STANDING):
            said = open_plain(row, self._store.cipher, table="switch", column="said")
            found.append(
                SwitchedOff(
                    id=row["id"],
                    kind=SwitchKind(row["kind"]),
                    name=row["name"],
                    at=from_micros(row["at"]),
                    by=said.get("by", ""),
                    note=said.get("note", ""),
                )
            )
        return tuple(found)


def _check(by: str, note: str) -> None:
    if not by.strip() or not note.strip():
        raise ValueError("a switch needs a name and a note")
