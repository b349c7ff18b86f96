"""What SQLite and PostgreSQL do differently: connecting, taking the chain's lock, and insert-or-ignore.

SQLite runs in WAL mode with synchronous=FULL: in WAL, NORMAL may lose the last commits to a power cut, and then an
acknowledgment that was confirmed is gone and the checkpoint file knows of entries that the database never had.
One sync a commit is the price. PostgreSQL is left at its default, synchronous_commit=on, for the same reason.
"""

from __future__ import annotations

import sqlite3
import time
from enum import Enum, auto
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ledger.errors import LedgerError

_CHAIN_LOCK = 0x43484152545349  # "CHARTSI": one chain per database
_POOL_SIZE = 8
_POOL_OVERFLOW = 32
_WAL_TRIES, _WAL_PAUSE_S = 40, 0.05


class Mode(Enum):
    """What a transaction is for."""

    READ = auto()  # one consistent view
    RECORD = auto()  # with the chain's lock, durable
    CHORE = auto()  # leases, wake-ups, nonces: no lock, and a power cut may undo it


class Backend(Protocol):
    """One kind of database."""

    # Whether the one connection that this process writes through may be kept open between writes. A server may close
    # it meanwhile, and only the pool asks before it lends one.
    keeps_writer: bool

    def engine(self, url: URL, *, busy_timeout_s: float) -> Engine:
        """An engine whose connections give up after `busy_timeout_s`."""
        ...

    def single(self, engine: Engine) -> Engine:
        """The engine for a SELECT that stands alone."""
        ...

    def begin(self, connection: Connection, mode: Mode, *, budget_s: float) -> None:
        """Begin; to record, with the chain's lock held until the end, or an error once the budget is used."""
        ...

    def insert_or_ignore(self, table: Table) -> Any:  # noqa: ANN401 - two dialects' Insert have no common type
        """An insert that does nothing where a unique key is taken."""
        ...


class Sqlite:
    """The embedded default. `BEGIN IMMEDIATE` is the lock, between threads and processes alike."""

    keeps_writer = True

    def engine(self, url: URL, *, busy_timeout_s: float) -> Engine:
        """An engine on a file; transactions are begun by `begin`, never by the driver."""
        engine = create_engine(
            url,
            connect_args={"isolation_level": None, "timeout": busy_timeout_s, "check_same_thread": False},
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=busy_timeout_s,
            hide_parameters=True,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    def single(self, engine: Engine) -> Engine:
        """The same: begun by nobody, a SELECT is its own transaction."""
        return engine

    def begin(self, connection: Connection, mode: Mode, *, budget_s: float) -> None:
        """BEGIN IMMEDIATE for any write, waiting for other processes as long as the budget lasts."""
        driver = connection.connection.cursor()
        if mode is Mode.READ:
            driver.execute("BEGIN")
            return
        # Left as it is set: nothing but writes goes through the writer's connection.
        driver.execute(f"PRAGMA busy_timeout = {_milliseconds(budget_s)}")
        synchronous = "NORMAL" if mode is Mode.CHORE else "FULL"
        if connection.info.get("synchronous") != synchronous:
            driver.execute(f"PRAGMA synchronous = {synchronous}")
            connection.info["synchronous"] = synchronous
        driver.execute("BEGIN IMMEDIATE")

    def insert_or_ignore(self, table: Table) -> sqlite.Insert:
        """INSERT … ON CONFLICT DO NOTHING."""
        return sqlite.insert(table).on_conflict_do_nothing()


class Postgresql:
    """Production. The lock is a transaction-level advisory lock, released by the commit that it guards."""

    keeps_writer = False

    def engine(self, url: URL, *, busy_timeout_s: float) -> Engine:
        """An engine that notices a dead server within the budget rather than after TCP's quarter of an hour."""
        budget_ms = _milliseconds(busy_timeout_s)
        options = (
            f"-c statement_timeout={budget_ms} -c lock_timeout={budget_ms} -c idle_in_transaction_session_timeout=30000"
        )
        return create_engine(
            url,
            connect_args={
                "connect_timeout": max(2, round(busy_timeout_s)),
                "tcp_user_timeout": max(1000, budget_ms),
                "options": options,
                "application_name": "chartside-ledger",
            },
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=busy_timeout_s,
            pool_pre_ping=True,  # after a restart of the server, the pool's old connections are replaced unseen
            hide_parameters=True,
        )

    def single(self, engine: Engine) -> Engine:
        """Without BEGIN and ROLLBACK around it: one round trip instead of three."""
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    def begin(self, connection: Connection, mode: Mode, *, budget_s: float) -> None:
        """Budget and lock in one round trip; the next statement, which reads the head, has a newer snapshot."""
        budget = {"budget": str(_milliseconds(budget_s))}
        match mode:
            case Mode.READ:
                connection.execute(_SNAPSHOT)
            case Mode.RECORD:
                connection.execute(_LOCK, budget | {"lock": _CHAIN_LOCK})
            case Mode.CHORE:
                connection.execute(_RELAX, budget)

    def insert_or_ignore(self, table: Table) -> postgresql.Insert:
        """INSERT … ON CONFLICT DO NOTHING."""
        return postgresql.insert(table).on_conflict_do_nothing()


_LOCK = text(
    "SELECT set_config('statement_timeout', :budget, true), set_config('lock_timeout', :budget, true),"
    " pg_advisory_xact_lock(:lock)"
)
_RELAX = text("SELECT set_config('statement_timeout', :budget, true), set_config('synchronous_commit', 'off', true)")
_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def backend_for(url: str) -> tuple[Backend, URL]:
    """The backend of a database URL. Raises LedgerError for a kind we have not tried."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError("the ledger's URL is not a database URL") from None  # not repeated: it may hold a password
    match parsed.get_backend_name():
        case "sqlite":
            return Sqlite(), parsed
        case "postgresql":
            return Postgresql(), parsed.set(drivername="postgresql+psycopg")
        case other:
            raise LedgerError(f"the ledger lives in SQLite or PostgreSQL, not in {other}")


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))  # 0 would mean no limit


# Pages in the write-ahead log before they are copied into the database. Hook after hook writes much the same pages, so
# the longer they wait the fewer are copied: 4000 instead of SQLite's 1000 took a hook from 4.1 to 3.5 times the floor's
# CPU (`chartside bench hook`). The log then holds up to 16 MB, and who opens the database after a crash reads as much.
_WAL_PAGES: Final = 4000
_PRAGMAS: Final = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "trusted_schema=OFF",
    f"wal_autocheckpoint={_WAL_PAGES}",
)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    _enter_wal(connection)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Two processes that open a new file at once: SQLite tells one of them that it is busy, without waiting."""
    for _ in range(_WAL_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY":
                raise
            time.sleep(_WAL_PAUSE_S)
        else:
            return
    connection.execute("PRAGMA journal_mode=WAL")
