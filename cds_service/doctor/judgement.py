"""What the answers themselves say, once everything was asked: discovery, every answer, every card. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cds_service.doctor.answer import Answer
from cds_service.doctor.entries import callable_entries
from cds_service.doctor.finding import Finding, Outcome, broken, judged, not_run
from cds_service.doctor.rules_answer import ANSWER_RULES, hook_answers
from cds_service.doctor.rules_card import CARD_RULES
from cds_service.doctor.rules_discovery import DISCOVERY_RULES, SHAPE, judge_entries, judge_shape
from cds_service.doctor.subject import Subject

_UNAUTHORIZED: Final = 401


def judge(subject: Subject) -> Iterator[Finding]:
    """What the answers themselves say, all of them."""
    found, answers = subject.discovery, subject.wire.answers
    if found is None:
        yield Finding.of(SHAPE, broken(subject.why_not))
    elif found.status == _UNAUTHORIZED:
        yield Finding.of(SHAPE, not_run(subject.why_not))
    else:
        yield Finding.of(SHAPE, _told_where(judge_shape(found), subject))
    listing = _listing(subject)
    for rule in DISCOVERY_RULES:
        yield Finding.of(rule.rule, judge_entries(rule, listing) if listing else not_run("no services are listed"))
    for one in ANSWER_RULES:
        yield Finding.of(one.rule, one.judge(answers))
    cards = [card for answer in hook_answers(answers) for card in answer.cards]
    for each in CARD_RULES:
        problems = (problem for card in cards for problem in each.problems(card))
        outcome = judged(problems, looked_at=f"{len(cards)} cards") if cards else not_run("no card was seen")
        yield Finding.of(each.rule, outcome)


def _listing(subject: Subject) -> Answer | None:
    """The answer that lists the services, wherever it was found."""
    listings = [one for one in subject.wire.answers if one.method == "GET" and callable_entries(one)]
    return listings[0] if listings else None


def _told_where(outcome: Outcome, subject: Subject) -> Outcome:
    listing = _listing(subject)
    if outcome.is_kept or listing is None:
        return outcome
    return broken(f"{outcome.told}; the services are listed at {listing.path}")
