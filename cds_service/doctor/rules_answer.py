"""What holds for every answer that was seen, whatever was asked (S1, S2, S17, S25, S41, T6): pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cds_service.doctor.answer import Answer
from cds_service.doctor.finding import Outcome, Rule, broken, judged, kept, not_run, shall, should
from cds_service.doctor.members import empty_members

# What the doctor sends and wants to see nowhere: the access token, and words of bad requests.
ACCESS_TOKEN: Final = "doctor-canary-access-token-58c1"  # noqa: S105 - a canary
ECHO: Final = "doctor-canary-echo-7d20"
_PATIENT_NAME: Final = "SYNTHETIC Test Patient"
_TRACES: Final = re.compile(
    rb"Traceback \(most recent call last\)|File \\?\"[^\"]{1,200}\.py\\?\", line \d|"
    rb"\bat [\w.$]{3,200}\([\w$]{1,100}\.(?:java|kt|scala):\d|\bat .{1,200}\.(?:js|ts):\d{1,6}:\d|goroutine \d+ \["
)
_LAWFUL_EMPTY: Final = frozenset({"cards", "services"})
_OK, _UNAUTHORIZED = 200, 401


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """A rule, and how all answers are judged by it."""

    rule: Rule
    judge: Callable[[Sequence[Answer]], Outcome]


def _media_types(answers: Sequence[Answer]) -> Outcome:
    return _over(
        _successes(answers),
        lambda one: (
            ()
            if one.media_type == "application/json"
            else ("an answer with JSON says another content type than application/json",)
        ),
    )


def _utf8(answers: Sequence[Answer]) -> Outcome:
    return _over(
        _successes(answers), lambda one: () if one.is_json else ("an answer of status 200 is no JSON in UTF-8",)
    )


def _empties(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        yield from ("a member is null or empty" for _ in empty_members(one.document, lawful=_LAWFUL_EMPTY))

    return _over([one for one in _successes(answers) if one.is_json], problems)


def _cards_list(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        cards = one.document.get("cards") if isinstance(one.document, dict) else None
        if not isinstance(cards, list) or not all(isinstance(card, dict) for card in cards):
            yield "an answer of status 200 is no object with a list `cards`"

    return _over(hook_answers(answers), problems)


def _distinct(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        ids = [card["uuid"] for card in one.cards if isinstance(card.get("uuid"), str)]
        if len(set(ids)) != len(ids):
            yield "two cards of one answer have the same uuid"

    return _over(hook_answers(answers), problems)


def _system_actions(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        if isinstance(one.document, dict) and "systemActions" in one.document:
            yield "an answer carries systemActions, which nobody reviews"

    return _over(hook_answers(answers), problems)


def _echoes(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        for canary, what in ((ACCESS_TOKEN, "the access token"), (ECHO, "the request"), (_PATIENT_NAME, "the request")):
            if canary.encode() in one.body:
                yield f"an answer of status {one.status} repeats {what}"

    return _over([one for one in answers if one.status >= 400], problems)  # noqa: PLR2004 - HTTP


def _token_told(answers: Sequence[Answer]) -> Outcome:
    return _over(
        answers, lambda one: ("an answer holds the access token",) if ACCESS_TOKEN.encode() in one.body else ()
    )


def _traces(answers: Sequence[Answer]) -> Outcome:
    return _over(
        answers,
        lambda one: (f"an answer of status {one.status} shows a stack trace",) if _TRACES.search(one.body) else (),
    )


def _outcomes(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        if not isinstance(one.document, dict) or one.document.get("resourceType") != "OperationOutcome":
            yield f"an answer of status {one.status} is no OperationOutcome"

    refused = [one for one in answers if one.status >= 400 and one.status != _UNAUTHORIZED and one.method != "OPTIONS"]  # noqa: PLR2004
    return _over(refused, problems)


def _not_stored(answers: Sequence[Answer]) -> Outcome:
    def problems(one: Answer) -> Iterator[str]:
        if not {"no-store", "no-cache"} & {
            part.strip().lower() for part in one.headers.get("cache-control", "").split(",")
        }:
            yield "an answer with cards does not say Cache-Control: no-store"

    return _over(hook_answers(answers), problems)


def _in_time(answers: Sequence[Answer]) -> Outcome:
    took = sorted(one.seconds for one in hook_answers(answers))
    if not took:
        return not_run("no hook was answered")
    median, slowest = took[len(took) // 2], took[-1]
    told = f"median {median * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms, over {len(took)} answers"
    return kept(told) if median <= 0.5 else broken(told)  # noqa: PLR2004 - S16


def hook_answers(answers: Sequence[Answer]) -> list[Answer]:
    """The answers of status 200 of services: of POSTs that are no feedback."""
    return [one for one in answers if one.status == _OK and one.method == "POST" and not one.path.endswith("/feedback")]


def _successes(answers: Sequence[Answer]) -> list[Answer]:
    """The 200s with a body; how feedback is answered is not specified, with nothing for instance."""
    return [one for one in answers if one.status == _OK and one.method != "OPTIONS" and one.body]


def _over(answers: Sequence[Answer], problems: Callable[[Answer], Iterator[str] | tuple[str, ...]]) -> Outcome:
    if not answers:
        return not_run("no such answer was seen")
    return judged((problem for one in answers for problem in problems(one)), looked_at=f"{len(answers)} answers")


ANSWER_RULES: Final = (
    AnswerRule(shall("S1", "utf-8", "bodies are JSON in UTF-8"), _utf8),
    AnswerRule(shall("S1", "media-type", "JSON is sent as application/json"), _media_types),
    AnswerRule(shall("S2", "no-empties", "no member is null or empty"), _empties),
    AnswerRule(should("S13", "outcomes", "errors carry an OperationOutcome"), _outcomes),
    AnswerRule(should("S16", "in-time", "half a second"), _in_time),
    AnswerRule(shall("S17", "cards", "success is 200 with a list of cards"), _cards_list),
    AnswerRule(shall("S18", "distinct", "no two cards of one answer share a uuid"), _distinct),
    AnswerRule(should("S25", "system-actions", "systemActions only as agreed"), _system_actions),
    AnswerRule(should("S41", "not-stored", "guidance is not cached"), _not_stored),
    AnswerRule(shall("T6", "echo", "no error repeats what was sent"), _echoes),
    AnswerRule(shall("T6", "token", "the access token comes back nowhere"), _token_told),
    AnswerRule(shall("T6", "stack-trace", "no answer shows a stack trace"), _traces),
)
