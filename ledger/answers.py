"""Answers to cards: append-only, kept once however often they are sent, and a withdrawal in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select

from ledger import chain, schema
from ledger.binding import Binding, bind
from ledger.clock import from_micros, to_micros
from ledger.events import record
from ledger.kinds import LedgerEvent, answered
from ledger.looking import has_moved_on
from ledger.records import (
    Acknowledgment,
    Answer,
    Channel,
    Event,
    Filed,
    Outcome,
    PatientKey,
    Withdrawal,
)
from ledger.rows import is_id, open_plain, seal_into
from ledger.sealing import Cipher, key_from_plain
from ledger.store import LedgerStore, Transaction
from ledger.withdrawals import Withdrawals

_CARD = select(*(column for column in schema.card.c if column.name != "content")).where(
    schema.card.c.id == bindparam("card_id")
)
_SAME = select(schema.acknowledgment.c.id).where(schema.acknowledgment.c.identity == bindparam("identity"))
_IN_SIGHT = select(schema.summary.c.id).where(
    schema.summary.c.id == bindparam("summary_id"), schema.summary.c.key_index == bindparam("key_index")
)
# The place of the last release in the chain.
_RELEASED = select(func.max(schema.withdrawal.c.sequence)).where(
    schema.withdrawal.c.key_index == bindparam("key_index"), schema.withdrawal.c.released_at.is_not(None)
)
# What this person answered last on this card's page.
_LAST = (
    select(schema.acknowledgment)
    .where(
        schema.acknowledgment.c.card_id == bindparam("card_id"),
        schema.acknowledgment.c.user_index == bindparam("user_index"),
        schema.acknowledgment.c.channel == Channel.PAGE.value,
    )
    .order_by(schema.acknowledgment.c.sequence.desc())
    .limit(1)
)
_HOLDS = select(schema.withdrawal.c.id).where(schema.withdrawal.c.id == bindparam("id"))
_OF_CARD = (
    select(schema.acknowledgment)
    .where(schema.acknowledgment.c.card_id == bindparam("card_id"))
    .order_by(schema.acknowledgment.c.sequence)
)
_INSERT = insert(schema.acknowledgment)


class Answers:
    """What clinicians said to cards, and which summaries are withdrawn."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store
        self._withdrawals = Withdrawals(store)

    def file(self, ack: Acknowledgment, *, timeout_s: float | None = None) -> Filed:
        """Record an answer and, if it withdraws, the withdrawal (under the same id) in the same transaction.

        The same answer again is REPEATED, a report only while no release came after it. A card that this client never
        received is UNKNOWN_CARD, an entry alone. An answer to a page that would now be another is MOVED_ON, and not
        kept, unless it is a report.
        """
        cipher = self._store.cipher
        rows = self._store.rows(_CARD, {"card_id": ack.card_id}) if is_id(ack.card_id) else []
        if not rows or rows[0]["client"] != ack.client:
            return self._file_unknown(ack, timeout_s)
        card = rows[0]
        key = key_from_plain(open_plain(card, cipher, table="card", column="who").get("key"))
        about = self._about(ack, card)
        row = _row(ack, card, about, cipher)
        entry = chain.draft(_event(ack, key), cipher)
        taking_back = None
        if ack.withdraws:
            taking_back = self._withdrawals.prepare(_withdrawal(ack, about), key, key_index=card["key_index"])
        with self._store.write(timeout_s) as transaction:
            row["identity"] = self._identity(ack, row, transaction)
            if not row["identity"] or transaction.execute(_SAME, row).first():
                return Filed.REPEATED
            if ack.looked is not None and not ack.withdraws and has_moved_on(transaction, ack.looked, cipher):
                return Filed.MOVED_ON
            binding: Binding = bind("acknowledgment", row)
            transaction.execute(_INSERT, row | {"sequence": transaction.add(entry, [binding])})
            if taking_back:
                taking_back.write(transaction)
        return Filed.RECORDED

    def release(self, withdrawal_id: str, *, by: str, at: datetime, note: str, timeout_s: float | None = None) -> bool:
        """End a withdrawal, on the audit desk; False if none of this id is in force. Needs a name and a note."""
        return self._withdrawals.release(withdrawal_id, by=by, at=at, note=note, timeout_s=timeout_s)

    def withdrawal_of(self, key: PatientKey) -> Withdrawal | None:
        """The newest withdrawal in force over this key; None while its summaries may be shown."""
        return self._withdrawals.of_key(key)

    def _identity(self, ack: Acknowledgment, row: Mapping[str, Any], transaction: Transaction) -> str:
        """What makes two answers one; empty for what this person answered last on the page: a double click.

        Read under the chain's lock, so that of many at once one is filed. A report is the same only until a release:
        sent after it, it tells of harm that is still there.
        """
        cipher = self._store.cipher
        released = transaction.execute(_RELEASED, {"key_index": row["key_index"]}).scalar() or 0
        # Sent again by a client, an answer has another time of receipt and the same claim (S29).
        moment: str | int = ack.claimed_at or to_micros(ack.outcome_at)
        after = released = released if ack.withdraws else 0
        if not ack.claimed_at and ack.channel is Channel.PAGE and (last := transaction.one(_LAST, row)) is not None:
            if last["sequence"] > released and self._is_same(ack, row, last, transaction):
                return ""
            after = last["sequence"]
        same = [ack.card_id, ack.channel, ack.outcome, moment, ack.withdraws, _said(ack), row["summary_id"]]
        return cipher.index("answer", [*same, after] if after else same)

    def _is_same(
        self, ack: Acknowledgment, row: Mapping[str, Any], last: Mapping[str, Any], transaction: Transaction
    ) -> bool:
        said = open_plain(last, self._store.cipher, table="acknowledgment", column="said")
        answered_so = (last["outcome"], last["summary_id"], said) == (row["outcome"], row["summary_id"], _said(ack))
        return answered_so and ack.withdraws == (transaction.one(_HOLDS, last) is not None)

    def _about(self, ack: Acknowledgment, card: Mapping[str, Any]) -> str:
        """The card's own summary, else the one in sight, else the brief.

        A summary in sight that is none of this key counts as none. A report holds the whole key in any case.
        """
        if card["summary_id"] or not is_id(ack.summary_id):
            return str(card["summary_id"])
        wanted = {"summary_id": ack.summary_id, "key_index": card["key_index"]}
        return ack.summary_id if self._store.rows(_IN_SIGHT, wanted) else ""

    def _file_unknown(self, ack: Acknowledgment, timeout_s: float | None) -> Filed:
        detail = {
            "client": ack.client,
            "card": ack.card_id,
            "channel": ack.channel,
            "outcome": ack.outcome,
            "reason": ack.reason,
            "reasons": list(ack.reasons),
            "claimed_at": ack.claimed_at,
        }
        event = Event(
            kind=LedgerEvent.ANSWER_UNKNOWN_CARD, subject=ack.card_id, at=ack.outcome_at, user=ack.user, detail=detail
        )
        record(self._store, [event], timeout_s=timeout_s)
        return Filed.UNKNOWN_CARD


