"""What a card says without its ids, and the cards that stand: the same said again to the same user is the same card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CardForm:
    """The JSON of a card with a gap for each of its ids. Other ids in the gaps are the same card, told again."""

    gapped: bytes = field(repr=False)
    ids: tuple[str, ...]  # what fills the gaps of this card, its own id first
    encounter_id: str = field(default="", repr=False)

    @classmethod
    def of(cls, surface: bytes, ids: Sequence[str], *, encounter_id: str = "") -> CardForm:
        """The form of a card that leaves as `surface`, with these ids in it."""
        gapped = surface
        for place, one in enumerate(ids):
            gapped = gapped.replace(one.encode(), _gap(place))
        return cls(gapped=gapped, ids=tuple(ids), encounter_id=encounter_id)

    @property
    def sha256(self) -> str:
        """The hash of what is said, in hex: another order of ids or none changes nothing."""
        return hashlib.sha256(self.gapped).hexdigest()

    def surface(self, ids: Sequence[str]) -> bytes:
        """The JSON with these ids in the gaps."""
        filled = self.gapped
        for place, one in enumerate(ids):
            filled = filled.replace(_gap(place), one.encode())
        return filled

    def is_of(self, standing: StandingCard) -> bool:
        """Whether this, with that card's ids, is byte for byte what that card left as."""
        return hashlib.sha256(self.surface(standing.ids)).hexdigest() == standing.surface_sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingCard:
    """A card as issued, in short: enough to send the same bytes again."""

    id: str
    identity: str
    ids: tuple[str, ...]
    surface_sha256: str
    summary_id: str
    shown_at: datetime  # when it left last
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ShownCards:
    """The cards that one user was shown of one patient key and focus, the last shown first."""

    cards: tuple[StandingCard, ...] = ()
    identify: Callable[[CardForm], str] | None = field(default=None, repr=False, compare=False)

    def find(self, form: CardForm) -> StandingCard | None:
        """The card that says this; it may have expired, and then it is not to be sent again."""
        if not self.cards or self.identify is None:
            return None
        identity = self.identify(form)
        return next((one for one in self.cards if one.identity == identity and form.is_of(one)), None)


def _gap(place: int) -> bytes:
    return b"\0%d\0" % place  # no JSON holds a NUL
