"""The real demo as a process of its own, ended by its id: `with running_demo(state, engine="none") as demo:`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_START_S = 90.0
_END_S = 30.0
_CHILDREN_S = 5.0  # for those that end a moment after it
_POLL_S = 0.2

# One process: its id and when it started, so that an id that was given out again is not taken for it.
Process = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoProcess:
    """A demo that answers."""

    address: str
    state: Path
    process: subprocess.Popen[bytes]

    @property
    def ehr(self) -> str:
        """The sample EHR's page."""
        return f"{self.address}/sandbox/"

    def chart(self, patient_id: str) -> str:
        """The page of one patient."""
        return f"{self.ehr}#/patient/{patient_id}/summary"


@contextmanager
def running_demo(state: Path, *, engine: str) -> Iterator[DemoProcess]:
    """The demo, ready. On leaving it gets SIGTERM; AssertionError if it or a child of it is still there then."""
    address = f"http://127.0.0.1:{_free_port()}"
    command = [
        sys.executable, "-m", "cds_service", "demo",
        "--port", address.rpartition(":")[2], "--state", str(state), "--engine", engine,
    ]  # fmt: skip
    state.parent.mkdir(parents=True, exist_ok=True)
    with (state.parent / f"{state.name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)  # noqa: S603
        try:
            _wait_until_ready(address, process)
            yield DemoProcess(address=address, state=state, process=process)
        finally:
            left = _end(process)
    assert not left, f"the demo was ended with SIGTERM and left running: {left}"


def _end(process: subprocess.Popen[bytes]) -> list[Process]:
    """Ask it to end; what of it remains after a while, which is then ended by force."""
    family = _descendants(process.pid)
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_END_S)
    deadline = time.monotonic() + _CHILDREN_S
    while (left := _alive(family)) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    if process.poll() is None:
        left.append((process.pid, "the demo itself"))
        process.kill()
        process.wait()
    for pid, _ in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def _processes() -> list[tuple[Process, int]]:
    """Every living process with its parent's id."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,stat=,lstart="],  # noqa: S607 - wherever the system keeps it
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
    return [((int(pid), began), int(parent)) for pid, parent, stat, began in rows if not stat.startswith("Z")]


def _descendants(pid: int) -> set[Process]:
    found: set[Process] = set()
    parents, rows = {pid}, _processes()
    while parents:
        children = {process for process, parent in rows if parent in parents} - found
        found |= children
        parents = {child for child, _ in children}
    return found


def _alive(family: set[Process]) -> list[Process]:
    return sorted(family & {process for process, _ in _processes()})


def _wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the demo ended with {process.returncode} before it was ready")
        with (
            suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer,  # noqa: S310 - our own address
        ):
            if answer.status == 200:
                return
        time.sleep(_POLL_S)
    raise AssertionError("the demo was not ready in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
