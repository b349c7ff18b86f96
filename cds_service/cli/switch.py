"""`chartside switch`: what is off, and a service, model, prompt or client off and on again, on the live ledger."""

from __future__ import annotations

import getpass
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from cds_service.cli.ledger import configured, opened
from cds_service.cli.root import app, errors, fail, told
from cds_service.cli.serve import Config
from ledger.switches import SwitchKind

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.switches import SwitchedOff

switch: Final = typer.Typer(
    help="Switch a service, model, prompt or client off and on, at once and without a restart.", no_args_is_help=True
)
app.add_typer(switch, name="switch")

Name = Annotated[str, typer.Argument(help="Its id: chart-summary, a model's name, a client's id.")]
Note = Annotated[str, typer.Option("--note", help="Why; kept in the chain.")]
By = Annotated[str, typer.Option("--by", help="Who; your own account if it is not given.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@switch.command("list")
def list_switches(config: Config = None, *, json: Json = False) -> None:
    """Show what is off now: since when, by whom and why."""
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.switches import Switches  # noqa: PLC0415

    with told(LedgerError), opened(config, keyless=False) as store:
        off = Switches(store).off()
    if json:
        print(orjson.dumps([_plain(one) for one in off], option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    elif off:
        table = Table("kind", "name", "off since", "by", "note")
        for one in off:
            table.add_row(*map(str, _plain(one).values()))
        Console(highlight=False, markup=False).print(table)
    else:
        typer.echo("Nothing is switched off.")


@switch.command()
def off(kind: SwitchKind, name: Name, config: Config = None, *, note: Note, by: By = "", json: Json = False) -> None:
    """Switch something off; the next hook of every process obeys."""
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.switches import SwitchedOff, Switches  # noqa: PLC0415

    now = datetime.now(UTC)
    wanted = SwitchedOff(id=str(uuid.uuid4()), kind=kind, name=name, at=now, by=by or getpass.getuser(), note=note)
    with told(LedgerError, ValueError), opened(config, keyless=False) as store:
        changed = Switches(store).switch_off(wanted)
    _warn_of_unknown(kind, name, config)
    _say(kind, name, "off", changed=changed, json=json)


@switch.command()
def on(kind: SwitchKind, name: Name, config: Config = None, *, note: Note, by: By = "", json: Json = False) -> None:
    """Switch something on again; exit code 1 where it was not off."""
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.switches import Switches  # noqa: PLC0415

    who, now = by or getpass.getuser(), datetime.now(UTC)
    with told(LedgerError, ValueError), opened(config, keyless=False) as store:
        changed = Switches(store).switch_on(kind, name, by=who, at=now, note=note)
    if not changed and not json:
        fail(f"{kind} {name} is not switched off", code=1)
    _say(kind, name, "on", changed=changed, json=json)


def _warn_of_unknown(kind: SwitchKind, name: str, config: Path | None) -> None:
    """Say where nothing of this name is configured: it is off, as was asked, but perhaps something else was meant."""
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.main import engine_info  # noqa: PLC0415
    from cds_service.pages import names_to_switch  # noqa: PLC0415
    from hooks.discovery import find_services  # noqa: PLC0415
    from hooks.errors import StartupError  # noqa: PLC0415
    from tasks.profile import Profile  # noqa: PLC0415

    settings = configured(config)
    engine = engine_info(settings.engine, settings.profile or Profile.TEXT_ONLY)
    with told(StartRefused, StartupError):
        services = find_services(settings.services_dir).values()
    known = names_to_switch(services, engine=engine, clients=(one.id for one in settings.clients))[kind]
    if known and name not in known:
        words = f"Warning: this configuration has no {kind} {name}; it has {', '.join(known)}"
        errors.print(words, markup=False, soft_wrap=True)


def _say(kind: SwitchKind, name: str, now: str, *, changed: bool, json: bool) -> None:
    if json:
        print(orjson.dumps({"kind": kind, "name": name, "is": now, "changed": changed}).decode())  # noqa: T201
        raise typer.Exit(0 if changed or now == "off" else 1)
    typer.echo(f"{kind} {name} is {now}." if changed else f"{kind} {name} was {now} already; nothing was recorded.")


def _plain(one: SwitchedOff) -> dict[str, str]:
    return {
        "kind": one.kind.value, "name": one.name, "since": one.at.isoformat(timespec="seconds"), "by": one.by,
        "note": one.note,
    }  # fmt: skip
