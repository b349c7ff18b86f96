"""What can go wrong while keeping records.

LedgerError
 +-- LedgerBusy          the lock or the database did not answer within the budget; nothing was written
 |    +-- MovedOn        what was looked at was withdrawn, released or switched off meanwhile; look again
 +-- LedgerUnavailable   the database cannot be reached
 +-- ChainBroken         the chain does not verify; sealing has stopped, nothing is rewritten
 +-- KeyMissing          an encryption key is absent, or lies inside the data directory
 +-- NotHeld             the lease is no longer ours: another attempt holds the job
 +-- AlreadyRecorded     a record of this id is kept already; nothing was written
 +-- AlreadyUsed         the token of this call was used before; nothing was written
 +-- WrongPatient        a summary of one patient key was offered, or stood in the database, for another
"""

from typing import ClassVar


class LedgerError(Exception):
    """Root of every error that the ledger lets out. Messages hold ids at most, never PHI."""

    retryable: ClassVar[bool] = False


class LedgerBusy(LedgerError):
    """The database did not answer within the remaining budget; nothing was written."""

    retryable = True


class MovedOn(LedgerBusy):
    """What was looked at was withdrawn, released or switched off before the look was on record; nothing was written."""


class LedgerUnavailable(LedgerError):
    """The database cannot be reached."""

    retryable = True


class ChainBroken(LedgerError):
    """The hash chain does not verify. It is reported, never repaired."""


class KeyMissing(LedgerError):
    """A key for encrypting payloads is absent or lies inside the data directory."""


class NotHeld(LedgerError):
    """The job is leased to a later attempt; this result must not be written."""


class AlreadyRecorded(LedgerError):
    """A record of this id is kept already; nothing was written."""


class AlreadyUsed(LedgerError):
    """The call's token was used before (threat T4); nothing was written."""


class WrongPatient(LedgerError):
    """A summary of one patient key was offered, or stood in the database, for another; it was not used."""
