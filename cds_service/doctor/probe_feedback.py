"""Feedback as real clients send it (S28 to S31, cds-fb-1). Only about the synthetic patient's card; never of harm."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from cds_service.doctor.expectations import accepted, never_failed, refused
from cds_service.doctor.finding import Outcome, Rule, not_run, shall, should
from cds_service.doctor.subject import Check, Expectation, Subject

_REASON: Final = {
    "code": "doctor-check",
    "system": "urn:chartside:doctor",
    "display": "Synthetic check of the feedback endpoint",
}

Item = dict[str, Any]


def overridden(card: str, **changes: Any) -> Item:  # noqa: ANN401 - JSON
    """An answer to a card: set aside, because this is a check. A change to ... leaves a member out."""
    item = {
        "card": card,
        "outcome": "overridden",
        "outcomeTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "overrideReason": {"reason": _REASON},
    } | changes
    return {name: value for name, value in item.items() if value is not ...}


def _uuid(subject: Subject) -> str:
    return str(subject.card["uuid"])


def _plural(subject: Subject) -> tuple[Item, ...]:
    """Epic's documented form: overrideReasons, and the reason's name in an extension."""
    name = {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": _REASON["display"]}
    return (overridden(_uuid(subject), overrideReason=..., overrideReasons=[{"reason": _REASON, "extension": name}]),)


def _without_display(subject: Subject) -> tuple[Item, ...]:
    bare = {name: _REASON[name] for name in ("code", "system")}
    return (overridden(_uuid(subject), overrideReason={"reason": bare}),)


def _unknown(_subject: Subject) -> tuple[Item, ...]:
    return (overridden(str(uuid.uuid4())),)


def _no_uuid(_subject: Subject) -> tuple[Item, ...]:
    return (overridden("doctor-card-7"),)


def _batch(subject: Subject) -> tuple[Item, ...]:
    return (overridden(_uuid(subject)), overridden(str(uuid.uuid4())))


def _no_reason(subject: Subject) -> tuple[Item, ...]:
    return (overridden(_uuid(subject), overrideReason=...),)


def _other_outcome(subject: Subject) -> tuple[Item, ...]:
    return (overridden(_uuid(subject), outcome="ignored"),)


def _given(rule: Rule, items: Callable[[Subject], tuple[Item, ...]], expects: Expectation) -> Check:
    """A check that gives this feedback, and judges the answer."""

    async def ask(subject: Subject) -> Outcome:
        return expects(subject, await subject.give_feedback(*items(subject)))

    return Check(rule, ask)


async def _known(subject: Subject) -> Outcome:
    return accepted(subject, subject.known_answer())


async def _repeat(subject: Subject) -> Outcome:
    item = overridden(_uuid(subject))
    await subject.give_feedback(item)
    return accepted(subject, await subject.give_feedback(item))


async def _accepted_then_overridden(subject: Subject) -> Outcome:
    listed = subject.card.get("suggestions")
    ids = [one.get("uuid") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if not any(isinstance(one, str) for one in ids):
        return not_run("the card has no suggestion with a uuid")
    chosen = [{"id": one} for one in ids if isinstance(one, str)][:1]
    yes = overridden(_uuid(subject), outcome="accepted", overrideReason=..., acceptedSuggestions=chosen)
    first = await subject.give_feedback(yes)
    if not first.is_success:
        return accepted(subject, first)
    return accepted(subject, await subject.give_feedback(overridden(_uuid(subject))))


def _malformed(name: str, asks: str, body: object) -> Check:
    async def ask(subject: Subject) -> Outcome:
        subject.known_answer()
        return refused(subject, await subject.wire.post(f"{subject.entry.path}/feedback", body))

    return Check(shall("S30", name, asks), ask)


CHECKS: Final = (
    Check(shall("S28", "known-card", "feedback about its card is taken"), _known),
    _given(shall("S28", "no-reason", "overridden, without a reason"), _no_reason, accepted),
    Check(shall("S29", "repeat", "the same feedback again is taken"), _repeat),
    Check(shall("S29", "both", "accepted, and overridden later"), _accepted_then_overridden),
    _given(should("S29", "batch", "a known and an unknown card in one body"), _batch, accepted),
    _given(shall("S30", "unknown-card", "an unknown card is no failure"), _unknown, never_failed),
    _malformed("no-list", "feedback that is no list is refused", {"feedback": 7}),
    _malformed("no-feedback", "a body without feedback is refused", {"feedbacks": []}),
    _given(shall("S31", "plural", "overrideReasons and a reason in an extension (Epic)"), _plural, accepted),
    _given(shall("S31", "no-display", "a reason without display"), _without_display, accepted),
    _given(shall("S31", "no-uuid", "a card id that is no UUID is no failure"), _no_uuid, never_failed),
    _given(should("cds-fb-1", "outcome", "an outcome other than the two is refused"), _other_outcome, refused),
)
