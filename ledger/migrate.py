"""The database is brought to this version's tables by Alembic, from inside the package."""

from __future__ import annotations

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL

from ledger.backends import Mode, backend_for
from ledger.failures import translated

_PATIENCE_S = 60.0


def migrate(url: str) -> None:
    """Create or update the tables in one transaction; several processes may call this at once.

    An SQLite file is created with mode 600, in a folder of mode 700.
    """
    backend, parsed = backend_for(url)
    _make_private(parsed)
    engine = backend.engine(parsed, busy_timeout_s=_PATIENCE_S)
    try:
        with translated(), engine.connect() as connection, connection.begin():
            backend.begin(connection, Mode.RECORD, budget_s=_PATIENCE_S)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return config


def _make_private(url: URL) -> None:
    """SQLite gives its journal files the mode of the database file, so that one is made first."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
