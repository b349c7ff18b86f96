"""The audit desk's view: cards by patient, user, service, state and time; one card's whole story; the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, or_, select

from ledger import schema
from ledger.clock import database_now, from_micros, to_micros
from ledger.figures import Figures, read_figures
from ledger.kinds import LedgerEvent
from ledger.records import Outcome, PatientKey
from ledger.rows import is_id, open_plain
from ledger.schema import acknowledgment, audit_entry, card, withdrawal
from ledger.sealing import key_from_plain
from ledger.situations import held
from ledger.store import LedgerStore
from ledger.story import Story, read_story


class CardState(StrEnum):
    """Where a card is, derived when it is asked for: the first that applies."""

    WITHDRAWN = "withdrawn"
    DISAGREED = "disagreed"
    REVIEWED = "reviewed"
    OPENED = "opened"
    EXPIRED = "expired"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFilter:
    """Which cards; every condition given must hold. A patient is found by id alone, or by the whole key."""

    patient_id: str = field(default="", repr=False)
    key: PatientKey | None = None
    client: str = ""
    user: str = ""  # whom the card was issued to
    service_id: str = ""
    state: CardState | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One card in a list."""

    id: str
    issued_at: datetime
    expires_at: datetime
    service_id: str
    kind: str
    summary_id: str
    key: PatientKey | None
    user: str
    state: CardState
    answered_by: str  # who gave the last answer; empty for none

    @property
    def cursor(self) -> tuple[datetime, str]:
        """Where the list goes on: `before=rows[-1].cursor`."""
        return (self.issued_at, self.id)


class Desk:
    """Reads only. Who looks at it is recorded by its caller (ledger.events)."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def cards(
        self, wanted: CardFilter, *, limit: int = 50, before: tuple[datetime, str] | None = None
    ) -> tuple[CardRow, ...]:
        """The cards that match, newest first, at most `limit`, after the one whose cursor is `before`."""
        statement = _LIST.where(*self._conditions(wanted, before)).limit(limit)
        rows = self._store.rows(statement)
        answered_by = self._last_answers([row["id"] for row in rows])
        return tuple(self._card_row(row, answered_by.get(row["id"], "")) for row in rows)

    def story(self, card_id: str) -> Story | None:
        """All about one card; None if there is no such card."""
        return read_story(self._store, card_id)

    def figures(self, since: datetime) -> Figures:
        """Counts of what happened since, and of what stands now."""
        return read_figures(self._store, since)

    def state(self, card_id: str) -> CardState | None:
        """The present state of one card; None if there is no such card."""
        rows = self._store.rows(_ONE_STATE, {"card_id": card_id}) if is_id(card_id) else []
        return CardState(rows[0]["state"]) if rows else None

    def _conditions(self, wanted: CardFilter, before: tuple[datetime, str] | None) -> list[ColumnElement[bool]]:
        cipher = self._store.cipher
        columns = {
            card.c.patient_index: cipher.patient_index(wanted.patient_id) if wanted.patient_id else "",
            card.c.key_index: cipher.key_index(wanted.key),
            card.c.client: wanted.client,
            card.c.user_index: cipher.user_index(wanted.user),
            card.c.service_id: wanted.service_id,
            _STATE: wanted.state.value if wanted.state else "",
        }
        conditions = [column == value for column, value in columns.items() if value]
        if wanted.since:
            conditions.append(card.c.issued_at >= to_micros(wanted.since))
        if wanted.until:
            conditions.append(card.c.issued_at < to_micros(wanted.until))
        if before:
            moment, card_id = to_micros(before[0]), before[1]
            same_moment = and_(card.c.issued_at == moment, card.c.id < card_id)
            conditions.append(or_(card.c.issued_at < moment, same_moment))
        return conditions

    def _last_answers(self, card_ids: Sequence[str]) -> dict[str, str]:
        statement = (
            select(acknowledgment.c.id, acknowledgment.c.card_id, acknowledgment.c.said)
            .where(acknowledgment.c.card_id.in_(card_ids))
            .order_by(acknowledgment.c.sequence)
        )
        rows = self._store.rows(statement) if card_ids else []
        last = {row["card_id"]: row for row in rows}
        return {
            card_id: open_plain(row, self._store.cipher, table="acknowledgment", column="said").get("user", "")
            for card_id, row in last.items()
        }

    def _card_row(self, row: Mapping[str, Any], answered_by: str) -> CardRow:
        who = open_plain(row, self._store.cipher, table="card", column="who")
        return CardRow(
            id=row["id"],
            issued_at=from_micros(row["issued_at"]),
            expires_at=from_micros(row["expires_at"]),
            service_id=row["service_id"],
            kind=row["kind"],
            summary_id=row["summary_id"],
            key=key_from_plain(who.get("key")),
            user=who.get("user", ""),
            state=CardState(row["state"]),
            answered_by=answered_by,
        )


def _state() -> ColumnElement[str]:
    last_outcome = (
        select(acknowledgment.c.outcome)
        .where(acknowledgment.c.card_id == card.c.id)
        .order_by(acknowledgment.c.sequence.desc())
        .limit(1)
        .scalar_subquery()
    )
    opened = exists(
        select(audit_entry.c.sequence).where(
            audit_entry.c.subject == card.c.id, audit_entry.c.kind == LedgerEvent.PAGE_OPENED.value
        )
    )
    # A report about one summary holds the others of its patient too; a brief is no summary, and stands.
    withdrawn = held(card.c.key_index, or_(card.c.summary_id != "", withdrawal.c.summary_id == ""))
    against = (Outcome.DISAGREED.value, Outcome.OVERRIDDEN.value, Outcome.SAFETY_REPORT.value)
    return case(
        (withdrawn, CardState.WITHDRAWN.value),
        (last_outcome.in_(against), CardState.DISAGREED.value),
        (last_outcome.is_not(None), CardState.REVIEWED.value),
        (opened, CardState.OPENED.value),
        (card.c.expires_at <= database_now(), CardState.EXPIRED.value),
        else_=CardState.ISSUED.value,
    )


_STATE = _state()
_ONE_STATE = select(_STATE.label("state")).where(card.c.id == bindparam("card_id"))
_LIST: Select[Any] = select(
    *(column for column in schema.card.c if not column.name.startswith("content")), _STATE.label("state")
).order_by(card.c.issued_at.desc(), card.c.id.desc())
