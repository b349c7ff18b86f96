"""One card for the same words: an index of what was said to whom, beside the chain.

An identity is a blind index over patient key, user, encounter, service, focus and the words. The index claims nothing:
what it finds is a row of `card`, which the chain vouches for, and counts only where the words give that row's hash.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, insert, or_, select, update

from ledger.binding import Row
from ledger.card_forms import CardForm, StandingCard
from ledger.clock import from_micros, to_micros
from ledger.errors import LedgerBusy
from ledger.prepared import Prepared
from ledger.records import PatientKey
from ledger.schema import acknowledgment, card, card_identity
from ledger.sealing import Cipher, key_to_plain
from ledger.store import Transaction

MOST = 16  # cards of one user, key and focus that a hook looks at

# The card's own columns tell of it; the index only leads there.
OF_CARD = card_identity.join(
    card,
    and_(
        card.c.id == card_identity.c.card_id,
        card.c.key_index == card_identity.c.key_index,
        card.c.user_index == card_identity.c.user_index,
    ),
)
_STANDING = Prepared(
    select(
        card_identity.c.identity,
        card_identity.c.card_id,
        card_identity.c.ids,
        card_identity.c.shown_at,
        card.c.surface_sha256,
        card.c.summary_id,
        card.c.expires_at,
    )
    .select_from(OF_CARD)
    .where(card_identity.c.identity == bindparam("identity"), card.c.expires_at > bindparam("moment"))
)
_OF_USER = and_(
    card_identity.c.key_index == bindparam("of_key"),
    card_identity.c.focus == bindparam("of_focus"),
    card_identity.c.user_index == bindparam("of_user"),
)
# An answered card is remembered beyond its time: what it says does not return to who answered it.
_IS_ANSWERED = exists(select(acknowledgment.c.id).where(acknowledgment.c.card_id == card_identity.c.card_id))
_SWEEP = Prepared(
    delete(card_identity).where(
        _OF_USER,
        or_(
            card_identity.c.identity == bindparam("identity"),
            and_(card_identity.c.expires_at <= bindparam("moment"), ~_IS_ANSWERED),
        ),
    )
)
_INSERT = Prepared(insert(card_identity), columns=card_identity.c.keys())
_AGAIN = Prepared(
    update(card_identity)
    .where(card_identity.c.identity == bindparam("of_identity"), card_identity.c.card_id == bindparam("of_card"))
    .values(shown_at=bindparam("moment"))
    .returning(card_identity.c.card_id)
)
_FORGET = delete(card_identity).where(_OF_USER, card_identity.c.card_id == bindparam("of_card"))


def shown_at() -> ColumnElement[int]:
    """When a card left last, beside `card_identity` joined by its card: a chart may come back to what it was."""
    return func.coalesce(card_identity.c.shown_at, card.c.issued_at)


def identity_of(cipher: Cipher, form: CardForm, *, key: PatientKey, user: str, focus: str) -> str:
    """The blind index of these words for this user, patient key, encounter and focus."""
    return cipher.index("card", [key_to_plain(key), user, form.encounter_id, focus, form.sha256])


def find_standing(transaction: Transaction, identity: str, form: CardForm, at: datetime) -> StandingCard | None:
    """The card that says this and has not expired, asked under the chain's lock: of many at once, one is issued."""
    rows = transaction.rows(_STANDING, {"identity": identity, "moment": to_micros(at)})
    found = (read_standing_card(row) for row in rows)
    return next((one for one in found if form.is_of(one)), None)


def keep(transaction: Transaction, identity: str, form: CardForm, row: Mapping[str, Any]) -> None:
    """Enter a card that is being issued, in the place of one that expired; what expired unanswered is let go."""
    of_user = {"of_key": row["key_index"], "of_focus": row["focus"], "of_user": row["user_index"]}
    transaction.write(_SWEEP, [of_user | {"identity": identity, "moment": row["issued_at"]}])
    entry = {name: row[name] for name in ("key_index", "user_index", "focus", "expires_at")}
    entry |= {"identity": identity, "card_id": row["id"], "ids": " ".join(form.ids), "shown_at": row["issued_at"]}
    transaction.write(_INSERT, [entry])


def show_again(transaction: Transaction, standing: StandingCard, at: datetime) -> None:
    """Note that a card leaves again. Raises LedgerBusy where it was purged meanwhile: asked again, it looks anew."""
    values = {"of_identity": standing.identity, "of_card": standing.id, "moment": to_micros(at)}
    if not transaction.rows(_AGAIN, values):
        raise LedgerBusy("a card was purged while it was to be shown again; nothing was written")


def forget(transaction: Transaction, row: Row) -> None:
    """Let go of a card that is purged: what it said is nobody's to find."""
    of_user = {"of_key": row["key_index"], "of_focus": row["focus"], "of_user": row["user_index"]}
    transaction.execute(_FORGET, of_user | {"of_card": row["id"]})


def read_standing_card(row: Row) -> StandingCard:
    """A row of the index, joined with its card, as a value."""
    return StandingCard(
        id=row["card_id"],
        identity=row["identity"],
        ids=tuple(row["ids"].split(" ")),
        surface_sha256=row["surface_sha256"],
        summary_id=row["summary_id"],
        shown_at=from_micros(row["shown_at"]),
        expires_at=from_micros(row["expires_at"]),
    )
