"""Reads from the ledger what a review page needs: the basis as things stand now, and the contents of any basis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import orjson

from cds_service.errors import PageError, PageMissing, PagePurged
from cds_service.login import Person
from cds_service.parts import EngineInfo, model_of
from cds_service.review.basis import Basis
from cds_service.review.drawing import Contents, Kept, draw
from cds_service.review.page import Picture, ReviewPage
from cds_service.review.words import visible
from cds_service.surface import CardContent, read_card_content
from fhir_adapters.history import PatientHistory
from fhir_adapters.stored import history_from_plain
from hooks.wording import difference, moment, state_sentence
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.records import IssuedCard, Looked, PatientKey, Situation, StoredSummary, Withdrawal
from ledger.summaries import Summaries
from ledger.switches import SwitchKind
from tasks.reasons import AbsenceReason
from tasks.standing import state_of
from tasks.states import Absent, Ready, Stale, State, is_preparing
from tasks.stored import summary_from_bytes

_NEWER_CHART: Final = "The AI summary that stands now was made from a newer state of this chart."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A card whose page is to be drawn, as one person may see it."""

    card: IssuedCard
    key: PatientKey
    content: CardContent
    history: PatientHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a page shows as things stand, and what was asked of the ledger for it: asked again when it is recorded."""

    basis: Basis
    looked: Looked


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The ledger as review pages read it. Blocks; raises LedgerError."""

    cards: Cards
    answers: Answers
    summaries: Summaries
    engine: EngineInfo | None

    def open(self, card_id: str, person: Person) -> Opened:
        """The card, if this person may see it. Raises PageMissing and PagePurged."""
        card = self.cards.find(card_id)
        if card is None or not person.scope.holds_card(card):
            raise PageMissing
        return self.read(card)

    def read(self, card: IssuedCard) -> Opened:
        """A card with its content and the history it was made from. Raises PagePurged."""
        key = card.key
        history = self._history(key, card.record.fingerprint) if key else None
        if key is None or history is None or not card.record.content:
            raise PagePurged
        if history.patient.id != key.patient_id:
            raise PageMissing  # the wrong-patient guard (decision 9)
        try:
            content = read_card_content(card.record.content)
        except (ValueError, KeyError):
            raise PageError from None  # a card of another version of this service
        return Opened(card=card, key=key, content=content, history=history)

    def basis(self, opened: Opened) -> Basis:
        """What a page of this card shows as things stand now."""
        return self.stand(opened).basis

    def stand(self, opened: Opened) -> Stand:
        """The same, with what is to be asked again when the page is put on record."""
        card = opened.card
        situation = self.cards.situation(opened.key, focus=card.focus, fingerprint=card.record.fingerprint)
        held = situation.withdrawal.id if situation.withdrawal else ""
        looked = Looked(key=opened.key, withdrawal_id=held, switched_off=situation.switched_off)
        return Stand(basis=self._basis(opened, situation), looked=looked)

    def _basis(self, opened: Opened, situation: Situation) -> Basis:
        card = opened.card
        withdrawal = situation.withdrawal
        newest = self.cards.latest_for_card(card.record.id) or card
        moved_on = newest.record.fingerprint != card.record.fingerprint
        is_off = self._is_off(card, situation)
        if card.record.summary_id and withdrawal is None and not is_off:
            return Basis(
                card_id=card.record.id,
                state="ready",
                state_words="",
                summary_id=card.record.summary_id,
                newer_id=newest.record.id if moved_on else "",
            )
        state = self._state(opened, situation, is_off=is_off)
        is_older = isinstance(state, Stale) and state.summary.made_at <= card.issued_at
        return Basis(
            card_id=card.record.id,
            state=state.name,
            state_words=_NEWER_CHART if isinstance(state, Stale) and not is_older else state_sentence(state),
            summary_id=state.summary_id if isinstance(state, Ready) else "",
            older_id=state.summary_id if isinstance(state, Stale) and is_older else "",
            difference=difference(state) if isinstance(state, Stale) and is_older else "",
            newer_id=newest.record.id if moved_on else "",
            withdrawal=_withdrawal_words(withdrawal, card.record.summary_id),
            preparing=is_preparing(state),
            mixed_up=_is_mixed_up(opened),
        )

    def page(self, opened: Opened, basis: Basis) -> ReviewPage:
        """The page of this basis. Raises PagePurged where something that it shows is gone."""
        key = opened.key
        contents = Contents(
            content=opened.content,
            history=opened.history,
            shown=self._kept(key, basis.summary_id),
            older=self._kept(key, basis.older_id),
            newer=self._newer(basis.newer_id),
        )
        return draw(basis, contents)

    def _state(self, opened: Opened, situation: Situation, *, is_off: bool) -> State:
        return state_of(
            opened.history,
            summary=situation.summary,
            job=situation.job,
            withdrawal=situation.withdrawal,
            engine_configured=self.engine is not None,
            alarms_stop=_is_mixed_up(opened),
            switched_off=is_off,
        )

    def _is_off(self, card: IssuedCard, situation: Situation) -> bool:
        """Whether the audit desk switched off what would be shown, or what made it: it may be no longer in use."""
        names = {
            SwitchKind.SERVICE.named(card.record.service_id),
            SwitchKind.CLIENT.named(card.client),
            SwitchKind.PROMPT.named(card.focus),
        }
        names |= {SwitchKind.MODEL.named(self.engine.name)} if self.engine else set()
        if situation.switched_off and (made := self._made(card, situation)) is not None:
            names.add(SwitchKind.MODEL.named(model_of(made.recipe)))
        return not names.isdisjoint(situation.switched_off)

    def _made(self, card: IssuedCard, situation: Situation) -> StoredSummary | None:
        return self.summaries.find(card.record.summary_id) if card.record.summary_id else situation.summary

    def _kept(self, key: PatientKey, summary_id: str) -> Kept | None:
        if not summary_id:
            return None
        stored = self.summaries.find(summary_id)
        if stored is None:
            raise PagePurged
        _check_patient(stored, key)
        summary = summary_from_bytes(stored.content)
        images = self.summaries.images(summary_id)
        return Kept(
            summary=summary,
            history=self._history(key, summary.fingerprint),
            pictures=tuple(Picture(ordinal=one.ordinal, label=visible(one.label)) for one in images),
        )

    def _newer(self, card_id: str) -> tuple[str, PatientHistory] | None:
        card = self.cards.find(card_id) if card_id else None
        history = self._history(card.key, card.record.fingerprint) if card and card.key else None
        return (moment(card.issued_at), history) if card and history else None

    def _history(self, key: PatientKey, fingerprint: str) -> PatientHistory | None:
        snapshot = self.cards.snapshot(key, fingerprint)
        return None if snapshot is None else history_from_plain(orjson.loads(snapshot))


def _check_patient(stored: StoredSummary, key: PatientKey) -> None:
    """A summary of another key must never be shown (decision 9)."""
    if stored.key != key:
        raise PageMissing


def _is_mixed_up(opened: Opened) -> bool:
    """Whether the card told that data of another patient arrived with the record."""
    said = opened.content.state
    return (said.get("state"), said.get("reason")) == (Absent.name, AbsenceReason.WRONG_PATIENT_DATA)


def _withdrawal_words(withdrawal: Withdrawal | None, summary_id: str) -> str:
    if withdrawal is None:
        return ""
    reason = visible(withdrawal.reason).replace("-", " ")
    whom = f" by {visible(withdrawal.by)}" if withdrawal.by else ""
    match withdrawal.summary_id:
        case "":
            what = "All AI summaries of this patient were"
        case reported if reported == summary_id:
            what = "This AI summary was"
        case _:
            what = "An AI summary of this patient was"
    return (
        f"{what} withdrawn on {moment(withdrawal.at)} after a report{whom} ({reason}). "
        "No AI summary of this patient is shown to anybody until this is released on the audit desk."
    )
