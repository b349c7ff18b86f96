"""Counts for the audit desk: what happened since a moment, and what stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from ledger.clock import from_micros, to_micros
from ledger.kinds import LedgerEvent
from ledger.records import JobState
from ledger.schema import RARE_KINDS, acknowledgment, audit_entry, card, job, summary, switch, withdrawal
from ledger.store import LedgerStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts. Those `since` go by event time; the others are of this moment."""

    since: datetime
    cards: Mapping[str, int]  # issued since, by kind
    answers: Mapping[str, int]  # since, by outcome
    summaries: int  # made since
    jobs: Mapping[str, int]  # now, by state
    oldest_waiting: datetime | None  # the oldest job not ended
    withdrawals_in_force: int
    switched_off: int
    entries: int  # the head of the chain
    verified_at: datetime | None


def _counts(group: ColumnElement[str], *conditions: ColumnElement[bool]) -> Select[str, int]:
    return select(group.label("what"), func.count().label("number")).where(*conditions).group_by(group)


_CARDS = _counts(card.c.kind, card.c.issued_at >= bindparam("since"))
_ANSWERS = _counts(acknowledgment.c.outcome, acknowledgment.c.outcome_at >= bindparam("since"))
_JOBS = _counts(job.c.state)
_SINGLE = select(
    select(func.count()).where(summary.c.made_at >= bindparam("since")).scalar_subquery().label("summaries"),
    select(func.min(job.c.asked_at))
    .where(job.c.state.in_([JobState.QUEUED.value, JobState.LEASED.value]))
    .scalar_subquery()
    .label("oldest_waiting"),
    select(func.count()).where(withdrawal.c.released_at.is_(None)).scalar_subquery().label("withdrawals"),
    select(func.count()).where(switch.c.cleared_at.is_(None)).scalar_subquery().label("switches"),
    select(func.max(audit_entry.c.sequence)).scalar_subquery().label("entries"),
    select(func.max(audit_entry.c.recorded_at))
    .where(audit_entry.c.kind == LedgerEvent.LEDGER_VERIFIED.value, RARE_KINDS)
    .scalar_subquery()
    .label("verified_at"),
)


def read_figures(store: LedgerStore, since: datetime) -> Figures:
    """The figures, from one consistent view."""
    wanted = {"since": to_micros(since)}
    with store.read() as connection:
        cards, answers, jobs = (
            {row.what: row.number for row in connection.execute(statement, wanted)}
            for statement in (_CARDS, _ANSWERS, _JOBS)
        )
        single = connection.execute(_SINGLE, wanted).one()
    return Figures(
        since=since,
        cards=cards,
        answers=answers,
        summaries=single.summaries,
        jobs=jobs,
        oldest_waiting=_moment(single.oldest_waiting),
        withdrawals_in_force=single.withdrawals,
        switched_off=single.switches,
        entries=single.entries or 0,
        verified_at=_moment(single.verified_at),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
