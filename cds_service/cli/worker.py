"""`chartside worker`: one process that owns the model and makes summaries."""

from __future__ import annotations

import typer

from cds_service.cli.root import app, told
from cds_service.cli.serve import Config

# https://developers.google.com/health-ai-developer-foundations/terms
LICENCE_NOTICE = (
    "MedGemma is used under Google's Health AI Developer Foundations terms. Its output is a draft, not cleared for "
    "clinical use by any authority; a clinician's acknowledgment does not replace that."
)


@app.command()
def worker(config: Config = None) -> None:
    """Make the summaries that hooks ask for."""
    from cds_service.errors import StartRefused  # noqa: PLC0415
    from cds_service.logs import configure_logs  # noqa: PLC0415
    from cds_service.settings import load_settings  # noqa: PLC0415
    from cds_service.worker_plan import worker_plan  # noqa: PLC0415
    from ledger.errors import LedgerError  # noqa: PLC0415
    from tasks.errors import SummaryError  # noqa: PLC0415
    from tasks.worker import run_worker  # noqa: PLC0415

    with told(StartRefused, LedgerError, SummaryError):
        settings = load_settings(config)
        plan = worker_plan(settings)
        configure_logs()
        if settings.engine.kind == "medgemma":
            typer.echo(LICENCE_NOTICE, err=True)
        run_worker(plan)
