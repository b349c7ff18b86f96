"""`chartside bench hook`: what a hook costs beside the cheapest answer that Python and FastAPI can give.

Both servers run on this machine, as `chartside serve` runs, and take turns in one run; ratios are taken pass by pass,
because machines are noisy. Chartside is asked twice: about a chart that this process has just read (an EHR fires for
every clinician and at every selection), and about the same chart in bytes that it has not seen, which it must read.
Either way the stored summary is shown, and everything is recorded.
"""

from __future__ import annotations

import itertools
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.main import build_parts, demo_client, open_ledger
from chartside_bench.hook_servers import FHIR_BASE, FLOOR_MARK, bench_settings, http_machinery
from chartside_bench.load import LoadFailed, Pass, drive
from chartside_sandbox.samples import CHARTS, COMPLETIONS
from fhir_adapters.prefetch import PREFETCH
from ledger.events import record
from ledger.jobs import Jobs
from ledger.store import LedgerStore
from tasks.engines.scripted import Scripted
from tasks.profile import Profile
from tasks.runner import Runner
from tasks.summarise import Workshop
from tasks.worker import sources_for

RESOURCES: Final = 50
_CHART: Final = CHARTS / "kidney-decline.json"
_PATIENT: Final = "example-kidney"
_TYPES: Final = {template.partition("?")[0].partition("/")[0]: key for key, template in PREFETCH.items()}
_START_S: Final = 30.0
_SUMMARY_MARK: Final = b"AI summary ("  # stands in every answer that shows the stored summary
_TICKS: Final = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One kind of call to one server: medians over the passes; ratios to the floor are medians pass by pass."""

    name: str
    p50_ms: float
    p99_ms: float
    per_second: float
    cpu_ms: float  # CPU time of the server process per request
    p50_ratio: float
    p99_ratio: float
    cpu_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HookBench:
    """The floor and Chartside's two kinds of call, side by side."""

    body_bytes: int
    resources: int
    concurrency: int
    http: str  # the event loop and the HTTP parser of both servers
    floor: Measured
    seen: Measured
    unseen: Measured


@dataclass(frozen=True, slots=True)
class _Server:
    name: str
    port: int
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, user and system, to the nanosecond.

        The id of another process' CPU clock is ~pid << 3 | 2 (clock_getcpuclockid(3)); /proc counts in steps of 10 ms.
        """
        return time.clock_gettime(~self.process.pid << 3 | 2)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One pass over one kind of call."""

    load: Pass
    cpu_ms: float


def bench_hook(*, requests: int = 1000, passes: int = 5, concurrency: int = 1) -> HookBench:
    """Measure `passes` passes of `requests` calls of each kind. Raises LoadFailed where a server refuses.

    A pass must be long enough to hold several full garbage collections of the floor, one every few hundred calls.
    """
    with tempfile.TemporaryDirectory(prefix="chartside-bench-") as name:
        folder = Path(name)
        body = hook_body()
        _store_summary(folder, body)
        with _serving("floor", folder) as floor, _serving("chartside", folder) as ours:
            kinds = (
                partial(_take, floor, lambda: body, FLOOR_MARK),
                partial(_take, ours, lambda: body, _SUMMARY_MARK),
                partial(_take, ours, partial(_retold, body), _SUMMARY_MARK),
            )
            for take in kinds:  # warm: connections, caches, compiled statements
                take(requests=requests // 4, concurrency=concurrency)
            taken = [tuple(take(requests=requests, concurrency=concurrency) for take in kinds) for _ in range(passes)]
    floors, seen, unseen = zip(*taken, strict=True)
    return HookBench(
        body_bytes=len(orjson.dumps(body)),
        resources=RESOURCES,
        concurrency=concurrency,
        http=http_machinery(),
        floor=_measured("FastAPI + orjson, constant card", floors, floors),
        seen=_measured("Chartside, chart seen before", seen, floors),
        unseen=_measured("Chartside, chart not seen", unseen, floors),
    )


def hook_body() -> dict[str, Any]:
    """A patient-view call whose prefetch holds fifty resources of a sample chart: about 43 KB."""
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
    if _SUMMARY_MARK.decode() not in card["summary"]:
        raise LoadFailed("no summary was stored; the hot path cannot be measured")


def _runner(store: LedgerStore) -> Runner:
    now = partial(datetime.now, UTC)
    workshop = Workshop(engine=Scripted(COMPLETIONS), sources=sources_for(()), profile=Profile.TEXT_ONLY, clock=now)
    return Runner(
        jobs=Jobs(store),
        record=partial(record, store),
        workshop=workshop,
        worker="bench",
        lease_s=60,
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )


def _retold(body: dict[str, Any]) -> dict[str, Any]:
    """The same call in other bytes: a new Patient.meta.lastUpdated is no content and leaves the summary ready."""
    patient = body["prefetch"]["patient"]
    told = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(_TICKS))
    retold = patient | {"meta": patient.get("meta", {}) | {"lastUpdated": told.isoformat(timespec="microseconds")}}
    return body | {"prefetch": body["prefetch"] | {"patient": retold}}


def _request(body: dict[str, Any]) -> bytes:
    content = orjson.dumps(body | {"hookInstance": str(uuid.uuid4())})
    head = (
        "POST /cds-services/chart-summary HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def _take(
    server: _Server, body: Callable[[], dict[str, Any]], mark: bytes, *, requests: int, concurrency: int
) -> _Taken:
    bodies = [_request(body()) for _ in range(requests)]
    before = server.cpu_s()
    done = drive(server.port, bodies, concurrency=concurrency, mark=mark)
    return _Taken(done, (server.cpu_s() - before) * 1000 / requests)


def _measured(name: str, taken: Sequence[_Taken], floors: Sequence[_Taken]) -> Measured:
    pairs = tuple(zip(taken, floors, strict=True))
    return Measured(
        name=name,
        p50_ms=statistics.median(one.load.percentile(0.5) for one in taken),
        p99_ms=statistics.median(one.load.percentile(0.99) for one in taken),
        per_second=statistics.median(one.load.per_second for one in taken),
        cpu_ms=statistics.median(one.cpu_ms for one in taken),
        p50_ratio=statistics.median(one.load.percentile(0.5) / floor.load.percentile(0.5) for one, floor in pairs),
        p99_ratio=statistics.median(one.load.percentile(0.99) / floor.load.percentile(0.99) for one, floor in pairs),
        cpu_ratio=statistics.median(one.cpu_ms / floor.cpu_ms for one, floor in pairs),
    )


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
