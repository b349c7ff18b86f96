"""What was measured of one kind of call, pass by pass."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

FLOOR: Final = "FastAPI + orjson, constant card"
SEEN: Final = "Chartside, chart seen before"
SEEN_ES384: Final = "the same, signed with ES384"
UNSEEN: Final = "Chartside, the chart in new bytes"
HEALTHCHAIN: Final = "healthchain 0.16.1, scaffold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One kind of call at one number of connections; a figure for each pass."""

    name: str
    connections: int
    p50_ms: tuple[float, ...]
    p99_ms: tuple[float, ...]
    per_second: tuple[float, ...]
    cpu_ms: tuple[float, ...]  # CPU time of the server process per request


def pass_by_pass(figure: Callable[[Measured], Sequence[float]], one: Measured, other: Measured) -> float:
    """The median of the ratios of `one` to `other`, each taken within one pass."""
    return statistics.median(mine / theirs for mine, theirs in zip(figure(one), figure(other), strict=True))
