"""`chartside bench hook`: what a hook costs beside the cheapest answer that Python and FastAPI can give.

Both servers run on this machine, in turn, in one run; ratios are taken pass by pass, because machines are noisy.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.main import build_parts, demo_client, open_ledger
from chartside_bench.hook_servers import FHIR_BASE, bench_settings
from chartside_bench.load import LoadFailed, Pass, drive
from chartside_sandbox.samples import CHARTS, COMPLETIONS
from fhir_adapters.prefetch import PREFETCH
from ledger.events import record
from ledger.jobs import Jobs
from ledger.store import LedgerStore
from tasks.engines.scripted import Scripted
from tasks.runner import Runner
from tasks.summarise import Workshop
from tasks.worker import sources_for

RESOURCES: Final = 50
_CHART: Final = CHARTS / "kidney-decline.json"
_PATIENT: Final = "example-kidney"
_TYPES: Final = {template.partition("?")[0].partition("/")[0]: key for key, template in PREFETCH.items()}
_START_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One server: medians over the passes."""

    name: str
    p50_ms: float
    p99_ms: float
    per_second: float
    cpu_ms: float  # CPU time of the server process per request


@dataclass(frozen=True, slots=True, kw_only=True)
class HookBench:
    """Both servers, and the ratios of Chartside to the floor: medians of the ratios pass by pass."""

    body_bytes: int
    resources: int
    concurrency: int
    floor: Measured
    chartside: Measured
    cpu_ratio: float
    p50_ratio: float
    p99_ratio: float


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, user and system (proc(5), /proc/pid/stat)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bench_hook(*, requests: int = 400, passes: int = 5, concurrency: int = 1) -> HookBench:
    """Measure `passes` pairs of passes with `requests` each. Raises LoadFailed where a server refuses."""
    with tempfile.TemporaryDirectory(prefix="chartside-bench-") as name:
        folder = Path(name)
        body = hook_body()
        _store_summary(folder, body)
        with _serving("floor", folder) as floor, _serving("chartside", folder) as ours:
            bodies = [_request(body) for _ in range(requests)]
            for server in (floor, ours):  # warm: connections, caches, compiled statements
                drive(server.port, bodies[: requests // 4], concurrency=concurrency)
            pairs = [
                (_one(floor, body, requests, concurrency), _one(ours, body, requests, concurrency))
                for _ in range(passes)
            ]
    first, second = zip(*pairs, strict=True)
    return HookBench(
        body_bytes=len(orjson.dumps(body)),
        resources=RESOURCES,
        concurrency=concurrency,
        floor=_median("FastAPI + orjson, constant card", first),
        chartside=_median("Chartside, stored summary, ledger on", second),
        cpu_ratio=_ratio(pairs, lambda one: one[1]),
        p50_ratio=_ratio(pairs, lambda one: one[0].percentile(0.5)),
        p99_ratio=_ratio(pairs, lambda one: one[0].percentile(0.99)),
    )


def hook_body() -> dict[str, Any]:
    """A patient-view call whose prefetch holds fifty resources of a sample chart: about 39 KB."""
    prefetch: dict[str, Any] = {}
    for entry in orjson.loads(_CHART.read_bytes())["entry"][:RESOURCES]:
        resource = entry["resource"]
        key = _TYPES[resource["resourceType"]]
        if key == "patient":
            prefetch[key] = resource
        else:
            bundle = prefetch.setdefault(key, {"resourceType": "Bundle", "type": "searchset", "entry": []})
            bundle["entry"].append({"fullUrl": f"{FHIR_BASE}/{resource['id']}", "resource": resource})
    for key in PREFETCH:
        prefetch.setdefault(key, {"resourceType": "Bundle", "type": "searchset", "total": 0})
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/example-1", "patientId": _PATIENT},
        "prefetch": prefetch,
    }


def _store_summary(folder: Path, body: dict[str, Any]) -> None:
    """One hook call and one job, so that the calls to come find a stored summary; LoadFailed where they do not."""
    settings = bench_settings(folder, 0)
    store = open_ledger(settings)
    parts = build_parts(settings, store, demo=demo_client(FHIR_BASE))
    client = TestClient(create_app(parts))
    client.post("/cds-services/chart-summary", json=body).raise_for_status()
    for job_id in Jobs(store).due():
        _runner(store).run(job_id)
    (card,) = client.post("/cds-services/chart-summary", json=body).raise_for_status().json()["cards"]
    store.close()
    if "AI summary (" not in card["summary"]:
        raise LoadFailed("no summary was stored; the hot path cannot be measured")


def _runner(store: LedgerStore) -> Runner:
    now = partial(datetime.now, UTC)
    workshop = Workshop(engine=Scripted(COMPLETIONS), sources=sources_for(()), profile="text-only", clock=now)
    return Runner(
        jobs=Jobs(store),
        record=partial(record, store),
        workshop=workshop,
        worker="bench",
        lease_s=60,
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )


def _request(body: dict[str, Any]) -> bytes:
    content = orjson.dumps(body | {"hookInstance": str(uuid.uuid4())})
    head = (
        "POST /cds-services/chart-summary HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _one(server: _Server, body: dict[str, Any], requests: int, concurrency: int) -> tuple[Pass, float]:
    bodies = [_request(body) for _ in range(requests)]
    before = server.cpu_s()
    done = drive(server.port, bodies, concurrency=concurrency)
    return done, (server.cpu_s() - before) * 1000 / requests


def _median(name: str, passes: tuple[tuple[Pass, float], ...]) -> Measured:
    return Measured(
        name=name,
        p50_ms=statistics.median(one.percentile(0.5) for one, _ in passes),
        p99_ms=statistics.median(one.percentile(0.99) for one, _ in passes),
        per_second=statistics.median(one.per_second for one, _ in passes),
        cpu_ms=statistics.median(cpu for _, cpu in passes),
    )


def _ratio(
    pairs: list[tuple[tuple[Pass, float], tuple[Pass, float]]], figure: Callable[[tuple[Pass, float]], float]
) -> float:
    return statistics.median(figure(ours) / figure(floor) for floor, ours in pairs)


@contextmanager
def _serving(role: str, folder: Path) -> Iterator[_Server]:
    port = _free_port()
    command = [sys.executable, "-m", "chartside_bench.hook_servers", role, str(port), str(folder)]
    process = subprocess.Popen(command)  # noqa: S603 - our own module
    try:
        _wait_for(port, process)
        yield _Server(role, port, process)
    finally:
        process.terminate()
        process.wait(timeout=15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise LoadFailed("a server did not start")
