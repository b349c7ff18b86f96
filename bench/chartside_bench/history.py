"""What it costs to come from a prefetch to the patient's history and its brief, for each resource in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cds_service.recent import RecentCharts, Seen
from chartside_bench.calls import FHIR_BASE, Body, retold
from fhir_adapters.prefetch import history_for_hook
from ledger.records import PatientKey

_TURNS: Final = 200
_SERVICE: Final = "chart-summary without server"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCost:
    """Microseconds for each resource, the median of many turns."""

    seen_us: float  # the same bytes again: found among the charts read lately
    read_us: float  # bytes that were not seen before: read resource by resource, and the brief written


def history_cost(body: Body, *, resources: int) -> HistoryCost:
    """Measure in this process both ways that the hook's path has."""
    recent, now = RecentCharts(), datetime.now(UTC)
    patient_id = body["context"]["patientId"]
    key = PatientKey(client="bench", tenant="", fhir_base=FHIR_BASE, patient_id=patient_id)

    def read(sent: Body) -> Seen:
        prefetch = sent["prefetch"]
        gathered = asyncio.run(history_for_hook(prefetch, patient_id=patient_id, server=None, timeout_s=1.0))
        seen = Seen.of(recent.alike(gathered), now=now)
        recent.keep(recent.address(key, _SERVICE, prefetch, now=now), seen)
        return seen

    def find() -> object:
        return recent.find(recent.address(key, _SERVICE, body["prefetch"], now=now), now=now)

    read(body)
    return HistoryCost(
        seen_us=_median_us(find) / resources,
        read_us=_median_us(lambda: read(retold(body))) / resources,
    )


def _median_us(work: Callable[[], object]) -> float:
    took = []
    for _ in range(_TURNS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2] * 1e6