def answers_to(store: LedgerStore, card_id: str) -> tuple[Answer, ...]:
    """Every answer to this card, in the order recorded."""
    rows = store.rows(_OF_CARD, {"card_id": card_id}) if is_id(card_id) else []
    return tuple(read_answer(row, store.cipher) for row in rows)


def read_answer(row: Mapping[str, Any], cipher: Cipher) -> Answer:
    """An acknowledgment's row as an answer."""
    said = open_plain(row, cipher, table="acknowledgment", column="said")
    return Answer(
        card_id=row["card_id"],
        summary_id=row["summary_id"],
        fingerprint=row["fingerprint"],
        user=said.get("user", ""),
        channel=Channel(row["channel"]),
        outcome=Outcome(row["outcome"]),
        reason=said.get("reason", ""),
        at=from_micros(row["outcome_at"]),
        sequence=row["sequence"],
    )


def _row(ack: Acknowledgment, card: Mapping[str, Any], about: str, cipher: Cipher) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": ack.id,
        "card_id": ack.card_id,
        "summary_id": about,
        "fingerprint": card["fingerprint"],
        "focus": card["focus"],
        "key_index": card["key_index"],
        "user_index": cipher.user_index(ack.user),
        "client": ack.client,
        "channel": ack.channel.value,
        "outcome": ack.outcome.value,
        "outcome_at": to_micros(ack.outcome_at),
    }
    seal_into(row, cipher, table="acknowledgment", contents={"said": _said(ack)})
    return row


def _said(ack: Acknowledgment) -> dict[str, Any]:
    return {
        "user": ack.user,
        "reason": ack.reason,
        "reasons": list(ack.reasons),
        "comment": ack.comment,
        "claimed_at": ack.claimed_at,
        "surface_sha256": ack.surface_sha256,
        "suggestions": list(ack.suggestions),
    }


def _event(ack: Acknowledgment, key: PatientKey | None) -> Event:
    detail = _said(ack) | {"client": ack.client, "channel": ack.channel, "outcome": ack.outcome}
    del detail["user"]  # it stands beside the detail
    return Event(
        kind=answered(ack.outcome),
        subject=ack.card_id,
        at=ack.outcome_at,
        key=key,
        user=ack.user,
        detail=detail,
    )


def _withdrawal(ack: Acknowledgment, about: str) -> Withdrawal:
    return Withdrawal(
        id=ack.id,
        summary_id=about,
        reason=ack.reason or ack.outcome.value,
        at=ack.outcome_at,
        by=ack.user,
    )
