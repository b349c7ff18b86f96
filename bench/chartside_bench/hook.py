"""`chartside bench hook`: what a hook costs beside the cheapest answer, and beside another project's answer, in Python.

All servers run on this machine, one process each, and take turns in one run; ratios are taken pass by pass, because
machines are noisy. Every call to Chartside carries a token of its own, comes from another clinician, is answered with
the stored summary, and is recorded. Chartside is asked about a chart that this process has just read (an EHR fires for
every clinician and at every selection), and about the same chart in bytes that it has not seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from chartside_bench import healthchain
from chartside_bench.bars import Bar, bars_of
from chartside_bench.calls import PATH, RESOURCES, Body, Ehr, of_another_user, retold, sample_body
from chartside_bench.history import HistoryCost, history_cost
from chartside_bench.hook_servers import FLOOR_MARK, ORIGIN, http_machinery, serving_ours
from chartside_bench.load import LoadFailed, Pass, drive
from chartside_bench.measured import FLOOR, HEALTHCHAIN, SEEN, SEEN_ES384, UNSEEN, Measured
from chartside_bench.serving import Server
from chartside_bench.stored_summary import SUMMARY_MARK, store_summary

CONNECTIONS: Final = (1, 8, 32)
_AT_ANY: Final = (FLOOR, SEEN, HEALTHCHAIN)  # the other kinds are measured at one connection alone


@dataclass(frozen=True, slots=True, kw_only=True)
class HookBench:
    """Every kind of call at every number of connections, side by side, and which bars hold."""

    body_bytes: int
    resources: int
    http: str  # the event loop and the HTTP parser of the floor and of Chartside
    measured: tuple[Measured, ...]
    history: HistoryCost
    bars: tuple[Bar, ...]
    left_out: str = ""  # why there are no figures of healthchain


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of call: how it is made, to whom, and what stands in its answer."""

    name: str
    server: Server
    make: Callable[[], bytes]
    mark: bytes

    def take(self, *, requests: int, connections: int) -> _Taken:
        """One pass. What is sent is made beforehand, its tokens signed."""
        sent = [self.make() for _ in range(requests)]
        before = self.server.cpu_s()
        done = drive(self.server.port, sent, concurrency=connections, mark=self.mark)
        return _Taken(done, (self.server.cpu_s() - before) * 1000 / requests)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One pass over one kind of call."""

    load: Pass
    cpu_ms: float


def bench_hook(*, requests: int = 1000, passes: int = 5, scaffold: Path | None = None, left_out: str = "") -> HookBench:
    """Measure `passes` passes of `requests` calls of each kind. Raises LoadFailed where a server refuses.

    A pass must be long enough to hold several full garbage collections of the floor, one every few hundred calls.
    `scaffold` is the environment that holds healthchain; without one, `left_out` says why.
    """
    body, ehr = sample_body(), Ehr()
    history = history_cost(body, resources=RESOURCES)
    with _kinds(body, ehr, scaffold) as kinds:
        for kind in kinds:  # warm: connections, caches, compiled statements
            kind.take(requests=requests // 4, connections=1)
        measured = tuple(
            one
            for connections in CONNECTIONS
            for one in _side_by_side(kinds, requests=requests, passes=passes, connections=connections)
        )
    return HookBench(
        body_bytes=len(orjson.dumps(body)),
        resources=RESOURCES,
        http=http_machinery(),
        measured=measured,
        history=history,
        bars=bars_of(measured, history),
        left_out=left_out,
    )


@contextmanager
def _kinds(body: Body, ehr: Ehr, scaffold: Path | None) -> Iterator[tuple[_Kind, ...]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chartside-bench-")))
        store_summary(folder, body, ehr)
        floor = stack.enter_context(serving_ours("floor", folder))
        ours = stack.enter_context(serving_ours("chartside", folder))

        def signed(make: Callable[[Body], Body], algorithm: str = "RS384", path: str = PATH) -> Callable[[], bytes]:
            return lambda: ehr.request(make(body), origin=ORIGIN, path=path, algorithm=algorithm)

        seen = signed(of_another_user)
        kinds = [
            _Kind(FLOOR, floor, seen, FLOOR_MARK),
            _Kind(SEEN, ours, seen, SUMMARY_MARK),
            _Kind(SEEN_ES384, ours, signed(of_another_user, "ES384"), SUMMARY_MARK),
            _Kind(UNSEEN, ours, signed(retold), SUMMARY_MARK),
        ]
        if scaffold is not None:
            theirs = stack.enter_context(healthchain.scaffold(scaffold, folder))
            kinds.append(_Kind(HEALTHCHAIN, theirs, signed(of_another_user, path=healthchain.PATH), healthchain.MARK))
        yield tuple(kinds)
        if scaffold is not None and not healthchain.audit_lines(folder):
            raise LoadFailed("healthchain's audit log holds nothing: it was not on")


def _side_by_side(kinds: Sequence[_Kind], *, requests: int, passes: int, connections: int) -> Iterator[Measured]:
    asked = [kind for kind in kinds if connections == 1 or kind.name in _AT_ANY]
    rounds = [[kind.take(requests=requests, connections=connections) for kind in asked] for _ in range(passes)]
    for kind, *taken in zip(asked, *rounds, strict=True):
        yield Measured(
            name=kind.name,
            connections=connections,
            p50_ms=tuple(one.load.percentile(0.5) for one in taken),
            p99_ms=tuple(one.load.percentile(0.99) for one in taken),
            per_second=tuple(one.load.per_second for one in taken),
            cpu_ms=tuple(one.cpu_ms for one in taken),
        )
