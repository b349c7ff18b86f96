"""What stands beside a reviewed page: who looks, what was answered, and how far the AI summary is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from cds_service.login import Person
from hooks.reasons import OVERRIDE_REASONS, REVIEWED
from hooks.wording import moment
from ledger.kinds import LedgerEvent
from ledger.records import Answer, AuditEntry, Channel, IssuedCard, Outcome
from tasks.kinds import WorkEvent

# The standard's own codes have displays for informaticians; a clinician gets plain words.
_PLAINER: Final = {
    "wrong-time-workflow": "It came at the wrong time in my work",
    "inappropriate-recipient": "It is not for my role",
}
# What a person can disagree with: every reason but "I have reviewed it".
REASONS: Final = {one.code: _PLAINER.get(one.code, one.display) for one in OVERRIDE_REASONS if one.code != REVIEWED}

_OUTCOMES: Final = {
    Outcome.REVIEWED: "reviewed this",
    Outcome.DISAGREED: "disagreed",
    Outcome.SAFETY_REPORT: "reported a safety problem",
    Outcome.ACCEPTED: "marked the card as reviewed",
    Outcome.OVERRIDDEN: "set the card aside",
}
_CHANNELS: Final = {Channel.PAGE: "on this page", Channel.FEEDBACK: "on the card, as the EHR says"}

# The last of these entries of a job says which step it is at; a worker writes them up to the model's own, longest step.
_STEPS: Final[Mapping[str, str]] = {
    LedgerEvent.JOB_QUEUED: "waiting for the worker to begin (step 1 of 3)",
    LedgerEvent.JOB_REQUEUED: "waiting for another attempt (step 1 of 3)",
    LedgerEvent.JOB_CLAIMED: "the worker reads the record (step 2 of 3)",
    WorkEvent.PROMPTED: "the model is writing, then each statement is checked (step 3 of 3)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShown:
    """One answer as the page tells of it, with its proof where it was given on this card."""

    who: str  # empty for the person who looks
    outcome: str
    channel: str
    reason: str
    at: str
    is_elsewhere: bool  # given on another card of the same content
    sequence: int
    entry_hash: str = ""
    surface_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All that a page's template needs beside the page itself."""

    person: Person
    token: str = field(repr=False)
    surface: str
    basis: str
    mine: tuple[AnswerShown, ...]
    others: tuple[AnswerShown, ...]
    step: str = ""
    can_look: bool = False  # pictures of the chart's studies can be fetched for the clinician

    @property
    def has_reviewed(self) -> bool:
        """Whether this person's last answer to this content was a review."""
        return bool(self.mine) and self.mine[0].outcome == _OUTCOMES[Outcome.REVIEWED]


def answers_about(card: IssuedCard, answers: Sequence[Answer], *, summary_id: str) -> tuple[Answer, ...]:
    """The answers to this card or to what it shows: an answer to another card of the same content counts."""

    def is_about(answer: Answer) -> bool:
        if answer.card_id == card.record.id:
            return True
        if summary_id or answer.summary_id:
            return answer.summary_id == summary_id
        return answer.fingerprint == card.record.fingerprint

    return tuple(answer for answer in answers if is_about(answer))


def told(
    card: IssuedCard, answers: Iterable[Answer], entries: Iterable[AuditEntry], *, zone: tzinfo = UTC
) -> tuple[AnswerShown, ...]:
    """Answers in words, newest first, each with its place in the chain; times in `zone`."""
    by_sequence = {entry.sequence: entry for entry in entries}
    shown = []
    for answer in sorted(answers, key=lambda one: one.sequence, reverse=True):
        entry = by_sequence.get(answer.sequence)
        shown.append(
            AnswerShown(
                who=answer.user or "somebody whom the EHR did not name",
                outcome=_OUTCOMES[answer.outcome],
                channel=_CHANNELS[answer.channel],
                reason=REASONS.get(answer.reason, answer.reason.replace("-", " ")),
                at=moment(answer.at.astimezone(zone)),
                is_elsewhere=answer.card_id != card.record.id,
                sequence=answer.sequence,
                entry_hash=entry.entry_hash if entry else "",
                surface_sha256=str(entry.detail.get("surface_sha256", "")) if entry else "",
            )
        )
    return tuple(shown)


def step_of(entries: Iterable[AuditEntry]) -> str:
    """Which step a job is at, in words; work longer than two seconds says so."""
    steps = [_STEPS[entry.kind] for entry in entries if entry.kind in _STEPS]
    return steps[-1] if steps else _STEPS[LedgerEvent.JOB_QUEUED]


def has_opened(entries: Iterable[AuditEntry], person: Person, surface: str) -> bool:
    """Whether this person was shown exactly this surface (SAF-ACK-4)."""
    return any(
        entry.kind == LedgerEvent.PAGE_OPENED
        and entry.detail.get("surface") == surface
        and (entry.user, entry.detail.get("login")) == (person.fhir_user, person.login)
        for entry in entries
    )  # fmt: skip
