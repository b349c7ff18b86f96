"""Times are UTC microseconds since 1970 in every table, and leases go by the database's own clock.

A hook, a relay and three workers on four machines have four clocks; the database has one (threat T22).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class database_now(GenericFunction[int]):  # noqa: N801 - it reads as a function of SQL
    """The database's present time in microseconds; SQLite's clock steps by the millisecond."""

    type = BigInteger()
    inherit_cache = True


@compiles(database_now, "sqlite")
def _now_on_sqlite(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    return "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"


@compiles(database_now, "postgresql")
def _now_on_postgresql(_element: database_now, _compiler: SQLCompiler, **_options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's own
    # Not now(): that is the start of the transaction, and this one may have waited for the chain's lock.
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970. A time without a zone is refused: it could be any of 38 instants."""
    if moment.tzinfo is None:
        raise ValueError("a ledger time needs a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The UTC time of these microseconds, exactly."""
    return _EPOCH + timedelta(microseconds=micros)


def span_micros(seconds: float) -> int:
    """A span in microseconds."""
    return round(seconds * 1_000_000)
