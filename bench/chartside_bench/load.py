"""A load of one kind of request over kept-alive loopback connections; the client costs little and waits politely."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass: a latency per request in seconds, and how long the whole took."""

    latencies: tuple[float, ...]
    seconds: float

    @property
    def per_second(self) -> float:
        """Requests answered per second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that this share of requests did not exceed, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class LoadFailed(Exception):
    """The server answered something else than it should; a figure of refusals or of other cards would mean nothing."""


def drive(port: int, requests: Sequence[bytes], *, concurrency: int, mark: bytes) -> Pass:
    """Send every request once over `concurrency` connections to 127.0.0.1.

    Raises LoadFailed at the first answer that is no 200 or does not hold `mark`.
    """
    return asyncio.run(_drive(port, requests, concurrency, mark))


async def _drive(port: int, requests: Sequence[bytes], concurrency: int, mark: bytes) -> Pass:
    waiting = iter(requests)
    latencies: list[float] = []
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_connection(port, lambda: next(waiting, None), latencies, mark=mark))
    return Pass(tuple(latencies), time.perf_counter() - began)


async def _connection(port: int, take: Callable[[], bytes | None], latencies: list[float], *, mark: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (request := take()) is not None:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise LoadFailed(head.split(b"\r\n", 1)[0].decode("latin-1"))
            answer = await reader.readexactly(_content_length(head))
            latencies.append(time.perf_counter() - began)
            if mark not in answer:
                raise LoadFailed("an answer holds another card than is measured")
    finally:
        writer.close()


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> int:
    """Send one request and read its answer whole; the answer's status."""
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(_content_length(head))
    return int(head[9:12])


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise LoadFailed("no Content-Length")
