"""Large pieces of work run in a thread, so that the event loop goes on answering others meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

LARGE_BYTES: Final = 250_000  # of JSON: two milliseconds of reading, and several times that of what follows
LARGE_COUNT: Final = 300  # of resources


async def apart(work: Callable[[], T], *, is_large: bool) -> T:
    """What `work` returns; crossing into a thread costs more than a small piece takes."""
    return await asyncio.to_thread(work) if is_large else work()
