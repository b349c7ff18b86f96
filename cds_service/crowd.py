"""How many hook calls are under way at once: one more than can be answered in time is shed, before anything is read.

A queue that is longer than the deadline serves nobody: each call in it would be answered too late.
"""

from __future__ import annotations

from types import TracebackType

from cds_service.errors import Overloaded


class Crowd:
    """The calls under way. For one thread: the event loop's. Entering raises Overloaded where there are too many."""

    def __init__(self, most: int = 50) -> None:
        self.most = most
        self.under_way = 0

    def __enter__(self) -> None:
        if self.under_way >= self.most:
            raise Overloaded
        self.under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.under_way -= 1
