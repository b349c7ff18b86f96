"""The relay publishes what is due, once, and outlives broker and ledger."""

import threading

from ledger.errors import LedgerBusy, LedgerUnavailable
from tasks.relay import Relay


class Due:
    """Turns of due ids; an exception is raised instead."""

    def __init__(self, *turns):
        self.turns = list(turns)
        self.asked = threading.Semaphore(0)
        self.limits = []

    def due(self, *, limit=100):
        self.limits.append(limit)
        self.asked.release()
        turn = self.turns.pop(0) if self.turns else ()
        if isinstance(turn, Exception):
            raise turn
        return turn


class Queue:
    """Takes ids, except those that it is told to refuse."""

    def __init__(self, *refused):
        self.refused, self.published = refused, []
        self.took = threading.Semaphore(0)

    def publish(self, job_id):
        if job_id in self.refused:
            return False
        self.published.append(job_id)
        self.took.release()
        return True


def test_what_is_due_is_published_in_order():
    queue = Queue()
    assert Relay(Due(("a", "b")), queue).publish_due() == 2
    assert queue.published == ["a", "b"]


def test_nothing_due_is_nothing_published():
    assert Relay(Due(()), Queue()).publish_due() == 0


def test_it_asks_for_no_more_than_a_batch():
    due = Due()
    Relay(due, Queue(), batch=7).publish_due()
    assert due.limits == [7]


def test_with_the_broker_away_the_turn_ends_at_the_first_refusal():
    queue = Queue("b")
    assert Relay(Due(("a", "b", "c")), queue).publish_due() == 1
    assert queue.published == ["a"]


def test_ch_7_it_goes_on_after_the_broker_was_away():
    queue = Queue("a")
    relay = Relay(Due(("a",), ("b",)), queue, every_s=0.01)
    relay.start()
    assert queue.took.acquire(timeout=10)
    relay.stop()
    assert queue.published == ["b"]


def test_ch_9_it_goes_on_after_the_ledger_was_away():
    queue = Queue()
    relay = Relay(Due(LedgerUnavailable("down"), LedgerBusy("full"), ("a",)), queue, every_s=0.01)
    relay.start()
    assert queue.took.acquire(timeout=10)
    relay.stop()
    assert queue.published == ["a"]


def test_an_error_that_nobody_foresaw_does_not_end_it():
    queue = Queue()
    relay = Relay(Due(RuntimeError("bug"), ("a",)), queue, every_s=0.01)
    relay.start()
    assert queue.took.acquire(timeout=10)
    relay.stop()
    assert queue.published == ["a"]


def test_woken_it_looks_at_once():
    due = Due((), ("a",))
    queue = Queue()
    relay = Relay(due, queue, every_s=3600)
    relay.start()
    assert due.asked.acquire(timeout=10)
    relay.wake()
    assert queue.took.acquire(timeout=10)
    relay.stop()


def test_stopped_it_asks_no_more():
    due = Due()
    relay = Relay(due, Queue(), every_s=0.01)
    relay.start()
    assert due.asked.acquire(timeout=10)
    relay.stop()
    assert not relay._thread.is_alive()


def test_one_that_never_started_may_be_stopped():
    relay = Relay(Due(), Queue())
    relay.stop()
    assert relay.publish_due() == 0
