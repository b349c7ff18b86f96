"""What a page was drawn from: recorded with each opening, so that the very same page can be drawn again later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cds_service.surface import sha256
from fhir_adapters.stored import canonical


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The ids and words that decide which of the ledger's contents a page shows; nothing of a patient."""

    card_id: str
    state: str
    state_words: str
    summary_id: str = ""  # shown; empty where the brief stands
    older_id: str = ""  # shown folded
    difference: str = ""  # how the chart moved on since the older one
    newer_id: str = ""  # a later card of other content
    withdrawal: str = ""  # in a sentence
    preparing: bool = False  # an AI summary of this content is on its way
    mixed_up: bool = False  # data of another patient arrived with this record

    @property
    def digest(self) -> str:
        """Differs where the page would."""
        return sha256(canonical(asdict(self)))

    def to_plain(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Basis:
        """What `to_plain` wrote."""
        return cls(**plain)
