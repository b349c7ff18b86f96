"""`chartside ledger`: verify the chain, export it, and say why a checkpoint file was begun anew; on a live ledger."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, Final

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from cds_service.cli.root import app, fail, told
from cds_service.cli.serve import Config

if TYPE_CHECKING:
    from cds_service.settings import Settings
    from ledger.store import LedgerStore

ledger: Final = typer.Typer(
    help="Verify and export the ledger, and put a new checkpoint file on record.", no_args_is_help=True
)
app.add_typer(ledger, name="ledger")

DEMO_CONFIG: Final = Path(".chartside/chartside.toml")


@ledger.command()
def verify(
    config: Config = None,
    *,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Compare with this file: a copy kept elsewhere, or several hosts' files joined.")
    ] = None,
    keyless: Annotated[bool, typer.Option("--keyless", help="Prove what can be proven without any key.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Prove that nothing was changed, removed or reordered; name the first broken row otherwise (exit code 1).

    A checkpoint file that does not confirm the chain up to its end is a failure as well, by its own name.
    """
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.verify import verify as verify_ledger  # noqa: PLC0415

    with told(LedgerError), opened(config, keyless=keyless, checkpoint=checkpoint) as store:
        found = verify_ledger(store)
    if json:
        print(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
        raise typer.Exit(0 if found.ok else 1)
    console = Console(highlight=False)
    broken = found.first_broken
    if broken is None:
        console.print(f"[bold green]The ledger verifies:[/] {found.rows} rows, {found.head} entries.")
    elif broken.table == "checkpoint":
        why = f"{broken.reason} (entry {broken.sequence})"
        colour = "yellow" if found.is_unconfirmed else "red"
        console.print(f"[bold {colour}]Checkpoint file {broken.id}:[/] {escape(why)}", soft_wrap=True)
    else:
        where = f"{broken.table} {broken.id}: {broken.reason}"
        console.print(f"[bold red]Broken at entry {broken.sequence}:[/] {escape(where)}")
    console.print(f"Head {found.head}, hash {found.head_hash}", soft_wrap=True)
    console.print(f"Checkpoint file: {found.checkpoint}; it confirms entries up to {found.anchored_to}.")
    for note in found.notes:
        console.print(f"Note: {escape(note)}")
    raise typer.Exit(0 if found.ok else 1)


@ledger.command()
def export(
    config: Config = None,
    output: Annotated[Path | None, typer.Option(help="The file to write; standard output if absent.")] = None,
) -> None:
    """Write the whole ledger as NDJSON, in the clear: it holds patient data. The export itself is recorded."""
    from cds_service.kinds import ServiceEvent  # noqa: PLC0415
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.events import record  # noqa: PLC0415
    from ledger.export import export as lines  # noqa: PLC0415
    from ledger.records import Event  # noqa: PLC0415

    with told(LedgerError), opened(config, keyless=False) as store:
        # On record first: an export that nobody can see afterwards must not happen (STD-AUD-4).
        now, who = datetime.now(UTC), getpass.getuser()
        record(store, [Event(kind=ServiceEvent.LEDGER_EXPORTED, subject="ledger", at=now, user=who)])
        with _target(output) as target:
            written = 0
            for line in lines(store):
                target.write(line)
                written += 1
    if output is not None:
        typer.echo(f"{written} lines written to {output}", err=True)


@ledger.command()
def reanchor(
    config: Config = None,
    *,
    reason: Annotated[
        str, typer.Option(help="Why the file that was there is gone; kept in the chain, with your name.")
    ],
) -> None:
    """Begin a checkpoint file over a ledger that has entries, or say why one was begun: on record, with a reason.

    For a new host, a restored backup, a lost disk. The note that entries before it are not anchored stays for ever.
    """
    from ledger.errors import LedgerError  # noqa: PLC0415
    from ledger.reanchoring import reanchor as record_why  # noqa: PLC0415

    if not reason.strip():
        fail("a reason is needed")
    with told(LedgerError), opened(config, keyless=False) as store:
        place = record_why(store, by=getpass.getuser(), at=datetime.now(UTC), reason=reason)
    if place:
        typer.echo(f"Entry {place} of the ledger says why the checkpoint file was begun anew.")
    else:
        typer.echo(
            "Nothing was recorded: the checkpoint file begins with the ledger, or an entry says why it does not."
        )


@contextmanager
def _target(output: Path | None) -> Iterator[BinaryIO]:
    """Standard output, or a new file that its owner alone may read."""
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fail(f"{output} exists; choose another name")
    except OSError as error:
        fail(f"{output}: {error.strerror}")
    with os.fdopen(descriptor, "wb") as file:
        yield file


def configured(config: Path | None) -> Settings:
    """The settings of this file, or of ./chartside.toml; in a folder with a demo's state, the demo's."""
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.settings import DEFAULT_FILE, load_settings  # noqa: PLC0415

    if config is None and not Path(DEFAULT_FILE).exists() and DEMO_CONFIG.exists():
        config = DEMO_CONFIG
    with told(StartRefused):
        return load_settings(config)


@contextmanager
def opened(config: Path | None, *, keyless: bool, checkpoint: Path | None = None) -> Iterator[LedgerStore]:
    """The ledger that the configuration names; in a folder with a demo's state, the demo's."""
    from ledger.opening import open_ledger  # noqa: PLC0415

    settings = configured(config).ledger
    url = settings.url.get_secret_value()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        fail("there is no ledger yet where the configuration points")
    store = open_ledger(
        url,
        key_file=None if keyless else settings.key_file,
        key_command=() if keyless else settings.key_command,
        data_dir=settings.data_dir,
        checkpoint=checkpoint or settings.checkpoint,
        busy_timeout_s=30.0,
    )
    try:
        yield store
    finally:
        store.close()
