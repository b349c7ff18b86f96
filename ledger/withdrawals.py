"""A report of harm takes every AI summary of its patient off each card and page, until a named person releases it.

The hold is on the patient key and knows no times: a summary that was made, is being made or will be asked for while a
withdrawal is in force is shown to nobody, whatever the clocks of clients and workers say. The summary that the report
was about is named in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from ledger import chain
from ledger.binding import bind
from ledger.clock import from_micros, to_micros
from ledger.kinds import LedgerEvent
from ledger.records import Event, PatientKey, Withdrawal
from ledger.rows import is_id, open_plain, seal_into
from ledger.schema import card
from ledger.schema import withdrawal as table
from ledger.sealing import Cipher, key_from_plain, key_to_plain
from ledger.store import LedgerStore, Transaction

_FIND = select(table).where(table.c.id == bindparam("withdrawal_id"), table.c.released_at.is_(None))
_OF_KEY = (
    select(table)
    .where(table.c.key_index == bindparam("key_index"), table.c.released_at.is_(None))
    .order_by(table.c.sequence.desc())
    .limit(1)
)
# A hold's own payload may be purged while it is in force; the cards of its key still say in clear whose it is.
_CLIENT = select(card.c.client).where(card.c.key_index == table.c.key_index).limit(1).scalar_subquery()
_WITH_CLIENT = select(table, _CLIENT.label("client")).where(table.c.released_at.is_(None))
_ONE = _WITH_CLIENT.where(table.c.id == bindparam("withdrawal_id"))
_IN_FORCE = (
    _WITH_CLIENT.where(table.c.sequence < bindparam("before"))
    .order_by(table.c.sequence.desc())
    .limit(bindparam("most"))
)
_OF_CLIENT = _IN_FORCE.where(or_(bindparam("client") == _CLIENT, _CLIENT.is_(None)))
_LAST = 2**63 - 1
_RELEASE = update(table).where(table.c.id == bindparam("withdrawal_id"), table.c.released_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A withdrawal in force, and whose summaries it holds."""

    withdrawal: Withdrawal
    key: PatientKey | None = field(repr=False)  # None once purged
    client: str  # known of a purged one as well; empty where no card tells
    sequence: int  # its place in the chain: `in_force(before=…)` goes on behind it


class Withdrawals:
    """Withdrawals in force, made and released."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def prepare(self, withdrawal: Withdrawal, key: PatientKey | None, *, key_index: str = "") -> PreparedWithdrawal:
        """Seal a withdrawal, to be written in the transaction of what caused it."""
        cipher = self._store.cipher
        row: dict[str, Any] = {
            "id": withdrawal.id,
            "summary_id": withdrawal.summary_id,
            "key_index": key_index or cipher.key_index(key),
            "released_at": None,
            "release": None,
            "release_digest": "",
        }
        said = {"key": key_to_plain(key), "reason": withdrawal.reason, "by": withdrawal.by}
        seal_into(row, cipher, table="withdrawal", contents={"said": said})
        event = Event(
            kind=LedgerEvent.SUMMARY_WITHDRAWN,
            subject=withdrawal.summary_id or withdrawal.id,
            at=withdrawal.at,
            key=key,
            user=withdrawal.by,
            detail={"withdrawal": withdrawal.id, "reason": withdrawal.reason, "all": not withdrawal.summary_id},
        )
        return PreparedWithdrawal(row=row, entry=chain.draft(event, cipher))

    def release(self, withdrawal_id: str, *, by: str, at: datetime, note: str, timeout_s: float | None = None) -> bool:
        """End a withdrawal; False if there is none of this id in force. Raises ValueError without a name and a note."""
        if not by.strip() or not note.strip():
            raise ValueError("a release needs a name and a note")
        if not is_id(withdrawal_id):
            return False
        cipher = self._store.cipher
        released: dict[str, Any] = {"id": withdrawal_id, "released_at": to_micros(at)}
        seal_into(released, cipher, table="withdrawal", contents={"release": {"by": by, "note": note}})
        with self._store.write(timeout_s) as transaction:
            row = transaction.one(_FIND, {"withdrawal_id": withdrawal_id})
            if row is None:
                return False
            key = key_from_plain(open_plain(row, cipher, table="withdrawal", column="said").get("key"))
            event = Event(
                kind=LedgerEvent.WITHDRAWAL_RELEASED,
                subject=row["summary_id"] or withdrawal_id,
                at=at,
                key=key,
                user=by,
                detail={"withdrawal": withdrawal_id, "note": note},
            )
            binding = bind("withdrawal", dict(row) | released, "moved")
            sequence = transaction.add(chain.draft(event, cipher), [binding])
            transaction.execute(_RELEASE.values(**released, sequence=sequence), {"withdrawal_id": withdrawal_id})
        return True

    def of_key(self, key: PatientKey) -> Withdrawal | None:
        """The newest withdrawal in force over this key."""
        rows = self._store.rows(_OF_KEY, {"key_index": self._store.cipher.key_index(key)})
        return read_withdrawal(rows[0], self._store.cipher) if rows else None

    def in_force(self, *, client: str = "", limit: int = 100, before: int | None = None) -> tuple[InForce, ...]:
        """The withdrawals in force, newest first: what the audit desk can release.

        With `client`, those over its patients, and any of which nobody knows whose they are; after place `before`.
        """
        wanted = {"most": limit, "before": _LAST if before is None else before}
        rows = self._store.rows(_OF_CLIENT if client else _IN_FORCE, wanted | ({"client": client} if client else {}))
        return tuple(self._in_force(row) for row in rows)

    def find(self, withdrawal_id: str) -> InForce | None:
        """The withdrawal of this id, if it is in force."""
        rows = self._store.rows(_ONE, {"withdrawal_id": withdrawal_id}) if is_id(withdrawal_id) else []
        return self._in_force(rows[0]) if rows else None

    def _in_force(self, row: Mapping[str, Any]) -> InForce:
        cipher = self._store.cipher
        key = key_from_plain(open_plain(row, cipher, table="withdrawal", column="said").get("key"))
        return InForce(
            withdrawal=read_withdrawal(row, cipher),
            key=key,
            client=row["client"] or (key.client if key else ""),
            sequence=row["sequence"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedWithdrawal:
    """A withdrawal sealed and ready, but for its time: that is the transaction's own (threat T22)."""

    row: dict[str, Any]
    entry: chain.Draft

    def write(self, transaction: Transaction) -> None:
        """Write it with its entry."""
        row = self.row | {"at": transaction.now}
        sequence = transaction.add(replace(self.entry, at=transaction.now), [bind("withdrawal", row)])
        transaction.execute(insert(table), row | {"sequence": sequence})


def read_withdrawal(row: Mapping[str, Any], cipher: Cipher) -> Withdrawal:
    """A withdrawal's row as a value."""
    said = open_plain(row, cipher, table="withdrawal", column="said")
    release = open_plain(row, cipher, table="withdrawal", column="release")
    return Withdrawal(
        id=row["id"],
        summary_id=row["summary_id"],
        reason=said.get("reason", ""),
        at=from_micros(row["at"]),
        by=said.get("by", ""),
        released_at=None if row["released_at"] is None else from_micros(row["released_at"]),
        released_by=release.get("by", ""),
    )
