"""A card on its way out: its bytes, and whether the same was said before and stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from cds_service.call import HookCall
from cds_service.surface import card_content, sha256
from fhir_adapters.stored import canonical
from hooks.card import Card
from hooks.card_for_client import card_for, with_topic_of
from ledger.card_forms import CardForm, ShownCards, StandingCard
from ledger.records import CardRecord
from tasks.states import State

EMPTY: Final = b'{"cards":[]}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """One card on its way out: the bytes that leave are the bytes that are hashed and kept."""

    card: Card
    wire: dict[str, Any] = field(repr=False)
    surface: bytes = field(repr=False)
    surface_sha256: str
    form: CardForm = field(repr=False)
    earlier: StandingCard | None = None  # the same, as this user was shown it; perhaps its time is over

    @classmethod
    def of(cls, card: Card, call: HookCall, shown: ShownCards) -> Leaving:
        """The card as this client can show it, in its one form, and the one that says the same."""
        can = call.caller.client.capabilities
        card = card_for(card, can)
        if can.changes_topic:
            # Of this patient and focus too: alike words about somebody else are another topic.
            key = (call.key.client, call.key.tenant, call.key.fhir_base, call.key.patient_id, call.focus)
            said = _form(card, canonical(card.to_wire()), call).sha256
            card = with_topic_of(card, sha256(canonical([*key, said])))
        wire = card.to_wire()
        surface = canonical(wire)
        form = _form(card, surface, call)
        earlier = shown.find(form)
        return cls(card=card, wire=wire, surface=surface, surface_sha256=sha256(surface), form=form, earlier=earlier)

    def standing(self, now: datetime) -> StandingCard | None:
        """The card that says the same and has not expired: it leaves again, in the place of this one."""
        return self.earlier if self.earlier is not None and self.earlier.expires_at > now else None

    def record(self, call: HookCall, state: State, *, expires_at: datetime) -> CardRecord:
        """What the ledger is to keep of it."""
        return CardRecord(
            id=self.card.uuid,
            service_id=call.service.id,
            topic=self.card.source.topic.code,
            kind=self.card.kind.value,
            summary_id=self.card.summary_id,
            fingerprint=call.fingerprint,
            content=card_content(self.wire, state, call.brief_plain, encounter_id=self.form.encounter_id),
            surface_sha256=self.surface_sha256,
            expires_at=expires_at,
            form=self.form,
        )


def _form(card: Card, surface: bytes, call: HookCall) -> CardForm:
    ids = (card.uuid, *(suggestion.uuid for suggestion in card.suggestions))
    return CardForm.of(surface, ids, encounter_id=call.request.context.encounter_id)


def response_body(leaving: Iterable[Leaving], *, now: datetime, repeated: Mapping[str, StandingCard]) -> bytes:
    """The body of the answer. `repeated` are cards that others were issued a moment before, by the id they took."""
    bodies = []
    for one in leaving:
        standing = one.standing(now) or repeated.get(one.card.uuid)
        bodies.append(one.form.surface(standing.ids) if standing else one.surface)
    return b'{"cards":[' + b",".join(bodies) + b"]}" if bodies else EMPTY
