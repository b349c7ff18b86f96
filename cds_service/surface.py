"""What the ledger keeps of a card: the JSON exactly as it left, its hash, and what its review page is drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, assert_never

import orjson

from fhir_adapters.stored import canonical
from tasks.brief import ChartBrief
from tasks.brief_plain import brief_from_plain
from tasks.states import Absent, Failed, Preparing, Ready, Stale, State

CONTENT_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """The content of a CardRecord, read back."""

    card: Mapping[str, Any] = field(repr=False)  # the card JSON as sent
    state: Mapping[str, Any]  # as state_to_plain wrote it, at the time of issue
    brief: ChartBrief = field(repr=False)
    encounter_id: str = field(default="", repr=False)


def sha256(surface: bytes) -> str:
    """The hash of a surface, in hex."""
    return hashlib.sha256(surface).hexdigest()


def card_content(
    card: Mapping[str, Any], state: State, brief_plain: Mapping[str, Any], *, encounter_id: str = ""
) -> bytes:
    """The bytes that the ledger keeps of a card; the brief as `brief_to_plain` writes it."""
    return canonical({
        "version": CONTENT_VERSION,
        "card": card,
        "state": state_to_plain(state),
        "brief": brief_plain,
        "encounter_id": encounter_id,
    })  # fmt: skip


def read_card_content(content: bytes) -> CardContent:
    """What `card_content` wrote. Raises ValueError for anything else, another version included."""
    plain = orjson.loads(content)
    if plain["version"] != CONTENT_VERSION:
        raise ValueError(f"a card of content version {plain['version']}; this version reads {CONTENT_VERSION}")
    return CardContent(
        card=plain["card"],
        state=plain["state"],
        brief=brief_from_plain(plain["brief"]),
        encounter_id=plain["encounter_id"],
    )


def state_to_plain(state: State) -> dict[str, Any]:
    """The state in short: ids, counts and codes; never a statement."""
    match state:
        case Ready():
            return {"state": state.name, "summary_id": state.summary_id}
        case Stale():
            return {
                "state": state.name,
                "summary_id": state.summary_id,
                "made_at": _iso(state.summary.made_at),
                "newer": state.newer,
                "removed": state.removed,
                "preparing": state.preparing,
            }
        case Preparing():
            return {"state": state.name, "job_id": state.job_id, "since": _iso(state.since)}
        case Failed():
            return {"state": state.name, "reason": state.reason.value, "since": _iso(state.since)}
        case Absent():
            return {"state": state.name, "reason": state.reason.value}
        case _:
            assert_never(state)


def _iso(at: datetime) -> str:
    return at.isoformat()
