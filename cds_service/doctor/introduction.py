"""Getting to know a service: what it lists, how it answers usual calls, whether it takes fhirServer and feedback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from cds_service.doctor import probe_feedback, probe_fhir
from cds_service.doctor.answer import Answer, NoAnswer
from cds_service.doctor.contexts import SHAPES
from cds_service.doctor.entries import ELSEWHERE, Entry, callable_entries
from cds_service.doctor.subject import NotAsked, Subject
from cds_service.doctor.wire import DISCOVERY

_OK: Final = 200
_UNAUTHORIZED: Final = 401


async def introduce(subject: Subject, *, service: str, progress: Callable[[str], None]) -> Subject:
    """Discovery, the usual call of each service, feedback on a card, and whether fhirServer is accepted."""
    progress("discovery")
    subject = await _discovered(subject, service)
    if subject.chosen is None:
        return subject
    calls = {}
    for entry in subject.entries:
        if entry.hook in SHAPES:
            progress(f"calling {entry.id}")
            with suppress(NoAnswer):
                calls[entry] = await subject.wire.post(entry.path, subject.body(entry))
    subject = replace(
        subject, calls=calls, why_not=_locked(calls.get(subject.chosen), is_signed=subject.wire.signer is not None)
    )
    with suppress(NoAnswer, NotAsked):
        answer = await subject.call(probe_fhir.with_server(subject, subject.fhir_base))
        subject = replace(subject, is_base_taken=answer.status == _OK)
    return subject


async def first_feedback(subject: Subject) -> Subject:
    """The subject, with what feedback on its card was answered; asked late, as an answered card may well not return."""
    with suppress(NoAnswer, NotAsked):
        path = f"{subject.entry.path}/feedback"
        item = probe_feedback.overridden(str(subject.card["uuid"]))
        return replace(subject, known_feedback=await subject.wire.post(path, {"feedback": [item]}))
    return subject


async def _discovered(subject: Subject, service: str) -> Subject:
    try:
        found = await subject.wire.get(DISCOVERY)
    except NoAnswer as error:
        return replace(subject, why_not=f"discovery: {error}")
    entries = callable_entries(found) or await _listed_elsewhere(subject, found)
    known = [one for one in entries if one.hook in SHAPES]
    named = [one for one in known if one.id == service]
    if service and not named:
        return replace(
            subject, discovery=found, entries=entries, why_not="no such service is listed for a hook known here"
        )
    first = named or [one for one in known if one.hook == "patient-view"] or known
    why_not = "" if first else _locked(found, is_signed=subject.wire.signer is not None)
    return replace(subject, discovery=found, entries=entries, chosen=first[0] if first else None, why_not=why_not)


async def _listed_elsewhere(subject: Subject, found: Answer) -> tuple[Entry, ...]:
    """What is listed at other addresses, so that the rest can be examined all the same."""
    if found.status in {_OK, _UNAUTHORIZED}:
        return ()
    for path in ELSEWHERE:
        with suppress(NoAnswer):
            if entries := callable_entries(await subject.wire.get(path)):
                return entries
    return ()


def _locked(found: Answer | None, *, is_signed: bool) -> str:
    if found is None or found.status != _UNAUTHORIZED:
        return ""
    if is_signed:
        return "the service answers signed calls with 401: is this key known under this issuer and kid, for this URL?"
    return "the service wants signed calls: give --jwt-key and --issuer"
