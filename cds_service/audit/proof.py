"""Whether the pages that people opened can be drawn again from the ledger, to the very byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cds_service.errors import PageError
from cds_service.review.basis import Basis
from cds_service.review.page import surface_hash
from cds_service.review.shelf import Shelf
from fhir_adapters.errors import AdapterError
from ledger.kinds import LedgerEvent
from ledger.records import AuditEntry, IssuedCard
from tasks.errors import SummaryError


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrawn:
    """One surface that was shown, and whether it can still be had."""

    surface: str
    state: str
    sequences: tuple[int, ...]  # of the openings that showed it
    is_equal: bool  # False: drawn again it is another, or it cannot be drawn


def redraw(shelf: Shelf, card: IssuedCard, entries: Iterable[AuditEntry]) -> tuple[Redrawn, ...]:
    """Every distinct surface among the openings, drawn again from what the ledger holds."""
    shown: dict[str, list[AuditEntry]] = {}
    for entry in entries:
        if entry.kind == LedgerEvent.PAGE_OPENED:
            shown.setdefault(str(entry.detail.get("surface", "")), []).append(entry)
    return tuple(
        Redrawn(
            surface=surface,
            state=str(same[0].detail.get("basis", {}).get("state", "")),
            sequences=tuple(entry.sequence for entry in same),
            is_equal=_drawn_again(shelf, card, same[0]) == surface,
        )
        for surface, same in shown.items()
    )


def _drawn_again(shelf: Shelf, card: IssuedCard, entry: AuditEntry) -> str:
    try:
        basis = Basis.from_plain(entry.detail["basis"])
        return surface_hash(shelf.page(shelf.read(card), basis))
    except (PageError, AdapterError, SummaryError, KeyError, TypeError):
        return ""  # purged, or of another version of the page
