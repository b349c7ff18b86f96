"""`chartside prefetch`: what to enter by hand at an EHR that does not read discovery."""

from __future__ import annotations

from typing import Annotated

import typer

from cds_service.cli.root import app, told
from cds_service.cli.serve import Config


@app.command()
def prefetch(
    config: Config = None, *, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Print every service's id, hook and prefetch templates, as discovery lists them."""
    import orjson  # noqa: PLC0415

    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.settings import load_settings  # noqa: PLC0415
    from hooks.discovery import find_services  # noqa: PLC0415
    from hooks.errors import StartupError  # noqa: PLC0415
    from hooks.hand_entry import hand_entries, hand_entry_page  # noqa: PLC0415

    with told(StartRefused, StartupError):
        services = find_services(load_settings(config).services_dir).values()
    if json:
        typer.echo(orjson.dumps(hand_entries(services), option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo(hand_entry_page(services), nl=False)
