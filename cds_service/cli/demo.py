"""`chartside demo`: service, worker and sample EHR with one command, on this machine alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import warnings
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from cds_service.cli.root import app, fail, told

if TYPE_CHECKING:
    from cds_service.demo import Demo

Port = Annotated[int, typer.Option(help="The port on 127.0.0.1.", min=1, max=65535)]
Engine = Annotated[
    str, typer.Option(help="none; scripted (words written by hand, no model); or a local model directory.")
]
State = Annotated[Path, typer.Option(help="Where the demo keeps its state.", file_okay=False)]


@app.command()
def demo(
    port: Port = 8000,
    engine: Engine = "none",
    state: State = Path(".chartside"),
    *,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the sample EHR in a browser.")] = False,
) -> None:
    """Start service, worker and a sample EHR with synthetic patients. Loopback only; Ctrl+C ends all of it."""
    console = Console(highlight=False)
    with console.status("Starting: ledger, sample images, service"):
        from cds_service.demo import demo_parts, prepare  # noqa: PLC0415
        from cds_service.errors import StartRefused  # noqa: PLC0415
        from cds_service.listening import run  # noqa: PLC0415
        from cds_service.logs import configure_logs  # noqa: PLC0415
        from ledger.errors import LedgerError  # noqa: PLC0415

        plan = _plan(port, engine, state)
        configure_logs()
        with told(StartRefused, LedgerError):
            settings = prepare(plan)
            parts = demo_parts(plan, settings)
    with _worker_beside(plan):
        console.print(_welcome(plan))
        if browser:
            threading.Timer(1.0, webbrowser.open, (f"{plan.address}/sandbox/",)).start()
        run(parts, settings)


@app.command(name="demo-worker", hidden=True)
def demo_worker(port: Port, engine: Engine, state: State, demo: Annotated[int, typer.Option()]) -> None:
    """Run the worker that `chartside demo` starts beside itself; `--demo` is the process id of that demo."""
    from cds_service.demo import demo_worker as plan_worker  # noqa: PLC0415
    from cds_service.demo import prepare  # noqa: PLC0415
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.logs import configure_logs  # noqa: PLC0415
    from tasks.errors import SummaryError  # noqa: PLC0415
    from tasks.worker import run_worker  # noqa: PLC0415
    from tasks.worker_child import end_with_parent  # noqa: PLC0415

    # Celery warns a worker that runs as root; the demo takes only its own job ids, as JSON, from its own folder.
    warnings.filterwarnings("ignore", module="celery.platforms")
    # A demo that was killed leaves nothing running. Which process it is, it said itself: by now it may be gone.
    end_with_parent(demo, every_s=1)
    plan = _plan(port, engine, state)
    configure_logs()
    with told(StartRefused, SummaryError):
        run_worker(plan_worker(plan, prepare(plan)))


def _plan(port: int, engine: str, state: Path) -> Demo:
    from cds_service.demo import Demo  # noqa: PLC0415

    if engine not in {"none", "scripted"} and not (Path(engine) / "config.json").is_file():
        fail(f"--engine {engine}: no model directory there (config.json is missing)")
    return Demo(state=state.resolve(), port=port, engine=engine)


@contextmanager
def _worker_beside(plan: Demo) -> Iterator[None]:
    """A worker in a process of its own, ended with this one."""
    command = [
        sys.executable, "-m", "cds_service", "demo-worker",
        "--port", str(plan.port), "--engine", plan.engine, "--state", str(plan.state), "--demo", str(os.getpid()),
    ]  # fmt: skip
    # Uvicorn raises the signal that ended it once more, to which Python's own answer is to die without a `finally`.
    signal.signal(signal.SIGTERM, _leave)
    child = subprocess.Popen(command, start_new_session=True)  # noqa: S603 - our own program
    try:
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=15)
        if child.poll() is None:
            child.kill()


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _welcome(plan: Demo) -> Panel:
    words = {
        "none": "No model is configured: every card is the chart brief, made by rule.\n"
        "See the whole way with [bold]--engine scripted[/] (words written by hand) or [bold]--engine DIRECTORY[/].",
        "scripted": "Engine: scripted. Its statements were written by hand; no model is running.",
    }.get(plan.engine, f"Engine: {escape(plan.engine)}")
    return Panel(
        f"Sample EHR     [bold]{plan.address}/sandbox/[/]\n"
        f"Audit desk     {plan.address}/audit\n"
        f"CDS Hooks      {plan.address}/cds-services\n\n"
        f"{words}\n"
        "All patients are synthetic; the pictures are real, their link to these patients is not.\n"
        "Everything stays on this machine. State: " + escape(str(plan.state)) + "\nCtrl+C ends the demo.",
        title="Chartside demo",
        expand=False,
    )
