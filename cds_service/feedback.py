"""Feedback of an EHR, item by item into the one function of answers; a bad item is recorded and costs no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from cds_service.answering import GivenAnswer, file_answer
from cds_service.clients import Caller
from cds_service.errors import UnknownCard
from cds_service.kinds import ServiceEvent
from cds_service.parts import Parts
from hooks.errors import MalformedFeedback
from hooks.feedback import Feedback, FeedbackItem, Unreadable, parse_feedback
from hooks.service import Service
from ledger.records import Channel, Event, Filed, IssuedCard, Outcome

_OUTCOMES: Final = {"accepted": Outcome.ACCEPTED, "overridden": Outcome.OVERRIDDEN}
_MOST_TOLD: Final = 20  # unreadable items that are named one by one


def file_feedback(parts: Parts, caller: Caller, service: Service, body: Mapping[str, Any]) -> bytes:
    """Put every item on record that can be read, then that others could not; the body of the answer, `{}` if all were.

    Raises LedgerError; what was filed before it stays filed, and the same feedback sent again is recognised. Raises
    MalformedFeedback where no item could be read, UnknownCard where none is about a card of this client and tenant;
    both are on record by then.
    """
    received = parts.clock()
    try:
        feedback = parse_feedback(body, reasons=caller.client.capabilities.reasons)
    except MalformedFeedback as error:
        _record_unreadable(parts, caller, service, {"why": str(error)}, at=received)
        raise
    filed = [_file(parts, caller, item, at=received) for item in feedback.items]
    if feedback.unreadable:
        _record_unreadable(parts, caller, service, _told(feedback.unreadable), at=received)
    if not filed and feedback.unreadable:
        raise MalformedFeedback(f"no item of feedback can be read; {_sentence(feedback.unreadable[0])} (S28)")
    if filed and all(one is Filed.UNKNOWN_CARD for one in filed):
        raise UnknownCard
    return _answer(feedback)


def _file(parts: Parts, caller: Caller, item: FeedbackItem, *, at: datetime) -> Filed:
    card = parts.issued.find(item.card_id, client=caller.client.id)
    if card is not None and caller.tenant != (card.key.tenant if card.key else ""):
        card = None  # another tenant's card is nobody's here (T13), nor one that no longer says whose it was
    filed = file_answer(parts.answers, _given(caller, item, card, at=at), new_id=parts.new_id)
    parts.metrics.answers.labels(Channel.FEEDBACK.value, filed.value).inc()
    return filed


def _given(caller: Caller, item: FeedbackItem, card: IssuedCard | None, *, at: datetime) -> GivenAnswer:
    """The answer as this channel can assert it: the hook's user, and the surface that was sent."""
    return GivenAnswer(
        card_id=item.card_id,
        # A client name that owns no card, so that a card of another tenant is filed as unknown.
        client=caller.client.id if card is not None else f"{caller.client.id}/{caller.tenant}",
        user=card.user if card is not None else "",
        channel=Channel.FEEDBACK,
        outcome=_OUTCOMES[item.outcome],
        at=at,  # of receipt: what a client's clock says withdraws nothing late and answers nothing early
        claimed_at=item.claimed_at,
        surface_sha256=card.record.surface_sha256 if card is not None else "",
        reason=item.reason,
        reasons=item.reasons,
        comment=item.comment,
        suggestions=item.suggestions,
    )


def _record_unreadable(
    parts: Parts, caller: Caller, service: Service, told: Mapping[str, Any], *, at: datetime
) -> None:
    """That something was not read, and the rule that it breaks; never what was sent."""
    detail = {"client": caller.client.id, "tenant": caller.tenant, **told}
    parts.record([Event(kind=ServiceEvent.FEEDBACK_UNREADABLE, subject=service.id, at=at, detail=detail)])
    parts.metrics.answers.labels(Channel.FEEDBACK.value, "unreadable").inc(told.get("unreadable", 1))


def _told(unreadable: tuple[Unreadable, ...]) -> dict[str, Any]:
    harmful = sorted({one.reason for one in unreadable if one.reason})
    items = [[one.position, one.why] for one in unreadable[:_MOST_TOLD]]
    return {"unreadable": len(unreadable), "items": items} | ({"reasons": harmful} if harmful else {})


def _answer(feedback: Feedback) -> bytes:
    """`{}` (S30), or an OperationOutcome that names the items which were not filed."""
    if not feedback.unreadable:
        return b"{}"
    issues = [
        {"severity": "warning", "code": "invalid", "diagnostics": f"Not filed: {_sentence(one)} (S28)."}
        for one in feedback.unreadable[:_MOST_TOLD]
    ]
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": issues})


def _sentence(one: Unreadable) -> str:
    return f"item {one.position}: {one.why}"
