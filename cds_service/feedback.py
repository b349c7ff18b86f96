"""Feedback of an EHR, item by item into the one function of answers; a bad item is counted and costs no other."""

from __future__ import annotations

from typing import Final

from cds_service.answering import GivenAnswer, file_answer
from cds_service.clients import Caller
from cds_service.parts import Parts
from hooks.feedback import Feedback, FeedbackItem
from hooks.service import Service
from ledger.records import Channel, Event, Filed, IssuedCard, Outcome

_OUTCOMES: Final = {"accepted": Outcome.ACCEPTED, "overridden": Outcome.OVERRIDDEN}


def file_feedback(parts: Parts, caller: Caller, service: Service, feedback: Feedback) -> bool:
    """Put every item on record; whether any of them is about a card of this client and tenant.

    Raises LedgerError; what was filed before it stays filed, and the same feedback sent again is recognised.
    """
    filed = [_file(parts, caller, item) for item in feedback.items]
    if feedback.unreadable:
        detail = {"client": caller.client.id, "tenant": caller.tenant, "unreadable": feedback.unreadable}
        parts.record([Event(kind="feedback.unreadable", subject=service.id, at=parts.clock(), detail=detail)])
    return any(one is not Filed.UNKNOWN_CARD for one in filed)


def _file(parts: Parts, caller: Caller, item: FeedbackItem) -> Filed:
    card = parts.cards.find(item.card_id, client=caller.client.id)
    if card is not None and card.key.tenant != caller.tenant:
        card = None  # another tenant's card is nobody's here (T13)
    filed = file_answer(parts.answers, _given(caller, item, card), new_id=parts.new_id)
    parts.metrics.answers.labels(Channel.FEEDBACK.value, filed.value).inc()
    return filed


def _given(caller: Caller, item: FeedbackItem, card: IssuedCard | None) -> GivenAnswer:
    """The answer as this channel can assert it: the hook's user, and the surface that was sent."""
    return GivenAnswer(
        card_id=item.card_id,
        # A client name that owns no card, so that a card of another tenant is filed as unknown.
        client=caller.client.id if card is not None else f"{caller.client.id}/{caller.tenant}",
        user=card.user if card is not None else "",
        channel=Channel.FEEDBACK,
        outcome=_OUTCOMES[item.outcome],
        at=item.at,
        surface_sha256=card.record.surface_sha256 if card is not None else "",
        reason=item.reason,
        comment=item.comment,
        suggestions=item.suggestions,
    )
