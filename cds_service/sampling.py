"""One log line per reason and interval, with the count of those left out: a flood must not fill the log."""

from __future__ import annotations

from collections.abc import Callable


class Sampler:
    """Remembers when each of a closed set of reasons was last said."""

    def __init__(self, timer: Callable[[], float], *, every_s: float = 10.0) -> None:
        self._timer, self._every_s = timer, every_s
        self._last: dict[str, float] = {}
        self._skipped: dict[str, int] = {}

    def skipped(self, reason: str) -> int | None:
        """How many were left out since the last line of this reason, or None: leave this one out too."""
        now = self._timer()
        if now - self._last.get(reason, -self._every_s) < self._every_s:
            self._skipped[reason] = self._skipped.get(reason, 0) + 1
            return None
        self._last[reason] = now
        return self._skipped.pop(reason, 0)
