"""The bars of the hook: what Chartside may cost beside the floor, and what it must reach beside healthchain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from chartside_bench.history import HistoryCost
from chartside_bench.measured import FLOOR, HEALTHCHAIN, SEEN, Measured, pass_by_pass

HISTORY_US: Final = 10.0
CPU_RATIO: Final = 3.0
RATE_RATIO: Final = 2.0
P99_RATIO: Final = 1.0
_P99_AT: Final = 32  # connections


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure and what it must not exceed, or must reach."""

    name: str
    figure: float
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the figure is within its bar."""
        high_enough = self.at_least is None or self.figure >= self.at_least
        return high_enough and (self.at_most is None or self.figure <= self.at_most)


def bars_of(measured: Sequence[Measured], history: HistoryCost) -> tuple[Bar, ...]:
    """The bars that these figures answer; those beside healthchain only where it was measured."""
    found = {(one.name, one.connections): one for one in measured}
    found_bars = _bars(lambda name, count: found.get((name, count)), {one.connections for one in measured})
    return (Bar(name="history, microseconds a resource", figure=history.seen_us, at_most=HISTORY_US), *found_bars)


def _bars(find: Callable[[str, int], Measured | None], connections: set[int]) -> Iterator[Bar]:
    for count in sorted(connections):
        ours, floor, theirs = find(SEEN, count), find(FLOOR, count), find(HEALTHCHAIN, count)
        if ours is None or floor is None:
            continue
        if count == 1:
            cpu = pass_by_pass(lambda one: one.cpu_ms, ours, floor)
            yield Bar(name="CPU a request, times the floor's", figure=cpu, at_most=CPU_RATIO)
        if theirs is None:
            continue
        rate = pass_by_pass(lambda one: one.per_second, ours, theirs)
        yield Bar(name=f"requests/s, times healthchain's, {count} connections", figure=rate, at_least=RATE_RATIO)
        if count == _P99_AT:
            p99 = pass_by_pass(lambda one: one.p99_ms, ours, theirs)
            yield Bar(name=f"p99, times healthchain's, {count} connections", figure=p99, at_most=P99_RATIO)
