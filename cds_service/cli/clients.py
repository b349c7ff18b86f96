"""`chartside clients`: what each configured client is, and what its integration team must use."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cds_service.cli.root import app, told
from cds_service.cli.serve import Config

if TYPE_CHECKING:
    from cds_service.client_report import ClientReport, KeyReport

clients: Final = typer.Typer(help="Look at the configured clients.", no_args_is_help=True)
app.add_typer(clients, name="clients")


@clients.callback()
def main() -> None:
    """Do nothing before the command; a group of one command would otherwise lose its name."""


@clients.command()
def check(config: Config = None, *, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Explain each client: keys, audiences, tenants, FHIR servers, and what is wrong. Exit code 1 for an error.

    Keys that a client publishes at an address are read from there now; nothing is written.
    """
    from cds_service.client_report import faults_of, report_clients  # noqa: PLC0415
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.settings import load_settings  # noqa: PLC0415
    from hooks.discovery import find_services  # noqa: PLC0415
    from hooks.errors import StartupError  # noqa: PLC0415

    with told(StartRefused, StartupError):
        settings = load_settings(config)
        services = sorted(find_services(settings.services_dir))
    faults = faults_of(settings)
    reports = asyncio.run(report_clients(settings, services=services))
    if json:
        found = {"errors": faults, "clients": [asdict(one) for one in reports]}
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        _print(reports, faults)
    raise typer.Exit(1 if faults or any(one.errors for one in reports) else 0)


def _print(reports: tuple[ClientReport, ...], faults: tuple[str, ...]) -> None:
    console = Console(highlight=False)
    for one in reports:
        console.print(_table(one))
    for fault in faults:
        console.print(f"[bold red]`chartside serve` would refuse to start:[/] {escape(fault)}", soft_wrap=True)
    if not reports:
        console.print("No client is configured: every call gets 401.")


def _line(key: KeyReport) -> str:
    return f"{key.kid}: {key.kind}, {', '.join(key.algorithms) or 'of no use'}\n{key.thumbprint}"


def _table(one: ClientReport) -> Table:
    table = Table(title=f"Client {one.id}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    rows = [
        ("iss", one.issuer),
        ("keys from", one.keys_from),
        *(("key", _line(key)) for key in one.keys),
        ("alg", ", ".join(one.algorithms)),
        ("jku", one.jku or "a token that carries one gets 401"),
        ("aud", "\n".join(one.audiences)),
        ("tenant", ", ".join(one.tenants) or "none: a token that names one gets 401"),
        ("FHIR servers", "\n".join(one.fhir_bases)),
        ("screens", one.capabilities),
        ("rate", one.rate),
    ]  # fmt: skip
    for name, value in rows:
        table.add_row(name, escape(value))
    for error in one.errors:
        table.add_row("error", escape(error), style="red")
    for warning in one.warnings:
        table.add_row("warning", escape(warning), style="yellow")
    return table
