"""Why there is no AI summary, as codes: the ledger keeps them, so that none may change its spelling."""

from __future__ import annotations

from enum import StrEnum


class AbsenceReason(StrEnum):
    """Why there is no summary and none is on its way."""

    NO_MODEL = "no-model"
    NOT_ASKED = "not-asked"
    WITHDRAWN = "withdrawn"
    SWITCHED_OFF = "switched-off"
    WRONG_PATIENT_DATA = "wrong-patient-data"


class FailureReason(StrEnum):
    """Why a job failed: one code for each error that can end an attempt, and those that the ledger gives itself."""

    # of tasks
    SUMMARY_ERROR = "summary-error"
    UNCITED_STATEMENT = "uncited-statement"
    PROMPT_TOO_LARGE = "prompt-too-large"
    PROMPT_REFUSED = "prompt-refused"
    COMPLETION_MISSING = "completion-missing"
    COMPLETION_UNREADABLE = "completion-unreadable"
    SUMMARY_UNREADABLE = "summary-unreadable"
    ENGINE_FAILED = "engine-failed"
    ENGINE_UNUSABLE = "engine-unusable"
    WRONG_PATIENT_DATA = "wrong-patient-data"
    PAYLOAD_UNREADABLE = "payload-unreadable"
    NO_MODEL = "no-model"
    # of the worker
    TIME_LIMIT = "time-limit"
    UNEXPECTED = "unexpected-error"
    # of fhir_adapters
    ADAPTER_ERROR = "adapter-error"
    PATIENT_MISSING = "patient-missing"
    ADDRESS_REFUSED = "address-refused"
    ACCESS_DENIED = "access-denied"
    SERVER_FAILED = "server-failed"
    SERVER_BUSY = "server-busy"
    REQUEST_REFUSED = "request-refused"
    RESOURCE_MISSING = "resource-missing"
    UNREADABLE_RECORD = "unreadable-record"
    UNREADABLE_IMAGE = "unreadable-image"
    GUARD_MISSING = "guard-missing"
    # of the ledger
    LEDGER_ERROR = "ledger-error"
    LEDGER_BUSY = "ledger-busy"
    MOVED_ON = "moved-on"
    LEDGER_UNAVAILABLE = "ledger-unavailable"
    CHAIN_BROKEN = "chain-broken"
    KEY_MISSING = "key-missing"
    NOT_HELD = "not-held"
    ALREADY_RECORDED = "already-recorded"
    ALREADY_USED = "already-used"
    # given by the ledger to a job that nobody ended
    ATTEMPTS_EXHAUSTED = "attempts-exhausted"
    NO_LONGER_USEFUL = "no-longer-useful"
    # a job's state, where it carries no code
    EXPIRED = "expired"
    FAILED = "failed"

    @classmethod
    def read(cls, code: str) -> FailureReason:
        """The reason of a stored code; one that this version does not know is a fault on our side."""
        try:
            return cls(code)
        except ValueError:
            return cls.UNEXPECTED
