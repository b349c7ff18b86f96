"""The state of the AI summary of one key and focus; every hook matches all five.

The ledger keeps each state's `name`: it may not change its spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from tasks.reasons import AbsenceReason, FailureReason
from tasks.summary import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A summary whose manifest holds every entry seen now, unchanged."""

    name: ClassVar = "ready"

    summary_id: str
    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A summary of an older chart; its statements are not on the card."""

    name: ClassVar = "stale"

    summary_id: str
    summary: Summary
    newer: int  # entries seen now that it did not have, or had otherwise
    removed: int  # entries of a type covered now that are gone
    preparing: bool  # a new one is on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """A job is queued or running."""

    name: ClassVar = "preparing"

    job_id: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The last job failed; the reader must know that nothing was checked by AI."""

    name: ClassVar = "failed"

    reason: FailureReason
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """There is no summary and none is on its way, for a coded reason."""

    name: ClassVar = "absent"

    reason: AbsenceReason


State = Ready | Stale | Preparing | Failed | Absent


def is_preparing(state: State) -> bool:
    """Whether an AI summary of this very content is on its way."""
    return isinstance(state, Preparing) or (isinstance(state, Stale) and state.preparing)
