"""The one place where the database's errors become ours (errors.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from ledger.errors import AlreadyRecorded, LedgerBusy, LedgerError, LedgerUnavailable

# https://www.sqlite.org/rescode.html and https://www.postgresql.org/docs/current/errcodes-appendix.html
_BUSY = {"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "55P03", "57014", "40001", "40P01"}
_TAKEN = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE", "23505"}
_REFUSED = {"IntegrityError", "DataError", "ProgrammingError"}  # the names that PEP 249 gives them in every driver
_NOT_MIGRATED = {"42P01", "42703"}


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of SQLAlchemy or of a driver out."""
    try:
        yield
    except exc.TimeoutError as error:
        raise LedgerBusy("every connection was in use for the whole budget; nothing was written") from error
    except exc.DBAPIError as error:
        raise _ours(error.orig or error) from error
    except sqlite3.Error as error:  # where a transaction is begun, beneath SQLAlchemy
        raise _ours(error) from error
    except exc.SQLAlchemyError as error:
        raise LedgerUnavailable(f"the database cannot be used: {type(error).__name__}") from error


def _ours(error: BaseException) -> LedgerError:
    code = str(getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or type(error).__name__)
    if code in _BUSY:
        return LedgerBusy(f"the database did not answer within the budget ({code}); nothing was written")
    if code in _TAKEN:
        return AlreadyRecorded("a record of this id is kept already; nothing was written")
    if code in _NOT_MIGRATED or "no such table" in str(error):
        return LedgerUnavailable("the database has no ledger of this version: migrate it first")
    if {base.__name__ for base in type(error).__mro__} & _REFUSED:
        return LedgerError(f"the database refused the write ({code}); nothing was written")
    return LedgerUnavailable(f"the database cannot be used ({code})")
