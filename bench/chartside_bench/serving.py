"""A server under measurement: a process of its own on a free loopback port, and what it has cost so far."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chartside_bench.load import LoadFailed

_START_S: Final = 60.0
_END_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens on 127.0.0.1."""

    port: int
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, user and system, to the nanosecond.

        The id of another process' CPU clock is ~pid << 3 | 2 (clock_getcpuclockid(3)); /proc counts in steps of 10 ms.
        """
        return time.clock_gettime(~self.process.pid << 3 | 2)

    def resident_bytes(self) -> int:
        """The memory that the process holds at this moment."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def serving(
    command: Sequence[str], *, port: int, folder: Path | None = None, shows_errors: bool = True
) -> Iterator[Server]:
    """The server that `command` starts in `folder`, until the block ends. Of what it prints, its errors are shown."""
    process = subprocess.Popen(  # noqa: S603 - commands of this package
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=None if shows_errors else subprocess.DEVNULL
    )
    try:
        _wait_for(port, process)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(timeout=_END_S)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise LoadFailed("a server did not start")
