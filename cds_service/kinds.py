"""The kinds of audit entry that the service and its pages write, beside alarms of gathering; their spelling is stored.

The ledger's own kinds are in ledger.kinds, the worker's in tasks.kinds.
"""

from __future__ import annotations

from enum import StrEnum


class ServiceEvent(StrEnum):
    """What was asked of the service, and what it did."""

    HOOK_RECEIVED = "hook.received"
    HOOK_GATHERED = "hook.gathered"
    HOOK_REFUSED = "hook.refused"
    HOOK_FAILED = "hook.failed"
    CARD_NONE = "card.none"
    CARD_UNSENT = "card.unsent"  # recorded, and then nobody was there to send it to
    FEEDBACK_UNREADABLE = "feedback.unreadable"
    PAGE_IMAGES = "page.images"
    AUDIT_VIEWED = "audit.viewed"
    AUDIT_EXPORTED = "audit.exported"
    LEDGER_EXPORTED = "ledger.exported"
    LEDGER_FOUND_BROKEN = "ledger.found-broken"
    LEDGER_UNCONFIRMED = "ledger.unconfirmed"  # whole, but its last entries have no line in the checkpoint file
    WRONG_PATIENT_SUMMARY = "alarm.wrong-patient-summary"
