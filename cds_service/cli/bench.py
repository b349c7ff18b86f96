"""`chartside bench`: figures as ratios, taken side by side in one run on this machine."""

from __future__ import annotations

import statistics
from dataclasses import asdict, astuple, fields
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cds_service.cli.root import app, errors, told

if TYPE_CHECKING:  # the bench is loaded by the one command that needs it
    from pathlib import Path

    from chartside_bench.bars import Bar
    from chartside_bench.growth import GrowthBench
    from chartside_bench.hook import HookBench
    from chartside_bench.large import LargeBench
    from chartside_bench.overload import OverloadBench

bench: Final = typer.Typer(help="Measure, beside a floor, on this machine.", no_args_is_help=True)
app.add_typer(bench, name="bench")


@bench.callback()
def main() -> None:
    """Keep the name of the one command there is so far."""


@bench.command()
def hook(
    requests: Annotated[int, typer.Option(help="Requests in a pass.", min=20, max=100_000)] = 1000,
    passes: Annotated[int, typer.Option(help="Passes of each kind.", min=1, max=100)] = 5,
    seconds: Annotated[float, typer.Option(help="How long the overload lasts.", min=1, max=600)] = 120.0,
    *,
    overload: Annotated[bool, typer.Option("--overload", help="Ten times what can be answered, instead.")] = False,
    large: Annotated[bool, typer.Option("--large", help="Beside a body of 5,000 resources, instead.")] = False,
    growth: Annotated[bool, typer.Option("--growth", help="Charts of 10 to 5,000 resources, instead.")] = False,
    healthchain: Annotated[bool, typer.Option(help="Install and measure healthchain's scaffold too.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """A hook with a stored summary (43 KB, 50 resources, JWT and ledger on) beside bare FastAPI and healthchain.

    The exit code is 1 where a bar is missed.
    """
    from chartside_bench.growth import bench_growth  # noqa: PLC0415
    from chartside_bench.hook import bench_hook  # noqa: PLC0415
    from chartside_bench.large import bench_large  # noqa: PLC0415
    from chartside_bench.load import LoadFailed  # noqa: PLC0415
    from chartside_bench.overload import bench_overload  # noqa: PLC0415

    with told(LoadFailed):
        if overload:
            with errors.status(f"{seconds:g} s of ten times the load that can be answered"):
                _end(bench_overload(seconds=seconds), json=json)
        if large:
            with errors.status("ordinary calls beside very large ones"):
                _end(bench_large(), json=json)
        if growth:
            with errors.status("charts of 10 to 5,000 resources"):
                _end(bench_growth(), json=json)
        scaffold, left_out = _healthchain() if healthchain else (None, "healthchain is left out as asked")
        with errors.status(f"{passes} passes of {requests} requests of each kind"):
            found = bench_hook(requests=requests, passes=passes, scaffold=scaffold, left_out=left_out)
    _end(found, json=json)


def _end(found: HookBench | OverloadBench | LargeBench | GrowthBench, *, json: bool) -> NoReturn:
    """Print what was found, and leave with 1 where a bar is missed."""
    if json:
        print(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        _print(found)
    raise typer.Exit(0 if all(bar.holds for bar in found.bars) else 1)


def _healthchain() -> tuple[Path | None, str]:
    """The environment of healthchain, or why there is none."""
    from chartside_bench.healthchain import NotInstalled, install  # noqa: PLC0415

    try:
        return install(tell=errors.print), ""
    except NotInstalled as error:
        errors.print(f"[yellow]{error}[/yellow]")
        return None, str(error)


def _print(found: HookBench | OverloadBench | LargeBench | GrowthBench) -> None:
    from chartside_bench.growth import GrowthBench  # noqa: PLC0415
    from chartside_bench.hook import HookBench  # noqa: PLC0415

    console = Console()
    match found:
        case HookBench():
            console.print(_side_by_side(found))
        case GrowthBench():
            console.print(_sizes(found))
        case _:
            console.print(_figures(found))
    if found.bars:
        console.print(_bars(found.bars))


def _sizes(found: GrowthBench) -> Table:
    table = Table(*(one.name.replace("_", " ") for one in fields(found.sizes[0])))
    for size in found.sizes:
        table.add_row(*(f"{value:,.4g}" if isinstance(value, float) else f"{value:,}" for value in astuple(size)))
    return table


def _side_by_side(found: HookBench) -> Table:
    table = Table(
        title=f"{found.body_bytes / 1000:.0f} KB body, {found.resources} resources, each call signed and recorded",
        caption=f"medians over the passes; the floor and Chartside: {found.http}. History in new bytes: "
        f"{found.history.read_us:.0f} µs a resource, brief included. {found.left_out}",
    )
    for column in ("", "connections", "p50 ms", "p99 ms", "requests/s", "CPU ms/request"):
        table.add_column(column, justify="right" if column else "left")
    for one in found.measured:
        p50, p99, rate, cpu = map(statistics.median, (one.p50_ms, one.p99_ms, one.per_second, one.cpu_ms))
        table.add_row(one.name, str(one.connections), f"{p50:.2f}", f"{p99:.2f}", f"{rate:.0f}", f"{cpu:.2f}")
    return table


def _figures(found: OverloadBench | LargeBench) -> Table:
    table = Table("figure", "", show_header=False)
    for one in fields(found):
        if one.name != "bars":
            value = getattr(found, one.name)
            told_values = value if isinstance(value, tuple) else (value,)
            table.add_row(one.name.replace("_", " "), ", ".join(f"{figure:,.6g}" for figure in told_values))
    return table


def _bars(bars: tuple[Bar, ...]) -> Table:
    table = Table("bar", "figure", "must be", "", title="Bars; ratios are taken pass by pass")
    for bar in bars:
        must = f"at most {bar.at_most:g}" if bar.at_most is not None else f"at least {bar.at_least:g}"
        verdict = "[green]holds[/green]" if bar.holds else "[red]missed[/red]"
        table.add_row(bar.name, f"{bar.figure:.2f}", must, verdict)
    return table
