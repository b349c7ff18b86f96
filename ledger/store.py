"""One database, one chain: every write is a transaction whose audit entries go in with it or not at all.

Everything is prepared and sealed before a write begins. Then the chain's lock, the head, the rows, the entries, the
commit; after it, one line in the checkpoint file. A head that does not fit what was seen before stops all writing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import Connection, Engine, Executable, Table, insert, literal, select, true
from sqlalchemy.engine import CursorResult

from ledger import chain
from ledger.anchor_lines import Anchor
from ledger.backends import Backend, Mode, backend_for
from ledger.binding import Binding, Row
from ledger.checkpoint import Checkpoint
from ledger.clock import database_now
from ledger.errors import ChainBroken, KeyMissing, LedgerUnavailable
from ledger.failures import translated
from ledger.keys import KeyRing
from ledger.prepared import Prepared
from ledger.recent import RecentSummaries
from ledger.schema import audit_entry
from ledger.sealing import Cipher
from ledger.writer import Writer

_newest = (
    select(*(column for column in audit_entry.c if column.name != "payload"))
    .order_by(audit_entry.c.sequence.desc())
    .limit(1)
    .subquery()
)
_one = select(literal(1).label("one")).subquery()
_HEAD = Prepared(select(database_now().label("now"), _newest).select_from(_one.outerjoin(_newest, true())))
_APPEND = Prepared(insert(audit_entry), columns=audit_entry.c.keys())
_log = structlog.get_logger(__name__)


class Chore:
    """A write under way."""

    def __init__(self, connection: Connection, backend: Backend) -> None:
        self._connection = connection
        self._backend = backend

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:  # noqa: ANN401 - SQLAlchemy's own
        """Run a statement in this transaction."""
        return cast("CursorResult[Any]", self._connection.execute(statement, values))

    def one(self, statement: Executable, values: Mapping[str, Any]) -> Row | None:
        """The only row of a SELECT, or None."""
        return cast("Row | None", self._connection.execute(statement, values).mappings().one_or_none())

    def rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a SELECT of the hot path."""
        return statement.rows(self._connection, values)

    def write(self, statement: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert these rows."""
        statement.write(self._connection, rows)

    def insert_or_ignore(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless its unique key is taken; True where it went in."""
        # SQLAlchemy keeps the row count of an INSERT only where it is asked to.
        statement = self._backend.insert_or_ignore(table).execution_options(preserve_rowcount=True)
        return self._connection.execute(statement, dict(row)).rowcount == 1


class Transaction(Chore):
    """A write under way, with the chain's lock held. `now` is the database's time in microseconds."""

    def __init__(self, connection: Connection, backend: Backend, *, head: Row) -> None:
        super().__init__(connection, backend)
        self.now: int = head["now"]
        self._sequence: int = head["sequence"] or 0
        self._hash: str = head["entry_hash"] or chain.GENESIS
        self._entries: list[dict[str, Any]] = []

    @property
    def next_sequence(self) -> int:
        """The place that the next added entry will have."""
        return self._sequence + 1

    def add(self, one: chain.Draft, bindings: Sequence[Binding] = ()) -> int:
        """Give an entry its place in the chain; it is written when the transaction ends well."""
        row = chain.link(
            one,
            sequence=self.next_sequence,
            previous_hash=self._hash,
            recorded_at=self.now,
            bindings=bindings,
        )
        self._sequence, self._hash = row["sequence"], row["entry_hash"]
        self._entries.append(row)
        return self._sequence

    def write_entries(self) -> dict[str, Any] | None:
        """Write what was added; the last of it, or None."""
        if not self._entries:
            return None
        _APPEND.write(self._connection, self._entries)
        return self._entries[-1]


class LedgerStore:
    """The ledger's database, keys and checkpoint file. Share one between threads; open it after a fork, not before."""

    def __init__(
        self, engine: Engine, backend: Backend, *, cipher: Cipher | None, checkpoint: Path, busy_timeout_s: float
    ) -> None:
        self.engine = engine
        self.checkpoint = Checkpoint(checkpoint)
        self.recent = RecentSummaries()
        self.when_purged: list[Callable[[], object]] = []  # caches of whoever read from this ledger, to be emptied
        self._backend = backend
        self._single = backend.single(engine)
        self._cipher = cipher
        self._busy_timeout_s = busy_timeout_s
        self._readers: list[Connection] = []  # as many as ever read at once; taken and put back in one step each
        self._writer = Writer(
            engine, backend, busy_timeout_s=busy_timeout_s, begin=self._checked_head, keep=self._committed
        )
        self._seen: tuple[int, str] = (0, chain.GENESIS)

    @property
    def cipher(self) -> Cipher:
        """The cipher. Raises KeyMissing where the store was opened without keys, to verify only."""
        if self._cipher is None:
            raise KeyMissing("this ledger was opened without keys")
        return self._cipher

    @property
    def has_keys(self) -> bool:
        """Whether payloads can be opened here."""
        return self._cipher is not None

    @property
    def writers_waiting(self) -> int:
        """How many writes of this process wait for their turn."""
        return self._writer.waiting

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view of the database, for several SELECTs."""
        with translated(), self.engine.connect() as connection, connection.begin():
            self._backend.begin(connection, Mode.READ, budget_s=self._busy_timeout_s)
            yield connection

    def rows(self, statement: Executable, values: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of one SELECT, which is a consistent view by itself."""
        with translated(), self._single.connect() as connection:
            return cast("list[Row]", connection.execute(statement, values).mappings().all())

    def prepared_rows(self, statement: Prepared, values: Mapping[str, Any]) -> list[Row]:
        """The same for a statement of the hot path."""
        with translated(), self._reading() as connection:
            return statement.rows(connection, values)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection for one SELECT, kept for the next where a writer is: the pool costs half as much as it."""
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._single.connect()
        try:
            yield connection
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        if self._backend.keeps_writer:
            self._readers.append(connection)
        else:
            connection.close()

    @contextmanager
    def write(
        self, timeout_s: float | None = None, *, before_commit: Callable[[], object] | None = None
    ) -> Iterator[Transaction]:
        """A transaction with the chain's lock, or LedgerBusy after `timeout_s`. An error inside writes nothing.

        So does one that `before_commit` raises, the last to be asked.
        """
        with self._writer.begun(Mode.RECORD, timeout_s) as group:
            transaction = Transaction(group.connection, self._backend, head=group.head)
            yield transaction
            last = transaction.write_entries()
            if before_commit is not None:
                before_commit()
            if last is not None:
                group.add(last)

    @contextmanager
    def chore(self, timeout_s: float | None = None) -> Iterator[Chore]:
        """A small write that the chain does not cover: leases, wake-ups, nonces."""
        with self._writer.begun(Mode.CHORE, timeout_s) as group:
            yield Chore(group.connection, self._backend)

    def close(self) -> None:
        """Close every connection and the checkpoint file."""
        self._writer.close()
        while self._readers:
            self._readers.pop().close()
        self.engine.dispose()
        self.checkpoint.close()

    def _checked_head(self, connection: Connection) -> Row:
        (head,) = _HEAD.rows(connection, {})
        self._check(head)
        return head

    def _committed(self, last: Mapping[str, Any]) -> None:
        self._seen = max(self._seen, (last["sequence"], last["entry_hash"]))
        self.checkpoint.append(self._anchor(last["sequence"], last["entry_hash"], last["recorded_at"]))

    def _check(self, head: Row) -> None:
        sequence, known_hash = head["sequence"] or 0, head["entry_hash"] or chain.GENESIS
        if sequence and chain.entry_hash(head) != known_hash:
            raise ChainBroken(
                f"entry {sequence}, the head of the chain, does not have its own hash: writing has stopped"
            )
        try:
            anchor = self.checkpoint.newest()
        except OSError as error:
            raise LedgerUnavailable(
                f"the checkpoint file cannot be used ({error.errno}); nothing was written"
            ) from error
        for seen_sequence, seen_hash in (self._seen, (anchor.sequence, anchor.entry_hash) if anchor else self._seen):
            if sequence < seen_sequence or (sequence == seen_sequence and known_hash != seen_hash):
                raise ChainBroken(
                    f"the chain ends at entry {sequence}, but entry {seen_sequence} was seen or anchored otherwise: "
                    "writing has stopped; run chartside ledger verify"
                )
        if anchor is None:
            self._begin_checkpoint(self._anchor(sequence, known_hash, head["now"]))

    def _begin_checkpoint(self, anchor: Anchor) -> None:
        """A file that is not there yet, or no longer: its first line says for ever behind which entry it begins."""
        try:
            self.checkpoint.begin(anchor)
        except OSError as error:
            raise LedgerUnavailable(
                f"the checkpoint file cannot be begun ({error.errno}); nothing was written"
            ) from error
        if anchor.sequence:
            _log.warning("ledger.checkpoint_begun_anew", after=anchor.sequence)

    def _anchor(self, sequence: int, entry_hash: str, recorded_at: int) -> Anchor:
        statement = Anchor(sequence, entry_hash, recorded_at, "").statement
        return Anchor(sequence, entry_hash, recorded_at, self.cipher.index("checkpoint", statement))


def open_store(
    url: str,
    *,
    keys: KeyRing | None,
    checkpoint: Path,
    busy_timeout_s: float,
    reload_keys: Callable[[], KeyRing] | None = None,
) -> LedgerStore:
    """The ledger at this database URL; connects at the first use and migrates nothing. Without keys: to verify only.

    `reload_keys` gives the ring as it is now, where a payload is sealed with a key that `keys` has not.
    """
    backend, parsed = backend_for(url)
    engine = backend.engine(parsed, busy_timeout_s=busy_timeout_s)
    cipher = Cipher(keys, reload=reload_keys) if keys else None
    return LedgerStore(engine, backend, cipher=cipher, checkpoint=checkpoint, busy_timeout_s=busy_timeout_s)
