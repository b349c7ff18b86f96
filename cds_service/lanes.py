"""Threads for what waits on the ledger: each kind of call in a lane of its own, so that none starves another (REL-1).

Work that has not begun by its deadline never begins. Work that has begun is waited for, and bounds itself by what is
left of its time: a card that was recorded is a card that leaves.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import ParamSpec, TypeVar

from cds_service.errors import OutOfTime

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """A few threads, and at most so many calls that hold or await one."""

    def __init__(self, name: str, *, threads: int, most: int) -> None:
        self._open = partial(ThreadPoolExecutor, max_workers=threads, thread_name_prefix=name)
        self._pool: ThreadPoolExecutor | None = None
        self._most = most
        self._held = 0

    async def run(self, within_s: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns. Raises OutOfTime where it could not begin within so many seconds, or too many wait."""
        if within_s <= 0 or self._held >= self._most:
            raise OutOfTime
        self._held += 1
        self._pool = self._pool or self._open()
        future = self._pool.submit(work, *args, **kwargs)
        expiry = asyncio.get_running_loop().call_later(within_s, future.cancel)  # of no effect once it has begun
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if future.cancelled() and not (task and task.cancelling()):
                raise OutOfTime from None
            raise
        finally:
            expiry.cancel()
            self._held -= 1

    def close(self) -> None:
        """Drop what has not begun; what runs ends by itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


@dataclass(frozen=True, slots=True)
class Lanes:
    """One lane each for hooks, which have a deadline, and for feedback, which comes in batches and can wait."""

    hooks: Lane = field(default_factory=lambda: Lane("hook", threads=min(32, (os.cpu_count() or 1) + 4), most=1_000))
    # One thread: the items of a batch are written one by one, and each write is one that a hook waits for.
    feedback: Lane = field(default_factory=lambda: Lane("feedback", threads=1, most=100))

    def close(self) -> None:
        """Close every lane."""
        self.hooks.close()
        self.feedback.close()
