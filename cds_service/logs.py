"""Logs as one JSON object a line: codes, ids and counts; never a name, a token or what was sent (T16)."""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from cds_service.sampling import Sampler

_LONGEST = 500
_KNOWN = frozenset({"alembic", "asyncio", "celery", "uvicorn"})  # their texts are templates, filled in by arguments


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
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_OthersLines())
    lines.addFilter(_StrangersFlood())
    # At INFO the HTTP client logs URLs, and with them the ids of patients.
    logging.basicConfig(level=logging.WARNING, handlers=[lines])


class _StrangersFlood(logging.Filter):
    """What anybody can make Uvicorn say, without a token and as often as they like, is said once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._sampler = Sampler(time.monotonic)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is written; the next one that is tells of those that were not."""
        if record.name != "uvicorn.error" or record.levelno != logging.WARNING:
            return True
        skipped = self._sampler.skipped(str(record.msg))
        record.__dict__["not_logged_before"] = skipped
        return skipped is not None


class _OthersLines(logging.Formatter):
    """What libraries log, as lines of the same form: what they were to say, without what they would fill in.

    Arguments, tracebacks and the texts of exceptions may hold what was sent. A text without places for arguments may
    have been filled in already, so only those of loggers in `_KNOWN` are written at all.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        error = record.exc_info[0] if record.exc_info else None
        line = {
            "logger": record.name,
            "event": str(record.msg)[:_LONGEST] if record.name.partition(".")[0] in _KNOWN else "message withheld",
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        skipped = getattr(record, "not_logged_before", None)
        line |= {"not_logged_before": skipped} if skipped is not None else {}
        return _to_json(line | ({"error": error.__name__} if error else {}))


def _shortened(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:  # noqa: ANN401
    return {name: value[:_LONGEST] if isinstance(value, str) else value for name, value in event.items()}


def _to_json(event: Any, **_: Any) -> str:  # noqa: ANN401 - structlog's own shape
    return orjson.dumps(event, default=repr).decode()
