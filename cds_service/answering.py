"""The one function in which every answer to a card ends, whether it came from the review page or from an EHR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from hooks.reasons import WRONG_PATIENT
from ledger.records import Acknowledgment, Channel, Filed, Looked, Outcome


class AnswerBook(Protocol):
    """Where answers are kept: ledger.answers.Answers."""

    def file(self, ack: Acknowledgment) -> Filed:
        """Keep one answer with its audit entry, and withdraw the summary where it says so. Raises LedgerError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """What somebody answered to one card, before it is on record."""

    card_id: str
    client: str  # of the card; an answer to another client's card is one to an unknown card (T13)
    user: str  # the login of the page; for feedback the user of the card's hook, or empty
    channel: Channel
    outcome: Outcome
    at: datetime
    surface_sha256: str  # of the page as rendered (T15); for feedback of the card as sent
    claimed_at: str = ""  # what a client says of the time, verbatim
    reason: str = ""
    reasons: tuple[str, ...] = ()  # all that were given, `reason` among them
    comment: str = field(default="", repr=False)
    suggestions: tuple[str, ...] = ()
    summary_id: str = ""  # the summary in sight on a brief's page; for a summary's card its own is taken
    looked: Looked | None = None  # what the page was drawn under; None where there was none


def file_answer(book: AnswerBook, given: GivenAnswer, *, new_id: Callable[[], str]) -> Filed:
    """Put one answer on record, and withdraw its summary everywhere at once where it warns of harm.

    "Wrong patient", by either channel, and a safety report withdraw. Raises LedgerError, and then nothing was kept.
    """
    return book.file(
        Acknowledgment(
            id=new_id(),
            card_id=given.card_id,
            client=given.client,
            user=given.user,
            channel=given.channel,
            outcome=given.outcome,
            reason=given.reason,
            comment=given.comment,
            surface_sha256=given.surface_sha256,
            outcome_at=given.at,
            claimed_at=given.claimed_at,
            reasons=given.reasons,
            suggestions=given.suggestions,
            summary_id=given.summary_id,
            looked=given.looked,
            withdraws=given.outcome is Outcome.SAFETY_REPORT or given.reason == WRONG_PATIENT,
        )
    )
