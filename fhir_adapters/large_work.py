"""Large pieces of work run in a thread, so that the event loop goes on answering others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

LARGE_BYTES: Final = 250_000  # of JSON: two milliseconds of reading, and several times that of what follows
LARGE_COUNT: Final = 300  # of resources


async def run_work(work: Callable[[], T], *, is_large: bool) -> T:
    """What `work` returns, from a thread if it is large: crossing into one costs more than a small piece takes."""
    return await asyncio.to_thread(work) if is_large else work()
