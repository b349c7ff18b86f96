"""The one writer of a process: threads take turns at it, and those that meet share a commit.

A commit costs more than all that a hook writes. So whoever finds others waiting once its own rows are in hands the open
transaction on; whoever finds nobody commits it for all. Each one's rows lie behind a savepoint, and go alone where it
fails. Nobody is told that it has written before that commit, and everybody whose rows were in it is told if it failed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine

from ledger.backends import Backend, Mode
from ledger.binding import Row
from ledger.errors import LedgerBusy, LedgerError, LedgerUnavailable
from ledger.failures import translated
from ledger.turns import Turns

_MOST: Final = 32  # writes that share a commit
_OLDEST_S: Final = 0.02  # and how long the first of them may wait for others to join (REL-1)


class Group:
    """A transaction under way, for whoever has the turn; and its end, for everybody whose rows are in it."""

    def __init__(self, connection: Connection, ending: ExitStack, *, is_shared: bool) -> None:
        self.connection = connection
        self.head: Row = {}  # of the chain, with what was added here
        self.last: dict[str, Any] | None = None  # the newest entry that was added
        self._ending = ending
        self._is_shared = is_shared
        self._began = time.monotonic()
        self._size = 0
        self._failure: BaseException | None = None
        self._ended = threading.Event()

    @property
    def takes_more(self) -> bool:
        """Whether another write may join."""
        is_young = self._size < _MOST and time.monotonic() - self._began < _OLDEST_S
        return self._is_shared and self._failure is None and is_young

    def add(self, entry: dict[str, Any]) -> None:
        """Let the next begin behind this entry."""
        self.last = entry
        self.head = {**self.head, "sequence": entry["sequence"], "entry_hash": entry["entry_hash"]}

    @contextmanager
    def member(self) -> Iterator[None]:
        """The turn of one write: what it wrote goes again if it fails, and nothing else."""
        is_first = not self._size
        if not is_first:
            self._run("SAVEPOINT member")
        before = self.head, self.last
        try:
            yield
        except BaseException as error:
            self.head, self.last = before
            self._take_back(error, is_first=is_first)
            raise
        self._size += 1

    def end(self) -> None:
        """Commit, or undo all where anything but a single member failed. Raises nothing: `confirm` does."""
        failure = self._failure
        try:
            with translated():
                if failure is None:
                    self._ending.close()
                else:
                    self._ending.__exit__(type(failure), failure, failure.__traceback__)
        except BaseException as error:  # noqa: BLE001 - everybody whose rows were in it must hear of it
            self._failure = failure or error

    def settle(self) -> None:
        """Wake everybody who waits for the end."""
        self._ended.set()

    @property
    def is_kept(self) -> bool:
        """Whether it ended with a commit of somebody's rows."""
        return self._failure is None and self._size > 0

    def confirm(self) -> None:
        """Wait for the end. Raises a LedgerError where the commit failed, and with it each write that was in it."""
        self._ended.wait()
        if isinstance(self._failure, LedgerError):
            raise type(self._failure)(str(self._failure)) from self._failure
        if self._failure is not None:
            raise LedgerUnavailable("the transaction was undone; nothing was written") from self._failure

    def _take_back(self, error: BaseException, *, is_first: bool) -> None:
        """Undo this member's rows. Some failures, a full disk above all, undo the whole transaction by themselves."""
        if is_first:
            self._failure = error
            return
        try:
            with translated():
                self._run("ROLLBACK TO member")
                self._run("RELEASE member")
        except LedgerError as lost:
            self._failure = lost

    def _run(self, sql: str) -> None:
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(sql)
        finally:
            cursor.close()


class Writer:
    """Share one between threads. `begin` reads and checks the head of the chain; `keep` hears of the last entry."""

    def __init__(
        self,
        engine: Engine,
        backend: Backend,
        *,
        busy_timeout_s: float,
        begin: Callable[[Connection], Row],
        keep: Callable[[dict[str, Any]], object],
    ) -> None:
        self._engine, self._backend = engine, backend
        self._busy_timeout_s = busy_timeout_s
        self._begin, self._keep = begin, keep
        # Threads queue here, fairly and awake at once; only processes meet at the database's own lock.
        self._turns: Turns[Group] = Turns()
        self._kept: Connection | None = None  # between writes, for whoever has the turn

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn."""
        return self._turns.waiting

    @contextmanager
    def begun(self, mode: Mode, timeout_s: float | None) -> Iterator[Group]:
        """A transaction for one write, committed when this ends. Raises LedgerBusy after `timeout_s`, LedgerError."""
        deadline = time.monotonic() + (self._busy_timeout_s if timeout_s is None else timeout_s)
        group = self._take(deadline)
        try:
            group = group or self._open(mode, budget_s=deadline - time.monotonic())
        except BaseException:
            self._turns.give_up()
            raise
        try:
            with translated(), group.member():
                yield group
        finally:
            self._part(group)
        group.confirm()

    def close(self) -> None:
        """Close the kept connection, once nobody writes."""
        try:
            self._take(time.monotonic() + self._busy_timeout_s)
        except LedgerBusy:
            return
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        self._turns.give_up()

    def _take(self, deadline: float) -> Group | None:
        try:
            return self._turns.take(deadline - time.monotonic())
        except TimeoutError:
            raise LedgerBusy("other writes used the whole budget; nothing was written") from None

    def _open(self, mode: Mode, *, budget_s: float) -> Group:
        with translated(), ExitStack() as opened:
            connection = opened.enter_context(self._writing())
            opened.enter_context(connection.begin())
            self._backend.begin(connection, mode, budget_s=budget_s)
            head = self._begin(connection) if mode is Mode.RECORD else {}
            is_shared = self._backend.keeps_writer and mode is Mode.RECORD
            group = Group(connection, opened.pop_all(), is_shared=is_shared)
        group.head = head
        return group

    def _part(self, group: Group) -> None:
        """The end of a write's turn: the next one goes on with the transaction, or it is committed."""
        if group.takes_more and self._turns.hand_on(group):
            return
        try:
            group.end()
            if group.is_kept and group.last is not None:
                self._keep(group.last)
        finally:
            group.settle()
            self._turns.give_up()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The connection to write through, for whoever has the turn; a new one after any error."""
        connection, self._kept = self._kept or self._engine.connect(), None
        try:
            yield connection
        except BaseException:
            if self._backend.keeps_writer:
                connection.invalidate()  # its time-out is a writer's; readers shall not inherit it
            connection.close()
            raise
        if self._backend.keeps_writer:
            self._kept = connection
        else:
            connection.close()
