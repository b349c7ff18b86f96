"""Whether something could be put on record now, and what waits: for the process's health, never on a hook's path."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import false, func, select, update

from ledger.clock import database_now
from ledger.errors import LedgerUnavailable
from ledger.kinds import LedgerEvent
from ledger.schema import RARE_KINDS, audit_entry, job, nonce
from ledger.store import LedgerStore

_LEAST_FREE: Final = 50_000_000  # bytes; a hook writes some tens of kilobytes, so this is minutes, not seconds
_NOTHING = update(nonce).where(false()).values(expires_at=0)
_WAITING = select(job.c.state, func.count().label("number")).where(job.c.wake_at.is_not(None)).group_by(job.c.state)
_MOMENTS = select(
    database_now().label("now"),
    select(func.min(job.c.asked_at)).where(job.c.wake_at.is_not(None)).scalar_subquery().label("oldest_asked"),
    select(func.min(job.c.wake_at)).scalar_subquery().label("next_wake"),
    select(func.max(audit_entry.c.sequence)).scalar_subquery().label("head"),
    select(func.max(audit_entry.c.recorded_at))
    .where(audit_entry.c.kind == LedgerEvent.LEDGER_VERIFIED.value, RARE_KINDS)
    .scalar_subquery()
    .label("verified_at"),
)


def check_writable(store: LedgerStore, folders: Iterable[Path] = (), *, timeout_s: float | None = None) -> None:
    """Pass where a card could be recorded now: a write that changes nothing goes through, and the disks have room.

    Raises LedgerError.
    """
    for folder in folders:
        if shutil.disk_usage(folder).free < _LEAST_FREE:
            raise LedgerUnavailable(f"{folder} has less than {_LEAST_FREE // 1_000_000} MB free")
    with store.chore(timeout_s) as chore:
        chore.execute(_NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits, and how far the chain is. Seconds by the database's clock."""

    jobs: Mapping[str, int]  # that have not ended, by state
    oldest_s: float  # since the oldest of them was asked for; 0 without one
    relay_lag_s: float  # since the next message to a worker was due; 0 where none is
    head: int
    verified_s: float | None  # since the chain was last found whole; None: never


def read_backlog(store: LedgerStore) -> Backlog:
    """The backlog, from one consistent view and from what is indexed. Raises LedgerError."""
    with store.read() as connection:
        jobs = {row.state: row.number for row in connection.execute(_WAITING)}
        found = connection.execute(_MOMENTS).one()
    return Backlog(
        jobs=jobs,
        oldest_s=_seconds(found.now, found.oldest_asked),
        relay_lag_s=_seconds(found.now, found.next_wake),
        head=found.head or 0,
        verified_s=None if found.verified_at is None else _seconds(found.now, found.verified_at),
    )


def _seconds(now: int, moment: int | None) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment) / 1_000_000)
