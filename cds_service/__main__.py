"""`python -m cds_service` is `chartside`."""

from cds_service.cli import app

app()
