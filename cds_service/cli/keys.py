"""`chartside keys`: make and rotate the file of keys that encrypts what the ledger keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from cds_service.cli.root import app, fail
from ledger.errors import KeyMissing
from ledger.keys import create_key_file, rotate_key_file

keys: Final = typer.Typer(help="Make and rotate the ledger's keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")

KeyFile = Annotated[Path, typer.Argument(help="The key file: outside the data directory, readable by its owner alone.")]


@keys.command()
def create(path: KeyFile) -> None:
    """Make a new key file. An existing one is never touched: without its keys a ledger cannot be read."""
    try:
        create_key_file(path)
    except FileExistsError:
        fail(f"{path} exists and is left as it is; `chartside keys rotate` adds a key to it")
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    typer.echo(f"Made {path}. Keep a copy in a safe place: what the ledger keeps cannot be read without it.")


@keys.command()
def rotate(path: KeyFile) -> None:
    """Add a key that new writes use; the older ones stay, so that everything remains readable."""
    try:
        ring = rotate_key_file(path)
    except KeyMissing as error:
        fail(str(error))
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    typer.echo(f"{path} now holds {len(ring.payload)} keys; restart service and workers to use the new one.")
