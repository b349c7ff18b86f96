"""`chartside demo` leaves no process behind, however and whenever it ends."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from cds_service.cli.demo import _welcome
from cds_service.demo import Demo


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_ended_while_its_worker_still_starts_takes_the_worker_with_it(tmp_path, ending):
    command = [sys.executable, "-m", "cds_service", "demo", "--port", free_port(), "--state", str(tmp_path / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:  # noqa: S603 - our own
        assert any(b"Ctrl+C ends the demo" in line for line in demo.stdout)  # the worker is started just before
        demo.send_signal(ending)
        words = demo.stdout.read()  # until the worker and its child, which have the pipe too, are gone
    assert demo.returncode in {-ending, 128 + ending}
    assert b"worker.ready" not in words


@pytest.mark.parametrize("name", ["[/demo]", "[bold]"])
def test_a_folder_whose_name_looks_like_markup_is_told_as_it_is(name):
    console = Console(width=200)
    with console.capture() as told:
        console.print(_welcome(Demo(state=Path("/demos") / name, port=8000, engine="/models/" + name)))
    assert told.get().count(name) == 2
