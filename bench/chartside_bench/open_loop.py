"""An open loop: requests leave when they are due, whether or not earlier ones were answered, within a bound."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import orjson

_SLICE_S: Final = 0.005  # what is due is sent every so often
_PATIENCE_S: Final = 10.0  # for the last answers, when the time is up


@dataclass(slots=True)
class Answers:
    """What became of the requests of one run."""

    due: int = 0
    unsent: int = 0  # due when every connection still waited for an answer: a loop that is bounded cannot send them
    statuses: Counter[int] = field(default_factory=Counter)
    admitted: list[float] = field(default_factory=list)  # seconds of each 200, from sending it to its last byte
    refused: list[float] = field(default_factory=list)
    card_ids: list[str] = field(default_factory=list)
    without_retry_after: int = 0
    broken: int = 0  # connections that ended without an answer
    seconds: float = 0.0


@dataclass(slots=True)
class OpenLoop:
    """A load of `per_second` requests to a loopback port over at most so many connections, for so long."""

    port: int
    per_second: float
    seconds: float
    take: Callable[[], bytes]  # the next request; one that was refused comes back through `give_back`
    give_back: Callable[[bytes], None]
    connections: int = 256
    answers: Answers = field(default_factory=Answers)

    def run(self) -> Answers:
        """Send all that is due; what came of it."""
        asyncio.run(self._run())
        return self.answers

    async def _run(self) -> None:
        idle = deque(_Connection(self) for _ in range(self.connections))
        busy: set[asyncio.Task[None]] = set()
        began = time.perf_counter()
        for due in self._due(began):
            for _ in range(due):
                self.answers.due += 1
                if not idle:
                    self.answers.unsent += 1
                    continue
                connection = idle.popleft()  # in turn: one that rests for seconds is closed by its server
                task = asyncio.create_task(self._ask(connection, idle))
                busy.add(task)
                task.add_done_callback(busy.discard)
            await asyncio.sleep(_SLICE_S)
        if busy:
            await asyncio.wait(busy, timeout=_PATIENCE_S)
        self.answers.seconds = time.perf_counter() - began
        for connection in idle:
            connection.close()

    async def _ask(self, connection: _Connection, idle: deque[_Connection]) -> None:
        await connection.ask(self.take())
        idle.append(connection)

    def _due(self, began: float) -> Iterator[int]:
        """How many requests have become due since it was last asked."""
        sent = 0
        while (passed := time.perf_counter() - began) < self.seconds:
            until = int(passed * self.per_second)
            yield until - sent
            sent = until


class _Connection:
    """One connection, kept alive as long as the server keeps it."""

    def __init__(self, loop: OpenLoop) -> None:
        self._loop = loop
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> None:
        answers = self._loop.answers
        began = time.perf_counter()
        try:
            reader, writer = self._streams = self._streams or await asyncio.open_connection(
                "127.0.0.1", self._loop.port
            )
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            lines = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n"))}
            body = await reader.readexactly(int(lines[b"content-length"]))
        except (OSError, asyncio.IncompleteReadError, KeyError):
            answers.broken += 1
            self._loop.give_back(request)
            self.close()
            return
        took, status = time.perf_counter() - began, int(head[9:12])
        answers.statuses[status] += 1
        if status == 200:  # noqa: PLR2004
            answers.admitted.append(took)
            answers.card_ids.append(_card_id(body))
        else:
            answers.refused.append(took)
            answers.without_retry_after += b"retry-after" not in lines
            self._loop.give_back(request)
        if lines.get(b"connection") == b"close":
            self.close()

    def close(self) -> None:
        if self._streams is not None:
            with suppress(OSError):
                self._streams[1].close()
            self._streams = None


def _card_id(body: bytes) -> str:
    (card,) = orjson.loads(body)["cards"]
    return str(card["uuid"])
