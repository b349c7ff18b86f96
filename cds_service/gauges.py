"""What stands now, measured when somebody looks: circuits, calls under way, and what waits in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cds_service.crowd import Crowd
from fhir_adapters.circuit import Circuit, CircuitState
from ledger.errors import LedgerError
from ledger.readiness import Backlog

_KEPT_S: Final = 5.0  # however often somebody looks, the ledger is asked no more often
_STATES: Final = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}


class ServiceGauges(Collector):
    """The gauges of one process. A ledger that does not answer leaves out its own, and is told by `ledger_up`."""

    def __init__(
        self,
        *,
        circuits: Mapping[str, Circuit],
        crowd: Crowd,
        backlog: Callable[[], Backlog] | None,
        timer: Callable[[], float],
    ) -> None:
        self._circuits, self._crowd, self._backlog, self._timer = circuits, crowd, backlog, timer
        self._kept: tuple[float, Backlog | None] | None = None

    def describe(self) -> list[Metric]:
        """Nothing: registering must not ask the ledger."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Each gauge as it is now, the ledger's at most a few seconds old."""
        circuits = GaugeMetricFamily(
            "chartside_fhir_circuit", "0 closed, 1 being tried again, 2 open: the server is left alone", labels=["base"]
        )
        for base, circuit in self._circuits.items():
            circuits.add_metric([base], _STATES[circuit.state])
        yield circuits
        yield GaugeMetricFamily("chartside_hooks_under_way", "Hook calls not answered yet", self._crowd.under_way)
        yield GaugeMetricFamily("chartside_hooks_at_once", "Hook calls beyond which one more is shed", self._crowd.most)
        if self._backlog is not None:
            yield from _of_ledger(self._read(self._backlog))

    def _read(self, backlog: Callable[[], Backlog]) -> Backlog | None:
        now = self._timer()
        if self._kept is None or now - self._kept[0] >= _KEPT_S:
            try:
                self._kept = now, backlog()
            except LedgerError:
                self._kept = now, None
        return self._kept[1]


def _of_ledger(found: Backlog | None) -> Iterator[Metric]:
    yield GaugeMetricFamily("chartside_ledger_up", "1 where the ledger answered", 0 if found is None else 1)
    if found is None:
        return
    jobs = GaugeMetricFamily("chartside_jobs", "Jobs that have not ended, by state", labels=["state"])
    for state in ("queued", "leased"):
        jobs.add_metric([state], found.jobs.get(state, 0))
    yield jobs
    yield GaugeMetricFamily("chartside_oldest_job_seconds", "Since the oldest of them was asked for", found.oldest_s)
    yield GaugeMetricFamily("chartside_relay_lag_seconds", "Since a message to a worker was due", found.relay_lag_s)
    yield GaugeMetricFamily("chartside_chain_head", "The sequence of the newest entry of the ledger", found.head)
    if found.verified_s is not None:
        yield GaugeMetricFamily(
            "chartside_chain_verified_seconds", "Since the chain was last found whole", found.verified_s
        )
