"""A story as it leaves the audit desk: the card as it was sent, its summary, and NDJSON of every entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import orjson

from ledger.story import Story
from tasks.errors import SummaryUnreadable
from tasks.stored import summary_from_bytes
from tasks.summary import Summary


def card_json(story: Story) -> Mapping[str, object]:
    """The card exactly as sent; empty once purged."""
    if not story.card.record.content:
        return {}
    plain: Mapping[str, object] = orjson.loads(story.card.record.content).get("card", {})
    return plain


def summary_of(story: Story) -> Summary | None:
    """The summary that the card was about; None without one, or where it cannot be read."""
    try:
        return summary_from_bytes(story.summary.content) if story.summary else None
    except SummaryUnreadable:
        return None


def lines(story: Story) -> Iterator[bytes]:
    """The card, then each entry with its hashes, a JSON line each."""
    card = story.card
    key = asdict(card.key) if card.key else None
    head = {"card": card.record.id, "key": key, "sequence": card.sequence, "sent": card_json(story)}
    yield orjson.dumps(head | {"surface_sha256": card.record.surface_sha256}, option=orjson.OPT_APPEND_NEWLINE)
    for entry in story.entries:
        yield orjson.dumps(asdict(entry), option=orjson.OPT_APPEND_NEWLINE)
