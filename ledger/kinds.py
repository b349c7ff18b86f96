"""The kinds of audit entry that the ledger itself writes or looks for; their spelling is stored and never changes."""

from __future__ import annotations

from enum import StrEnum

from ledger.records import JobState, Outcome


class LedgerEvent(StrEnum):
    """What happened to something that the ledger keeps."""

    HISTORY_KEPT = "history.kept"
    CARD_ISSUED = "card.issued"
    CARD_REPEATED = "card.repeated"  # the same words again: the card that stands left once more
    JOB_QUEUED = "job.queued"
    JOB_CLAIMED = "job.claimed"
    JOB_REQUEUED = "job.requeued"
    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_EXPIRED = "job.expired"
    SUMMARY_STORED = "summary.stored"
    ANSWER_REVIEWED = "answer.reviewed"
    ANSWER_DISAGREED = "answer.disagreed"
    ANSWER_SAFETY_REPORT = "answer.safety-report"
    ANSWER_ACCEPTED = "answer.accepted"
    ANSWER_OVERRIDDEN = "answer.overridden"
    ANSWER_UNKNOWN_CARD = "answer.unknown-card"
    SUMMARY_WITHDRAWN = "summary.withdrawn"
    WITHDRAWAL_RELEASED = "withdrawal.released"
    SWITCH_OFF = "switch.off"
    SWITCH_ON = "switch.on"
    PAYLOAD_PURGED = "payload.purged"
    LEDGER_REANCHORED = "ledger.reanchored"
    # Written by whoever does it; the ledger finds what it needs by these.
    PAGE_OPENED = "page.opened"
    LEDGER_VERIFIED = "ledger.verified"


def answered(outcome: Outcome) -> LedgerEvent:
    """The kind of an answer's entry."""
    return LedgerEvent(f"answer.{outcome.value}")


def job_ended(state: JobState) -> LedgerEvent:
    """The kind of the entry by which a job came into this state."""
    return LedgerEvent(f"job.{state.value}")
