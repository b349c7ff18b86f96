"""What one hook call writes and reads: the situation before it, the cards after it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from ledger import asking, chain, identities, schema, situations
from ledger.card_forms import StandingCard
from ledger.clock import from_micros
from ledger.looking import refuse_cards
from ledger.new_cards import NewCard, other_events
from ledger.nonces import Nonces, nonce_row
from ledger.records import CardRecord, Issuance, IssuedCard, PatientKey, Situation
from ledger.rows import is_id, open_column, open_plain
from ledger.sealing import Cipher, key_from_plain
from ledger.snapshots import Snapshot
from ledger.store import LedgerStore

_FIND = select(schema.card).where(schema.card.c.id == bindparam("card_id"))
_LATEST = (
    select(schema.card)
    .outerjoin(schema.card_identity, schema.card_identity.c.card_id == schema.card.c.id)
    .where(
        schema.card.c.key_index == bindparam("key_index"),
        schema.card.c.service_id == bindparam("service_id"),
        schema.card.c.focus == bindparam("focus"),
    )
    .order_by(identities.shown_at().desc(), schema.card.c.sequence.desc())
    .limit(1)
)
_SNAPSHOT = select(schema.snapshot).where(
    schema.snapshot.c.key_index == bindparam("key_index"), schema.snapshot.c.fingerprint == bindparam("fingerprint")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedResult:
    """What an issuance became: the places of its cards in the chain, in order, and of its job."""

    sequences: tuple[int, ...]
    job_queued: bool  # False: none was asked for, or the same content is asked for or made already
    job_id: str = ""  # the standing job of this content, ours or an earlier one
    # By the id of a card that was to be issued: the one that says the same and was issued a moment before.
    repeated: Mapping[str, StandingCard] = field(default_factory=dict)


class Cards:
    """Cards as issued. A failed job may be asked for again by the same content `retry_failed_after_s` later."""

    def __init__(self, store: LedgerStore, *, max_attempts: int = 3, retry_failed_after_s: float = 900.0) -> None:
        self._store = store
        self._nonces = Nonces(store)
        self._asking = asking.Asking(max_attempts=max_attempts, retry_failed_after_s=retry_failed_after_s)

    def situation(
        self, key: PatientKey, *, focus: str, fingerprint: str, recipe: str = "", user: str = ""
    ) -> Situation:
        """All that a hook needs to know of this key and focus, from one SELECT (two for a summary not seen before).

        Of several summaries and jobs, those of this content come first, and among them those of the recipe in use. The
        cards shown are those of this user.
        """
        return situations.read_situation(
            self._store, key, focus=focus, fingerprint=fingerprint, recipe=recipe, user=user
        )

    def issue(
        self, issuance: Issuance, *, timeout_s: float, before_commit: Callable[[], object] | None = None
    ) -> IssuedResult:
        """Write cards, snapshot, job and events in one transaction, or nothing at all.

        Raises LedgerBusy or LedgerUnavailable (issue nothing to the caller), AlreadyRecorded for a card id used before,
        AlreadyUsed for a token used before: its id is burnt with what it asked for, or not at all.
        A summary withdrawn or a switch thrown since the hook looked is LedgerBusy too: asked again, it looks again.
        So is whatever `before_commit` raises: it is asked last, whether anybody still waits for the cards.
        An event of kind "card.issued" about a card of this issuance lends its detail to that card's own entry. Where a
        standing card says the same by now, that one is `repeated` in its place, and the detail tells of that.
        """
        cipher = self._store.cipher
        new = [NewCard.of(record, issuance, cipher) for record in issuance.cards]
        events = [chain.draft(one, cipher) for one in other_events(issuance)]
        snapshot = _sealed_snapshot(issuance, cipher)
        ask = self._asking.prepare(issuance, cipher) if issuance.job else None
        token = nonce_row(issuance.nonce, cipher) if issuance.nonce else None
        if not (new or events or snapshot or ask or token):
            return IssuedResult(sequences=(), job_queued=False)
        repeated: dict[str, StandingCard] = {}
        with self._store.write(timeout_s, before_commit=before_commit) as transaction:
            if token:
                self._nonces.spend(transaction, token)
            if new or issuance.repeats:
                shows_summary = any(card.row["summary_id"] for card in new) or any(
                    one.summary_id for one in issuance.repeats
                )
                of_summaries = [cipher.key_index(issuance.key)] if shows_summary else []
                refuse_cards(transaction, of_summaries=of_summaries, switched_off=issuance.switched_off)
            for one in events:
                transaction.add(one)
            if snapshot:
                snapshot.keep(transaction, cipher)
            queued, job_id = ask.ask(transaction) if ask else (False, "")
            for standing in issuance.repeats:
                identities.show_again(transaction, standing, issuance.at)
            for card in new:
                if standing_now := card.write(transaction, cipher):
                    repeated[card.row["id"]] = standing_now
        sequences = tuple(card.row["sequence"] for card in new if "sequence" in card.row)
        return IssuedResult(sequences=sequences, job_queued=queued, job_id=job_id, repeated=repeated)

    def find(self, card_id: str, *, client: str | None = None) -> IssuedCard | None:
        """The card of this id; with `client`, only if it was issued to that client. None otherwise."""
        rows = self._store.rows(_FIND, {"card_id": card_id}) if is_id(card_id) else []
        if not rows or (client is not None and rows[0]["client"] != client):
            return None
        return read_card(rows[0], self._store.cipher)

    def latest_for_card(self, card_id: str) -> IssuedCard | None:
        """The newest card of the same patient key, service and focus as this card: itself, or one that replaced it."""
        rows = self._store.rows(_FIND, {"card_id": card_id}) if is_id(card_id) else []
        if not rows:
            return None
        wanted = {name: rows[0][name] for name in ("key_index", "service_id", "focus")}
        return read_card(self._store.rows(_LATEST, wanted)[0], self._store.cipher)

    def snapshot(self, key: PatientKey, fingerprint: str) -> bytes | None:
        """The canonical history of this fingerprint; None where it was never kept, or was purged."""
        wanted = {"key_index": self._store.cipher.key_index(key), "fingerprint": fingerprint}
        rows = self._store.rows(_SNAPSHOT, wanted)
        if not rows or rows[0]["content"] is None:
            return None
        return open_column(rows[0], self._store.cipher, table="snapshot", column="content")


def read_card(row: Mapping[str, Any], cipher: Cipher) -> IssuedCard:
    """A card's row as a value. Once purged it has no content, no key and no user."""
    who = open_plain(row, cipher, table="card", column="who")
    record = CardRecord(
        id=row["id"],
        service_id=row["service_id"],
        topic=row["topic"],
        kind=row["kind"],
        summary_id=row["summary_id"],
        fingerprint=row["fingerprint"],
        content=open_column(row, cipher, table="card", column="content"),
        surface_sha256=row["surface_sha256"],
        expires_at=from_micros(row["expires_at"]),
    )
    return IssuedCard(
        record=record,
        client=row["client"],
        key=key_from_plain(who.get("key")),
        user=who.get("user", ""),
        hook_instance=who.get("hook_instance", ""),
        focus=row["focus"],
        issued_at=from_micros(row["issued_at"]),
        sequence=row["sequence"],
    )


def _sealed_snapshot(issuance: Issuance, cipher: Cipher) -> Snapshot | None:
    if issuance.snapshot is None:
        return None
    return Snapshot.seal(
        cipher,
        key=issuance.key,
        fingerprint=issuance.fingerprint,
        content=issuance.snapshot,
        at=issuance.at,
        subject=issuance.hook_instance,
        user=issuance.user,
    )
