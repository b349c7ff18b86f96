"""Transport, other origins, calls at once and calls again (S1, S6, S40, SAF-ACK-2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final
from urllib.parse import urlsplit

from cds_service.doctor.answer import Answer
from cds_service.doctor.entries import Entry
from cds_service.doctor.finding import Outcome, broken, judged, kept, not_run, quoted, shall, should
from cds_service.doctor.subject import Check, Subject
from cds_service.doctor.wire import DISCOVERY
from cds_service.loopback import is_loopback

_STRANGER: Final = "https://doctor.example"
_PREFLIGHT: Final = {
    "origin": _STRANGER,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}
_AT_ONCE: Final = 4
_SLOW_S: Final = 1.0
_OK: Final = 200


async def _tls(subject: Subject) -> Outcome:
    parts = urlsplit(subject.wire.base)
    if parts.scheme == "https":
        return kept("https")
    if is_loopback(parts.hostname or ""):
        return not_run("http on loopback, where nobody listens in")
    return broken("http: anybody on the way reads along")


async def _each_called(subject: Subject) -> Outcome:
    """Every listed service whose hook is known here was called once, with all that it asks for."""
    _ = subject.entry
    bad = [
        f"service {quoted(one.id)} answered {answer.status}"
        for one, answer in subject.calls.items()
        if answer.status != _OK
    ]
    return judged(bad, looked_at=f"{len(subject.calls)} services")


async def _told_apart(subject: Subject) -> Outcome:
    """Two services on one hook: where dispatch follows the hook, the last one wins."""
    pairs = [
        (one, other) for one, other in combinations(subject.calls, 2) if one.hook == other.hook and one.id != other.id
    ]
    if not pairs:
        return not_run("no hook has two services")
    return judged(_alike(subject, pairs), looked_at=f"{len(pairs)} pairs")


def _alike(subject: Subject, pairs: Sequence[tuple[Entry, Entry]]) -> Iterator[str]:
    for one, other in pairs:
        said, also = (_said(subject.calls[each]) for each in (one, other))
        if said and said == also:
            yield f"services {quoted(one.id)} and {quoted(other.id)} say the same: is the last one answering for both?"


def _said(answer: Answer) -> list[object]:
    return [(card.get("summary"), str(card.get("source")), card.get("detail")) for card in answer.cards]


async def _again(subject: Subject) -> Outcome:
    usual = subject.usual
    if not usual.cards:
        return not_run("the usual call gets no cards")
    answer = await subject.call(subject.body())
    if _said(answer) != _said(usual):
        return broken("the same call again gets cards that say something else")
    same = [card.get("uuid") for card in answer.cards] == [card.get("uuid") for card in usual.cards]
    return kept("the same cards again" if same else "cards that say the same, under new uuids")


async def _at_once(subject: Subject) -> Outcome:
    alone = subject.usual.seconds
    began = time.perf_counter()
    await asyncio.gather(*(subject.call(subject.body()) for _ in range(_AT_ONCE)), subject.wire.get(DISCOVERY))
    took = time.perf_counter() - began
    told = f"{_AT_ONCE} calls and discovery took {took:.1f} s, one alone {alone:.1f} s"
    return broken(told) if took > _SLOW_S and took > (_AT_ONCE - 1) * alone else kept(told)


async def _cors(subject: Subject) -> Outcome:
    """Whether a page of anybody's may call with the user's credentials."""
    path = subject.entry.path
    preflight = await subject.wire.send(
        "OPTIONS",
        path,
        authorization="",
        headers=_PREFLIGHT,
    )
    plain = await subject.wire.get(DISCOVERY, origin=_STRANGER)
    allowed = {one.headers.get("access-control-allow-origin", "") for one in (preflight, plain)}
    lends = any(one.headers.get("access-control-allow-credentials", "").lower() == "true" for one in (preflight, plain))
    if _STRANGER in allowed or ("*" in allowed and lends):
        return broken(f"any origin may call{', with credentials' if lends else ''}")
    return broken("every origin may call (*)") if "*" in allowed else kept("a stranger's origin is not let in")


CHECKS: Final = (
    Check(shall("S1", "tls", "production runs over TLS"), _tls),
    Check(shall("S6", "each", "every listed service can be called by its id"), _each_called),
    Check(should("S6", "told-apart", "two services on one hook are told apart"), _told_apart),
    Check(shall("S40", "cors", "only listed origins may call from a browser"), _cors),
    Check(should("SAF-ACK-2", "again", "the same call gets the same guidance"), _again),
    Check(should("REL-1", "at-once", "calls at once do not wait for each other"), _at_once),
)
