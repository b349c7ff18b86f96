"""Threads for what waits on the ledger: each kind of call in a lane of its own, so that none starves another (REL-1).

Work that has not begun by its deadline never begins. Work that has begun is waited for, or, with a Turn, only once it
is about to commit: a card that was recorded is a card that leaves, and a database that hangs keeps no EHR waiting.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from cds_service.errors import OutOfTime

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """Whether somebody still waits for a piece of work: settled once, by the work or by its deadline."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: bool | None = None

    def keep(self) -> None:
        """From here on the work is waited for, however long it takes. Raises OutOfTime where nobody waits any more."""
        if not self._settle(kept=True):
            raise OutOfTime

    def give_up(self) -> bool:
        """Stop waiting; False where the work has kept its turn, and must be waited for."""
        return not self._settle(kept=False)

    def _settle(self, *, kept: bool) -> bool:
        with self._lock:
            self._kept = kept if self._kept is None else self._kept
            return self._kept


class Lane:
    """A few threads, and at most so many calls that hold or await one."""

    def __init__(self, name: str, *, threads: int, most: int) -> None:
        self._open = partial(ThreadPoolExecutor, max_workers=threads, thread_name_prefix=name)
        self._pool: ThreadPoolExecutor | None = None
        self._most = most
        self._held = 0

    async def run(self, within_s: float, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work` returns. Raises OutOfTime where it could not begin within so many seconds, or too many wait."""
        return await self._done(within_s, None, partial(work, *args, **kwargs))

    async def take_turn(self, within_s: float, work: Callable[[Turn], T]) -> T:
        """The same; OutOfTime too where the work has begun, but has not kept its turn when the time is up."""
        turn = Turn()
        return await self._done(within_s, turn, partial(work, turn))

    async def _done(self, within_s: float, turn: Turn | None, work: Callable[[], T]) -> T:
        if within_s <= 0 or self._held >= self._most:
            raise OutOfTime
        self._held += 1
        self._pool = self._pool or self._open()
        future = self._pool.submit(work)
        waiting = asyncio.wrap_future(future)
        expiry = asyncio.get_running_loop().call_later(within_s, _expire, future, waiting, turn)
        try:
            return await waiting
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task and task.cancelling():
                raise
            raise OutOfTime from None
        finally:
            expiry.cancel()
            self._held -= 1

    def close(self) -> None:
        """Drop what has not begun; what runs ends by itself."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _expire(future: Future[Any], waiting: asyncio.Future[Any], turn: Turn | None) -> None:
    """The time is up. What has not begun is cancelled; what runs goes on, but nobody waits for it unless it must be."""
    if not future.cancel() and turn is not None and turn.give_up():
        waiting.cancel()


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
