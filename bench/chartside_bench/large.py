"""`chartside bench hook --large`: how long the small wait while a very large chart is read.

One connection sends an ordinary call every so often; meanwhile another posts a body of 5,000 resources again and again,
each time in bytes that were not seen before. The longest that an ordinary call took, less the longest that one took
alone just before (which is the machine's own doing), is what the large one cost the others.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from chartside_bench.bars import Bar
from chartside_bench.calls import Ehr, of_another_user, retold, sample_body
from chartside_bench.hook_servers import ORIGIN, serving_ours
from chartside_bench.load import LoadFailed, ask
from chartside_bench.stored_summary import store_summary

RESOURCES: Final = 5_000
DELAY_MS: Final = 50.0
_EVERY_S: Final = 0.02
_WARM: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeBench:
    """Ordinary calls alone, and beside the large ones."""

    body_bytes: int
    resources: int
    large_calls: int
    large_p50_ms: float
    large_statuses: tuple[int, ...]
    alone_p50_ms: float
    alone_max_ms: float
    beside_p50_ms: float
    beside_p99_ms: float
    beside_max_ms: float
    bars: tuple[Bar, ...]


def bench_large(*, small_calls: int = 500, large_calls: int = 10) -> LargeBench:
    """Measure ordinary calls alone, then beside large ones, at the same pace. Raises LoadFailed."""
    with tempfile.TemporaryDirectory(prefix="chartside-bench-") as name:
        folder, ehr = Path(name), Ehr()
        body, large = sample_body(), sample_body(RESOURCES)
        store_summary(folder, body, ehr)
        small = [ehr.request(of_another_user(body), origin=ORIGIN) for _ in range(_WARM + 2 * small_calls)]
        larges = [ehr.request(retold(large), origin=ORIGIN) for _ in range(large_calls)]
        with serving_ours("chartside", folder) as server:
            asyncio.run(_pace(server.port, small[:_WARM]))
            alone = asyncio.run(_pace(server.port, small[_WARM : _WARM + small_calls]))
            beside, took, statuses = asyncio.run(_beside(server.port, small[_WARM + small_calls :], larges))
    delay = max(0.0, max(beside) - max(alone))
    return LargeBench(
        body_bytes=len(orjson.dumps(large)),
        resources=RESOURCES,
        large_calls=len(took),
        large_p50_ms=statistics.median(took),
        large_statuses=tuple(sorted(set(statuses))),
        alone_p50_ms=statistics.median(alone),
        alone_max_ms=max(alone),
        beside_p50_ms=statistics.median(beside),
        beside_p99_ms=sorted(beside)[int(0.99 * len(beside))],
        beside_max_ms=max(beside),
        bars=(Bar(name="longest delay of an ordinary call by a large one, ms", figure=delay, at_most=DELAY_MS),),
    )


async def _pace(port: int, requests: Sequence[bytes]) -> list[float]:
    """Milliseconds of each request, one every `_EVERY_S`; one that is still under way delays the next."""
    streams = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for request in requests:
        began = time.perf_counter()
        status = await ask(streams, request)
        took.append((time.perf_counter() - began) * 1000)
        if status != 200:  # noqa: PLR2004
            raise LoadFailed(f"an ordinary call was answered {status}")
        await asyncio.sleep(max(0.0, _EVERY_S - (time.perf_counter() - began)))
    streams[1].close()
    return took


async def _beside(
    port: int, small: Sequence[bytes], larges: Sequence[bytes]
) -> tuple[list[float], list[float], list[int]]:
    """The ordinary calls' times while large ones are under way, and the large ones' times and statuses."""
    took: list[float] = []
    statuses: list[int] = []
    pacing = asyncio.create_task(_pace(port, small))
    streams = await asyncio.open_connection("127.0.0.1", port)
    for request in larges:
        if pacing.done():
            break
        began = time.perf_counter()
        statuses.append(await ask(streams, request))
        took.append((time.perf_counter() - began) * 1000)
    streams[1].close()
    return await pacing, took, statuses
