"""`chartside bench hook --overload`: ten times what one process can answer, and what becomes of it.

What is admitted must be answered in time, the rest told to come again, and nothing that was answered may be missing
from the ledger. A refused call was not recorded, its token not burnt: its request is sent again later.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cds_service.main import open_ledger
from chartside_bench.bars import Bar
from chartside_bench.calls import Ehr, Requests, sample_body
from chartside_bench.hook_servers import ORIGIN, bench_settings, serving_ours
from chartside_bench.load import drive
from chartside_bench.open_loop import Answers, OpenLoop
from chartside_bench.serving import Server
from chartside_bench.stored_summary import SUMMARY_MARK, store_summary
from ledger.cards import Cards
from ledger.verify import verify

TIMES: Final = 10
P99_MS: Final = 500.0
GROWTH_MB: Final = 200.0
_CAPACITY_CALLS: Final = 1_000
_CAPACITY_AT: Final = 8  # connections
_LOOK_EVERY_S: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OverloadBench:
    """What one process did with ten times what it can answer."""

    capacity_per_second: float
    offered_per_second: float
    seconds: float
    due: int
    unsent: int  # due while every connection of the generator waited
    admitted: int
    shed: int  # answered 503
    others: int  # answered anything else
    broken: int
    admitted_p50_ms: float
    admitted_p99_ms: float
    shed_p99_ms: float
    resident_mb: tuple[float, ...]  # before, at most, and after
    rows_verified: int  # of the ledger: entries of the chain, and what they vouch for
    bars: tuple[Bar, ...]


def bench_overload(*, seconds: float = 120.0) -> OverloadBench:
    """Measure what one process can answer, offer it ten times that for so long, and count. Raises LoadFailed."""
    with tempfile.TemporaryDirectory(prefix="chartside-bench-") as name:
        folder, ehr = Path(name), Ehr()
        body = sample_body()
        store_summary(folder, body, ehr)
        with serving_ours("chartside", folder) as server:
            requests = Requests(ehr, body, origin=ORIGIN)
            capacity = _capacity(server, requests)
            requests.prepare(int(capacity * seconds * 1.5))  # shed ones come back, admitted ones do not
            with _watched(server) as resident:
                answers = OpenLoop(
                    port=server.port,
                    per_second=TIMES * capacity,
                    seconds=seconds,
                    take=requests.take,
                    give_back=requests.give_back,
                ).run()
        return _counted(folder, answers, capacity=capacity, resident=resident)


def _capacity(server: Server, requests: Requests) -> float:
    """Requests a second in a closed loop: the second of two passes, for the first fills every cache."""
    _first, second = (
        drive(
            server.port,
            [requests.take() for _ in range(_CAPACITY_CALLS)],
            concurrency=_CAPACITY_AT,
            mark=SUMMARY_MARK,
        )
        for _ in range(2)
    )
    return second.per_second


@contextmanager
def _watched(server: Server) -> Iterator[list[float]]:
    """The server's memory in megabytes, looked at twice a second."""
    over, seen = threading.Event(), [server.resident_bytes() / 1e6]

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            seen.append(server.resident_bytes() / 1e6)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _counted(folder: Path, answers: Answers, *, capacity: float, resident: list[float]) -> OverloadBench:
    store = open_ledger(bench_settings(folder, 0))
    try:
        cards = Cards(store)
        lost = sum(1 for card_id in answers.card_ids if cards.find(card_id) is None)
        proof = verify(store)
    finally:
        store.close()
    shed = answers.statuses[503]
    others = sum(count for status, count in answers.statuses.items() if status not in (200, 503))
    p99 = _milliseconds(answers.admitted, 0.99)
    growth = max(resident) - resident[0]
    return OverloadBench(
        capacity_per_second=capacity,
        offered_per_second=answers.due / answers.seconds,
        seconds=answers.seconds,
        due=answers.due,
        unsent=answers.unsent,
        admitted=answers.statuses[200],
        shed=shed,
        others=others,
        broken=answers.broken,
        admitted_p50_ms=_milliseconds(answers.admitted, 0.5),
        admitted_p99_ms=p99,
        shed_p99_ms=_milliseconds(answers.refused, 0.99),
        resident_mb=(resident[0], max(resident), resident[-1]),
        rows_verified=proof.rows,
        bars=(
            Bar(name="p99 of what is admitted, ms", figure=p99, at_most=P99_MS),
            Bar(
                name="answers that are neither 200 nor 503 with Retry-After",
                at_most=0.0,
                figure=float(others + answers.broken + answers.without_retry_after),
            ),
            Bar(name="cards answered and not in the ledger", figure=float(lost), at_most=0.0),
            Bar(name="faults of the ledger's chain", figure=0.0 if proof.ok else 1.0, at_most=0.0),
            Bar(name="growth of memory, MB", figure=growth, at_most=GROWTH_MB),
        ),
    )


def _milliseconds(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0
