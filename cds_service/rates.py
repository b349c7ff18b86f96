"""How fast a client may call: a bucket for each, judged after the signature, so that none empties another's (T23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from cds_service.errors import TooManyCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many calls a second for as long as one likes, and so many at once after a pause."""

    per_second: float
    burst: int


@dataclass(slots=True)
class _Bucket:
    calls: float
    at: float


class CallRates:
    """What each client has left of its rate, in this process. For one thread: the event loop's."""

    def __init__(self, timer: Callable[[], float]) -> None:
        self._timer = timer
        self._buckets: dict[str, _Bucket] = {}

    def take(self, client_id: str, rate: Rate | None) -> None:
        """Count one call. Raises TooManyCalls, which says when there is room again."""
        if rate is None:
            return
        now = self._timer()
        bucket = self._buckets.setdefault(client_id, _Bucket(calls=rate.burst, at=now))
        bucket.calls = min(rate.burst, bucket.calls + (now - bucket.at) * rate.per_second)
        bucket.at = now
        if bucket.calls < 1:
            raise TooManyCalls(retry_after_s=max(1, ceil((1 - bucket.calls) / rate.per_second)))
        bucket.calls -= 1
