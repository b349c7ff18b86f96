"""`chartside bench hook --growth`: how a hook's cost grows with the chart that is sent."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from chartside_bench.bars import Bar
from chartside_bench.calls import Body, Ehr, of_another_user, retold, sample_body
from chartside_bench.hook_servers import ORIGIN, serving_ours
from chartside_bench.load import drive
from chartside_bench.serving import Server
from chartside_bench.stored_summary import store_summary

SIZES: Final = (10, 50, 100, 500, 1_000, 5_000)
_MARK: Final = b'"cards":[{'
_RESOURCES_IN_ALL: Final = 20_000  # calls of each size: as many as hold so many resources, within bounds
_FEWEST, _MOST = 8, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One size of chart, at one connection: the chart seen before, and in bytes that were not."""

    resources: int
    body_bytes: int
    calls: int
    seen_p50_ms: float
    seen_cpu_ms: float
    new_p50_ms: float
    new_cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthBench:
    """Every size. There is no bar: the largest body's is `--large`'s."""

    sizes: tuple[Size, ...]
    bars: tuple[Bar, ...] = ()


def bench_growth() -> GrowthBench:
    """Measure every size in one run. Raises LoadFailed."""
    with tempfile.TemporaryDirectory(prefix="chartside-bench-") as name:
        folder, ehr = Path(name), Ehr()
        store_summary(folder, sample_body(), ehr)
        with serving_ours("chartside", folder) as server:
            return GrowthBench(sizes=tuple(_size(server, ehr, count) for count in SIZES))


def _size(server: Server, ehr: Ehr, resources: int) -> Size:
    body = sample_body(resources)
    calls = max(_FEWEST, min(_MOST, _RESOURCES_IN_ALL // resources))

    def take(make: Callable[[Body], Body]) -> tuple[float, float]:
        requests = [ehr.request(make(body), origin=ORIGIN) for _ in range(calls)]
        before = server.cpu_s()
        load = drive(server.port, requests, concurrency=1, mark=_MARK)
        return statistics.median(load.latencies) * 1000, (server.cpu_s() - before) * 1000 / calls

    take(of_another_user)  # warm: the chart itself, and its snapshot
    seen, new = take(of_another_user), take(retold)
    return Size(
        resources=resources,
        body_bytes=len(orjson.dumps(body)),
        calls=calls,
        seen_p50_ms=seen[0],
        seen_cpu_ms=seen[1],
        new_p50_ms=new[0],
        new_cpu_ms=new[1],
    )
