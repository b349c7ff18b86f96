"""A summary as plain JSON values and back, exactly: what the ledger keeps and the review page reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import orjson

from fhir_adapters.stored import canonical
from tasks.errors import SummaryUnreadable, UncitedStatement
from tasks.profile import Profile
from tasks.summary import (
    CheckOutcome,
    CheckResult,
    Citation,
    GenerationSettings,
    ModelVersion,
    Statement,
    StatementKind,
    Summary,
    Verdict,
    Withheld,
)

SCHEMA_VERSION = 1
_RECENT: Final = 64  # as many as the ledger keeps decrypted (ledger/recent.py)

Plain = Mapping[str, Any]


def summary_to_plain(summary: Summary) -> dict[str, Any]:
    """JSON-able values only; times as ISO 8601 with their offset."""
    return asdict(summary) | {"made_at": summary.made_at.isoformat()}


def summary_from_plain(plain: Plain) -> Summary:
    """The summary again. Raises SummaryUnreadable if this is no summary, or of a schema not known here."""
    if plain.get("schema_version") != SCHEMA_VERSION:
        raise SummaryUnreadable("a stored summary of another schema version")
    try:
        return Summary(
            statements=tuple(_statement(each) for each in plain["statements"]),
            withheld=tuple(_withheld(each) for each in plain["withheld"]),
            fingerprint=str(plain["fingerprint"]),
            manifest=_pairs(plain["manifest"]),
            left_out=_pairs(plain["left_out"]),
            covered=tuple(plain["covered"]),
            not_used=tuple(plain["not_used"]),
            images=tuple(plain["images"]),
            model=ModelVersion(**plain["model"]),
            prompt_hash=str(plain["prompt_hash"]),
            settings=GenerationSettings(**plain["settings"]),
            profile=Profile(plain["profile"]),
            made_at=datetime.fromisoformat(plain["made_at"]),
            schema_version=SCHEMA_VERSION,
            patient_hash=str(plain.get("patient_hash", "")),
        )
    except (KeyError, TypeError, ValueError, UncitedStatement) as error:
        raise SummaryUnreadable("a stored summary lacks a part, or has one of the wrong kind") from error


def summary_to_bytes(summary: Summary) -> bytes:
    """Canonical JSON: equal summaries are equal bytes."""
    return canonical(summary_to_plain(summary))


@lru_cache(maxsize=_RECENT)
def summary_from_bytes(content: bytes) -> Summary:
    """The summary again. Raises SummaryUnreadable.

    The last few are kept, as values nobody can change: the hook that shows a summary reads the same bytes each time.
    """
    try:
        plain = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise SummaryUnreadable("a stored summary is no JSON") from error
    if not isinstance(plain, dict):
        raise SummaryUnreadable("a stored summary is no JSON object")
    return summary_from_plain(plain)


def _statement(plain: Plain) -> Statement:
    return Statement(
        kind=StatementKind(plain["kind"]),
        text=str(plain["text"]),
        citations=_citations(plain["citations"]),
        verdict=Verdict(plain["verdict"]),
        checks=tuple(
            CheckResult(check=each["check"], outcome=CheckOutcome(each["outcome"]), reason=each["reason"])
            for each in plain["checks"]
        ),
    )


def _withheld(plain: Plain) -> Withheld:
    return Withheld(text=str(plain["text"]), reasons=tuple(plain["reasons"]), citations=_citations(plain["citations"]))


def _citations(plain: Sequence[Plain]) -> tuple[Citation, ...]:
    return tuple(Citation(**each) for each in plain)


def _pairs(plain: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((reference, content_hash) for reference, content_hash in plain)
