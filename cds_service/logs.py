"""Logs as one JSON object a line: codes, ids and counts; never a name, a token or what was sent (T16)."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog

_LONGEST = 500


def configure_logs() -> None:
    """Set up structlog and the standard library's loggers of this process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _shortened,
            structlog.processors.JSONRenderer(serializer=_to_json),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # At INFO the HTTP client logs URLs, and with them the ids of patients.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")


def _shortened(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:  # noqa: ANN401
    return {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in event.items()}


def _to_json(event: Any, **_: Any) -> str:  # noqa: ANN401 - structlog's own shape
    return orjson.dumps(event, default=repr).decode()
