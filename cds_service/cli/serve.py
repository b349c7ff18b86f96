"""`chartside serve`: the service. Refuses to start where it could not be trusted, and says what to set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cds_service.cli.root import app, told

Config = Annotated[
    Path | None, typer.Option("--config", help="The configuration file; ./chartside.toml where there is one.")
]


@app.command()
def serve(config: Config = None) -> None:
    """Answer CDS Hooks calls of the configured clients."""
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.main import serve as run  # noqa: PLC0415
    from cds_service.settings import load_settings  # noqa: PLC0415
    from hooks.errors import StartupError  # noqa: PLC0415
    from ledger.errors import LedgerError  # noqa: PLC0415

    with told(StartRefused, StartupError, LedgerError):
        run(load_settings(config))
