"""A card about to be issued: sealed before the chain's lock is taken, and written unless the same stands already."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import insert

from ledger import chain, identities, schema
from ledger.binding import bind
from ledger.card_forms import CardForm, StandingCard
from ledger.clock import to_micros
from ledger.kinds import LedgerEvent
from ledger.prepared import Prepared
from ledger.records import CardRecord, Event, Issuance
from ledger.rows import seal_into, take
from ledger.sealing import Cipher, key_to_plain
from ledger.store import Transaction

_INSERT = Prepared(insert(schema.card), columns=schema.card.c.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCard:
    """One card sealed and ready, with its entry; written unless the same stands already."""

    row: dict[str, Any] = field(repr=False)
    event: Event
    hook_instance: str
    entry: chain.Draft
    form: CardForm | None
    identity: str

    @classmethod
    def of(cls, record: CardRecord, issuance: Issuance, cipher: Cipher) -> NewCard:
        """The card of this record; the caller's own event about it, where there is one, is its entry."""
        row = _card_row(record, issuance, cipher)
        mine, _ = take(issuance.events, LedgerEvent.CARD_ISSUED, record.id)
        event = mine or Event(
            kind=LedgerEvent.CARD_ISSUED,
            subject=record.id,
            at=issuance.at,
            key=issuance.key,
            user=issuance.user,
            detail={"service": record.service_id, "card": record.kind, "surface": record.surface_sha256},
        )
        form, identity = record.form, ""
        if form is not None:
            identity = identities.identity_of(cipher, form, key=issuance.key, user=issuance.user, focus=row["focus"])
        return cls(
            row=row,
            event=event,
            hook_instance=issuance.hook_instance,
            entry=chain.draft(event, cipher),
            form=form,
            identity=identity,
        )

    def write(self, transaction: Transaction, cipher: Cipher) -> StandingCard | None:
        """Write it; where the same was issued since its hook looked, that card, which is told to have left again."""
        if self.form is not None:
            standing = identities.find_standing(transaction, self.identity, self.form, self.event.at)
            if standing is not None:
                # The one entry that is sealed under the lock: seldom, and nobody could have known before it.
                detail = {
                    **self.event.detail,
                    "surface": standing.surface_sha256,
                    "hook_instance": self.hook_instance,
                    "seen": {"fingerprint": self.row["fingerprint"]},
                }
                again = replace(self.event, kind=LedgerEvent.CARD_REPEATED, subject=standing.id, detail=detail)
                transaction.add(chain.draft(again, cipher))
                identities.show_again(transaction, standing, self.event.at)
                return standing
        self.row["sequence"] = transaction.add(self.entry, [bind("card", self.row)])
        transaction.write(_INSERT, [self.row])
        if self.form is not None:
            identities.keep(transaction, self.identity, self.form, self.row)
        return None


def other_events(issuance: Issuance) -> list[Event]:
    """The caller's events but for those that tell of its new cards: these come last, each with its card."""
    own = {(LedgerEvent.CARD_ISSUED, record.id) for record in issuance.cards}
    return [event for event in issuance.events if (event.kind, event.subject) not in own]


def _card_row(record: CardRecord, issuance: Issuance, cipher: Cipher) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": record.id,
        "key_index": cipher.key_index(issuance.key),
        "patient_index": cipher.patient_index(issuance.key.patient_id),
        "user_index": cipher.user_index(issuance.user),
        "client": issuance.key.client,
        "service_id": record.service_id,
        "topic": record.topic,
        "kind": record.kind,
        "summary_id": record.summary_id,
        "fingerprint": record.fingerprint,
        "focus": issuance.job.focus if issuance.job else issuance.focus,
        "surface_sha256": record.surface_sha256,
        "issued_at": to_micros(issuance.at),
        "expires_at": to_micros(record.expires_at),
    }
    who = {"key": key_to_plain(issuance.key), "user": issuance.user, "hook_instance": issuance.hook_instance}
    seal_into(row, cipher, table="card", contents={"who": who, "content": record.content})
    return row
