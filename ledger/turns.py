"""A fair queue of threads: whoever has the turn gives it up, or hands it on together with what it has begun."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """One turn at a time, first come, first served. What is handed on is what the next `take` returns."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._is_taken = False
        self._waiting: deque[_Waiting[T]] = deque()

    @property
    def waiting(self) -> int:
        """How many threads wait for their turn."""
        return len(self._waiting)

    def take(self, timeout_s: float) -> T | None:
        """The turn, and what the one before handed on, if anything. Raises TimeoutError."""
        with self._mutex:
            if not self._is_taken:
                self._is_taken = True
                return None
            mine: _Waiting[T] = _Waiting()
            self._waiting.append(mine)
        if not mine.called.acquire(timeout=max(0.0, timeout_s)):
            with self._mutex:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise TimeoutError
            # Called in that very moment: the turn is ours, and nobody else would pass it on.
        return mine.handed

    def hand_on(self, begun: T) -> bool:
        """Give turn and `begun` to the next; False where nobody waits, and the turn stays."""
        with self._mutex:
            return self._call_next(begun)

    def give_up(self) -> None:
        """Give the turn to the next, if anybody waits, to begin anew."""
        with self._mutex:
            self._is_taken = self._call_next(None)

    def _call_next(self, begun: T | None) -> bool:
        if not self._waiting:
            return False
        following = self._waiting.popleft()
        following.handed = begun
        following.called.release()
        return True


class _Waiting(Generic[T]):
    """One thread in the queue; equal to itself alone."""

    __slots__ = ("called", "handed")

    def __init__(self) -> None:
        self.called = threading.Lock()
        self.called.acquire()  # released by whoever calls
        self.handed: T | None = None
