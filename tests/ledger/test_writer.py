"""Writes of several threads share a commit: all of it, or each for itself, and nobody is told too early."""

import threading
import time
from collections.abc import Callable

import pytest
from ledger_values import Ledger, an_event
from sqlalchemy import text

from ledger.chain import draft
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.store import LedgerStore, Transaction
from ledger.turns import Turns

Extra = Callable[[Transaction], object]


class Crowd:
    """Threads that write one entry each, all waiting for their turn before the first of them gets it."""

    def __init__(self, store: LedgerStore) -> None:
        self.store = store
        self.outcomes: dict[str, Exception | None] = {}

    def write(self, **extras: Extra) -> None:
        """One thread for each name, in this order; what it does beside its entry is the name's value."""
        threads = []
        with self.store.write() as first:
            first.add(draft(an_event(kind="first"), self.store.cipher))
            for count, (name, extra) in enumerate(extras.items(), start=1):
                threads.append(threading.Thread(target=self._one, args=(name, extra)))
                threads[-1].start()
                while self.store.writers_waiting < count:
                    time.sleep(0.001)
            time.sleep(0.03)  # older than a commit waits for others: these writes are one of their own
        for thread in threads:
            thread.join()

    def _one(self, name: str, extra: Extra) -> None:
        try:
            with self.store.write() as transaction:
                transaction.add(draft(an_event(kind=name), self.store.cipher))
                extra(transaction)
            self.outcomes[name] = None
        except (LedgerError, ZeroDivisionError) as error:
            self.outcomes[name] = error


def nothing(_transaction: Transaction) -> None:
    pass


def stumble(_transaction: Transaction) -> None:
    raise ZeroDivisionError


def kinds(ledger: Ledger) -> list[str]:
    return [row["kind"] for row in ledger.store.rows(text("SELECT kind FROM audit_entry ORDER BY sequence"))]


def test_writes_that_meet_share_a_commit_and_one_line_of_the_checkpoint_file(sqlite_ledger: Ledger) -> None:
    crowd = Crowd(sqlite_ledger.store)
    crowd.write(a=nothing, b=nothing, c=nothing, d=nothing)
    assert crowd.outcomes == dict.fromkeys("abcd")
    assert kinds(sqlite_ledger) == ["first", "a", "b", "c", "d"]
    anchors = [line.split()[0] for line in sqlite_ledger.checkpoint.read_text().splitlines()]
    assert anchors == ["0", "1", "5"]
    assert sqlite_ledger.verify().ok


def test_a_write_that_fails_takes_back_its_own_rows_and_nobody_elses(sqlite_ledger: Ledger) -> None:
    crowd = Crowd(sqlite_ledger.store)
    crowd.write(a=nothing, b=stumble, c=nothing)
    assert isinstance(crowd.outcomes.pop("b"), ZeroDivisionError)
    assert crowd.outcomes == {"a": None, "c": None}
    assert kinds(sqlite_ledger) == ["first", "a", "c"]
    assert sqlite_ledger.verify().ok


def test_where_the_first_of_them_fails_the_next_begins_anew(sqlite_ledger: Ledger) -> None:
    crowd = Crowd(sqlite_ledger.store)
    crowd.write(a=stumble, b=nothing)
    assert isinstance(crowd.outcomes["a"], ZeroDivisionError)
    assert kinds(sqlite_ledger) == ["first", "b"]
    assert sqlite_ledger.verify().ok


def test_where_the_database_undoes_the_whole_transaction_everybody_in_it_is_told(sqlite_ledger: Ledger) -> None:
    def undo(transaction: Transaction) -> None:
        transaction.execute(text("ROLLBACK"))  # as SQLite does by itself where the disk is full
        raise LedgerUnavailable("the disk is full")

    crowd = Crowd(sqlite_ledger.store)
    crowd.write(a=nothing, b=undo, c=nothing)
    assert isinstance(crowd.outcomes["a"], LedgerError)
    assert isinstance(crowd.outcomes["b"], LedgerUnavailable)
    assert crowd.outcomes["c"] is None
    assert kinds(sqlite_ledger) == ["first", "c"]
    assert sqlite_ledger.verify().ok


def test_what_is_asked_before_the_commit_can_still_take_a_write_back(sqlite_ledger: Ledger) -> None:
    def too_late() -> None:
        raise TimeoutError

    store = sqlite_ledger.store
    with pytest.raises(TimeoutError), store.write(before_commit=too_late) as transaction:
        transaction.add(draft(an_event(kind="late"), store.cipher))
    assert kinds(sqlite_ledger) == []


def test_a_chore_that_meets_writes_is_kept_with_them(sqlite_ledger: Ledger) -> None:
    store, done = sqlite_ledger.store, []

    def chore() -> None:
        with store.chore() as work:
            work.execute(text("INSERT INTO nonce (token, expires_at) VALUES ('t', 1)"))
        done.append(True)

    with store.write() as transaction:
        waiting = threading.Thread(target=chore)
        waiting.start()
        transaction.add(draft(an_event(kind="first"), store.cipher))
    waiting.join()
    assert done == [True]
    assert sqlite_ledger.count("nonce") == 1


def test_turns_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    turns: Turns[str] = Turns()
    taken: list[tuple[int, str | None]] = []

    def take(number: int) -> None:
        taken.append((number, turns.take(20)))
        if not turns.hand_on(f"from {number}"):
            turns.give_up()

    assert turns.take(0) is None
    threads = [threading.Thread(target=take, args=(number,)) for number in range(3)]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        while turns.waiting < count:
            time.sleep(0.001)
    turns.give_up()
    for thread in threads:
        thread.join()
    assert taken == [(0, None), (1, "from 0"), (2, "from 1")]


def test_who_waited_in_vain_is_called_no_more() -> None:
    turns: Turns[str] = Turns()
    turns.take(0)
    with pytest.raises(TimeoutError):
        turns.take(0)
    assert not turns.hand_on("what nobody takes")
    turns.give_up()
    assert turns.take(0) is None
