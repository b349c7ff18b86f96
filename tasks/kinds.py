"""The kinds of audit entry that a worker writes, beside its reads and alarms; their spelling is stored."""

from __future__ import annotations

from enum import StrEnum


class WorkEvent(StrEnum):
    """The steps of one attempt at a summary, as they end."""

    GATHERED = "job.gathered"
    PROMPTED = "job.prompted"
    GENERATED = "job.generated"
    CHECKED = "job.checked"
