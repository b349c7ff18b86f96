"""`chartside bench`: figures as ratios, taken side by side in one run on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cds_service.cli.root import app, errors, told

if TYPE_CHECKING:  # the bench is loaded by the one command that needs it
    from chartside_bench.hook import HookBench

bench: Final = typer.Typer(help="Measure, beside a floor, on this machine.", no_args_is_help=True)
app.add_typer(bench, name="bench")

CPU_BAR: Final = 4.0  # Chartside's CPU per request at most so many times the floor's


@bench.callback()
def main() -> None:
    """Keep the name of the one command there is so far."""


@bench.command()
def hook(
    requests: Annotated[int, typer.Option(help="Requests in a pass.", min=20, max=100_000)] = 1000,
    passes: Annotated[int, typer.Option(help="Passes of each kind.", min=1, max=100)] = 5,
    concurrency: Annotated[int, typer.Option(help="Connections at once.", min=1, max=64)] = 1,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A hook with a stored summary (43 KB body, 50 resources, ledger on) beside a constant card on bare FastAPI."""
    from chartside_bench.hook import bench_hook  # noqa: PLC0415
    from chartside_bench.load import LoadFailed  # noqa: PLC0415

    with errors.status(f"{passes} passes of {requests} requests of each kind"), told(LoadFailed):
        found = bench_hook(requests=requests, passes=passes, concurrency=concurrency)
    if json:
        print(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        Console().print(_table(found))
    raise typer.Exit(0 if found.seen.cpu_ratio <= CPU_BAR else 1)


def _table(found: HookBench) -> Table:
    table = Table(
        title=f"{found.body_bytes / 1000:.0f} KB body, {found.resources} resources, {found.concurrency} connection(s)",
        caption=f"both servers: {found.http}; the bar for a chart seen before: CPU at most {CPU_BAR:g} times the floor",
    )
    for column in ("", "p50 ms", "p99 ms", "requests/s", "CPU ms/request"):
        table.add_column(column, justify="right" if column else "left")
    for one in (found.floor, found.seen, found.unseen):
        figures = (f"{one.p50_ms:.2f}", f"{one.p99_ms:.2f}", f"{one.per_second:.0f}", f"{one.cpu_ms:.2f}")
        table.add_row(one.name, *figures)
    for one in (found.seen, found.unseen):
        ratios = (f"{one.p50_ratio:.2f}", f"{one.p99_ratio:.2f}", "", f"{one.cpu_ratio:.2f}")
        table.add_row(f"ratio: {one.name.partition(', ')[2]}", *ratios, style="bold")
    return table
