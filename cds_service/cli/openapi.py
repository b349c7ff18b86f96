"""`chartside openapi`: the OpenAPI document of what an EHR may call."""

from __future__ import annotations

import typer

from cds_service.cli.root import app, told
from cds_service.cli.serve import Config


@app.command()
def openapi(config: Config = None) -> None:
    """Print the OpenAPI 3.1 document of discovery, services, feedback and probes, as JSON."""
    import orjson  # noqa: PLC0415

    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.openapi.document import openapi_document  # noqa: PLC0415
    from cds_service.settings import load_settings  # noqa: PLC0415
    from hooks.discovery import find_services  # noqa: PLC0415
    from hooks.errors import StartupError  # noqa: PLC0415

    with told(StartRefused, StartupError):
        services = find_services(load_settings(config).services_dir).values()
    typer.echo(orjson.dumps(openapi_document(services), option=orjson.OPT_INDENT_2).decode())
