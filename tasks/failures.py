"""Which code an error ends a job with, and whether another attempt may help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded

from fhir_adapters import errors as adapters
from ledger import errors as ledger
from tasks.errors import EngineUnusable, SummaryError
from tasks.reasons import FailureReason

# The errors below our own carry no code of ours. Looked up along the exception's MRO; a test walks both trees.
_OF_OTHERS: Final[Mapping[type[Exception], FailureReason]] = {
    adapters.AdapterError: FailureReason.ADAPTER_ERROR,
    adapters.WrongPatient: FailureReason.WRONG_PATIENT_DATA,
    adapters.PatientMissing: FailureReason.PATIENT_MISSING,
    adapters.AddressRefused: FailureReason.ADDRESS_REFUSED,
    adapters.AccessDenied: FailureReason.ACCESS_DENIED,
    adapters.ServerFailed: FailureReason.SERVER_FAILED,
    adapters.ServerBusy: FailureReason.SERVER_BUSY,
    adapters.RequestRefused: FailureReason.REQUEST_REFUSED,
    adapters.ResourceMissing: FailureReason.RESOURCE_MISSING,
    adapters.UnreadableRecord: FailureReason.UNREADABLE_RECORD,
    adapters.UnreadableImage: FailureReason.UNREADABLE_IMAGE,
    adapters.GuardMissing: FailureReason.GUARD_MISSING,
    ledger.LedgerError: FailureReason.LEDGER_ERROR,
    ledger.WrongPatient: FailureReason.WRONG_PATIENT_DATA,
    ledger.LedgerBusy: FailureReason.LEDGER_BUSY,
    ledger.MovedOn: FailureReason.MOVED_ON,
    ledger.LedgerUnavailable: FailureReason.LEDGER_UNAVAILABLE,
    ledger.ChainBroken: FailureReason.CHAIN_BROKEN,
    ledger.KeyMissing: FailureReason.KEY_MISSING,
    ledger.NotHeld: FailureReason.NOT_HELD,
    ledger.AlreadyRecorded: FailureReason.ALREADY_RECORDED,
    ledger.AlreadyUsed: FailureReason.ALREADY_USED,
}


def reason_of(error: Exception) -> tuple[FailureReason, bool]:
    """The code that a failed job carries for this error, and whether another attempt may help."""
    match error:
        case EngineUnusable():
            return error.reason, True  # the worker's fault, not the job's: another worker may do it
        case SummaryError():
            return error.reason, error.retryable
        case SoftTimeLimitExceeded():
            return FailureReason.TIME_LIMIT, True
        case adapters.AdapterError() | ledger.LedgerError():
            return next(_OF_OTHERS[kind] for kind in type(error).__mro__ if kind in _OF_OTHERS), error.retryable
        case _:
            return FailureReason.UNEXPECTED, True
