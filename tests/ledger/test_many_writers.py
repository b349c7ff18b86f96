"""Fifty writers in five processes leave one chain, without gap or fork, and the file outside agrees (T21)."""

import multiprocessing
import random
import threading
from pathlib import Path

import pytest
from ledger_values import KEY, Ledger, a_job, a_summary, an_answer, an_event, an_issuance

from ledger.anchors import Anchoring
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.events import record
from ledger.jobs import Jobs
from ledger.keys import KeyRing
from ledger.records import Filed
from ledger.store import LedgerStore, open_store

PROCESSES, THREADS, ROUNDS = 5, 10, 3


def write(store: LedgerStore, seed: int) -> int:
    """Some of everything; how many cards it issued."""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        issuance = an_issuance(job=a_job(fingerprint=f"f{chance.randrange(20)}"), events=(an_event("hook.received"),))
        result = Cards(store).issue(issuance, timeout_s=120)
        if result.job_queued and (job := Jobs(store).claim(result.job_id, worker=str(seed), lease_s=600)):
            Jobs(store).finish(job, a_summary(job), [], [])
        filed = Answers(store).file(an_answer(issuance.cards[0].id, user=f"Practitioner/{seed}"), timeout_s=120)
        assert filed is Filed.RECORDED
        record(store, [an_event()], timeout_s=120)
    return ROUNDS


Opened = tuple[str, Path, KeyRing]


def process(place: Opened, number: int, results: "multiprocessing.Queue[int]") -> None:
    url, checkpoint, ring = place
    store = open_store(url, keys=ring, checkpoint=checkpoint, busy_timeout_s=120)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda seed=number * THREADS + thread: counts.append(write(store, seed)))
        for thread in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    results.put(sum(counts))


def test_fifty_writers_in_five_processes_leave_no_gap_and_no_fork(ledger: Ledger) -> None:
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    place = (ledger.url, ledger.checkpoint, ledger.keys)
    writers = [spawn.Process(target=process, args=(place, number, results)) for number in range(PROCESSES)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=240)
    assert [writer.exitcode for writer in writers] == [0] * PROCESSES
    issued = PROCESSES * THREADS * ROUNDS
    assert sum(results.get() for _ in writers) == issued
    assert ledger.count("card") == ledger.count("acknowledgment") == issued
    found = ledger.verify()
    assert (found.first_broken, found.notes) == (None, ())
    assert found.anchored_to == found.head == ledger.count("audit_entry")
    assert ledger.cards.situation(KEY, focus=a_job().focus, fingerprint="f0").job is not None


@pytest.mark.parametrize("kill_after", [0.15, 0.4])
def test_ch_19_a_writer_killed_at_any_moment_leaves_a_whole_chain(ledger: Ledger, kill_after: float) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    victim = spawn.Process(target=write_for_ever, args=((ledger.url, ledger.checkpoint, ledger.keys), ready))
    victim.start()
    assert ready.wait(60)
    threading.Event().wait(kill_after)
    victim.kill()
    victim.join()
    found = ledger.verify()
    # Killed while its commit was synced, it never came to write the line: said as such until the next one.
    assert found.checkpoint in {Anchoring.CONFIRMED, Anchoring.SHORT}
    assert (found.first_broken is None) == (found.checkpoint is Anchoring.CONFIRMED)
    assert found.head > 0
    record(ledger.store, [an_event()])  # and the lock was let go
    after = ledger.verify()
    assert (after.first_broken, after.anchored_to) == (None, after.head)


def write_for_ever(place: Opened, ready) -> None:
    url, checkpoint, ring = place
    store = open_store(url, keys=ring, checkpoint=checkpoint, busy_timeout_s=120)
    while True:
        record(store, [an_event()])
        ready.set()
        Cards(store).issue(an_issuance(), timeout_s=120)
