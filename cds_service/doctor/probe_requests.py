"""Odd calls that a service must take, and wrong ones that it must refuse (S6, S10, S11, T11)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any, Final

import orjson

from cds_service.doctor.answer import Answer, NoAnswer
from cds_service.doctor.expectations import answered, never_failed, refused
from cds_service.doctor.finding import Outcome, Rule, kept, shall, should
from cds_service.doctor.rules_answer import ECHO
from cds_service.doctor.subject import Body, Check, Expectation, NotAsked, Subject, variation

_HUGE: Final = 12_000_000
_DEEP: Final = 100_000


def _member(name: str, value: object) -> Callable[[Subject], Body]:
    return lambda subject: {one: it for one, it in (subject.body() | {name: value}).items() if it is not ...}


def _context(**changes: object) -> Callable[[Subject], Body]:
    """The usual call with members of its context changed, or left out."""

    def change(subject: Subject) -> Body:
        body = subject.body()
        context: dict[str, Any] = body["context"] | changes
        return body | {"context": {name: value for name, value in context.items() if value is not ...}}

    return change


def _only_if_required(field: str, value: object) -> Callable[[Subject], Body]:
    def change(subject: Subject) -> Body:
        if field not in subject.shape.required:
            raise NotAsked(f"{subject.entry.hook} does not require {field}")
        return _context(**{field: value})(subject)

    return change


def _without_optional(subject: Subject) -> Body:
    if not subject.shape.optional:
        raise NotAsked(f"{subject.entry.hook} has no optional field")
    return _context(**dict.fromkeys(subject.shape.optional, ...))(subject)


def _unknown_members(subject: Subject) -> Body:
    odd = {"com.example.unknown": {"a": [1]}, "unknownMember": "x"}
    body = _context(**odd)(subject)
    return body | odd | {"extension": {"com.example.doctor": {"note": "synthetic"}}}


def _empty_members(subject: Subject) -> Body:
    return subject.body(fhirAuthorization=None, extension={}) | {"fhirServer": None}


def _other_hook(subject: Subject) -> Body:
    listed = {one.hook for one in subject.entries if one.id == subject.entry.id}
    other = "patient-view" if "patient-view" not in listed else "order-sign"
    return subject.body(hook=other)


def _raw(rule: Rule, content: bytes, expects: Expectation, **headers: str) -> Check:
    async def ask(subject: Subject) -> Outcome:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return expects(subject, await subject.wire.send("POST", subject.entry.path, content=content, headers=named))

    return Check(rule, ask)


async def _text_plain(subject: Subject) -> Outcome:
    content = orjson.dumps(subject.body())
    return refused(subject, await _sent(subject, content, {"content-type": "text/plain"}))


async def _compressed(subject: Subject) -> Outcome:
    content = gzip.compress(orjson.dumps(subject.body()))
    return never_failed(subject, await _sent(subject, content, {"content-encoding": "gzip"}))


async def _huge(subject: Subject) -> Outcome:
    content = orjson.dumps(subject.body(extension={"com.example.doctor": "x" * _HUGE}))
    try:
        return never_failed(subject, await _sent(subject, content, {}))
    except NoAnswer as error:
        if "connection" in str(error):  # a server may hang up on who sends too much
            return kept("the connection was closed")
        raise


async def _sent(subject: Subject, content: bytes, headers: dict[str, str]) -> Answer:
    return await subject.wire.send("POST", subject.entry.path, content=content, headers=headers)


async def _unknown_service(subject: Subject) -> Outcome:
    path = f"{subject.entry.path.rpartition('/')[0]}/doctor-no-such-service"
    return refused(subject, await subject.wire.post(path, subject.body()))


CHECKS: Final = (
    Check(shall("S6", "unknown-service", "an id that is not listed is refused"), _unknown_service),
    variation(shall("S10", "unknown-members", "unknown members are passed over"), _unknown_members, answered),
    variation(should("S10", "empty-members", "null and empty members are passed over"), _empty_members, answered),
    variation(
        shall("S10", "optional-fields", "optional fields of the context may be absent"), _without_optional, answered
    ),
    variation(
        shall("S10", "no-hook-instance", "a call without hookInstance is refused"),
        _member("hookInstance", ...),
        refused,
    ),
    variation(
        shall("S10", "hook-instance-type", "a hookInstance that is no text is refused"),
        _member("hookInstance", 7),
        refused,
    ),
    variation(shall("S10", "no-context", "a call without context is refused"), _member("context", ...), refused),
    variation(
        shall("S10", "context-type", "a context that is no object is refused"), _member("context", [ECHO]), refused
    ),
    variation(shall("S10", "no-hook", "a call without hook is refused"), _member("hook", ...), refused),
    _raw(shall("S10", "not-json", "what is no JSON is refused"), b'{"hook": ' + ECHO.encode(), refused),
    _raw(shall("S10", "no-object", "JSON that is no object is refused"), orjson.dumps([ECHO]), refused),
    _raw(shall("S10", "no-body", "an empty body is refused"), b"", refused),
    Check(should("S10", "text-plain", "text/plain is refused"), _text_plain),
    variation(shall("S11", "other-hook", "a hook that the id is not listed for is refused"), _other_hook, refused),
    variation(
        shall("S11", "no-patient", "a context without patientId is refused"),
        _only_if_required("patientId", ...),
        refused,
    ),
    variation(
        shall("S11", "no-user", "a context without userId is refused"), _only_if_required("userId", ...), refused
    ),
    variation(
        shall("S11", "no-encounter", "a context without encounterId is refused"),
        _only_if_required("encounterId", ...),
        refused,
    ),
    variation(
        shall("S11", "no-orders", "a context without draftOrders is refused"),
        _only_if_required("draftOrders", ...),
        refused,
    ),
    variation(
        shall("S11", "patient-type", "a patientId that is no text is refused"), _context(patientId={ECHO: 1}), refused
    ),
    variation(
        should("S11", "patient-reference", "a patientId with a slash is refused"),
        _context(patientId=f"Patient/{ECHO}"),
        refused,
    ),
    variation(
        should("S11", "user-bare", "a userId that is not Type/id is refused"),
        _only_if_required("userId", ECHO),
        refused,
    ),
    Check(shall("T11", "huge", "12 MB are refused or taken, without a failure"), _huge),
    _raw(shall("T11", "deep", "JSON nested 100,000 levels deep is refused"), b"[" * _DEEP + b"]" * _DEEP, refused),
    Check(shall("T11", "compressed", "a compressed body is no failure"), _compressed),
)
