"""A service that reads: from the FHIR server that the call names, with its token, in time, and from no other."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from cds_service.doctor.answer import NoAnswer
from cds_service.doctor.chart import is_search, prefetched, searchset
from cds_service.doctor.expectations import answered, missed
from cds_service.doctor.finding import Outcome, broken, kept, not_run, shall, should
from cds_service.doctor.rules_answer import ACCESS_TOKEN
from cds_service.doctor.stand import ELSEWHERE, Mood
from cds_service.doctor.subject import Body, Check, NotAsked, Subject
from cds_service.doctor.wire import DISCOVERY

_PRECONDITION: Final = 412
_MEANWHILE_S: Final = 1.0
_CAP_S: Final = 2.0
_COME_S: Final = 2.0


def with_server(subject: Subject, base: str, **changes: Any) -> Body:  # noqa: ANN401 - JSON
    """The usual call, with a FHIR server and an access token (cds-r-1)."""
    authorization = {
        "access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300,
        "scope": "patient/*.read", "subject": "doctor", "patient": subject.patient_id,
    }  # fmt: skip
    return subject.body(fhirServer=base, fhirAuthorization=authorization, **changes)


async def _with_fhir_server(subject: Subject) -> Outcome:
    """The fault of a service that fails where real EHRs send fhirServer, and answers with silence."""
    answer = await subject.call(with_server(subject, subject.fhir_base))
    if answer.is_refusal and not subject.is_base_given:
        raise NotAsked(f"{answer.status}, as it should be where this base is not configured (T5): give --fhir-base")
    return answered(subject, answer)


async def _from_server_alone(subject: Subject) -> Outcome:
    """The doctor's own server, or a real one, which has to have the patient."""
    if subject.is_base_given and subject.is_base_taken and not subject.is_host:
        answer = await subject.call(with_server(subject, subject.fhir_base, prefetch=...))
        if answer.status == _PRECONDITION:
            return not_run("answered 412: is --patient on that server, and readable without a token?")
        return answered(subject, answer)
    with subject.host_of_fhir.being(Mood.PROMPT) as stand:
        answer = await subject.call(with_server(subject, stand.base, prefetch=...))
        came = len(stand.visits)
    outcome = answered(subject, answer)
    return Outcome(is_kept=outcome.is_kept, told=f"{outcome.told}, after {came} reads")


async def _bearer(subject: Subject) -> Outcome:
    with subject.host_of_fhir.being(Mood.PROMPT) as stand:
        await subject.call(with_server(subject, stand.base, prefetch=...))
        sent = [one.authorization for one in stand.visits]
    if not sent:
        return not_run("the service read nothing")
    without = sum(1 for one in sent if one != f"Bearer {ACCESS_TOKEN}")
    return broken(f"{without} of {len(sent)} reads came without the token") if without else kept(f"{len(sent)} reads")


async def _next_page(subject: Subject) -> Outcome:
    with subject.host_of_fhir.being(Mood.PROMPT) as stand:

        def page(template: str) -> object:
            found = prefetched(template, subject.chart) or searchset(())
            kind = template.partition("?")[0]
            return found | {"link": [{"relation": "next", "url": f"{stand.base}/{kind}/page-2"}]}

        await subject.call(with_server(subject, stand.base, prefetch=subject.prefetch(page)))
        followed = sum(1 for one in stand.visits if one.path.endswith("/page-2"))
    pages = sum(1 for text in subject.entry.prefetch.values() if is_search(text))
    told = f"{followed} of {pages} next links followed"
    return kept(told) if followed else broken(told)


async def _failing(subject: Subject) -> Outcome:
    with subject.host_of_fhir.being(Mood.FAILING) as stand:
        return missed(subject, await subject.call(with_server(subject, stand.base, prefetch=...)))


def _without_searches(subject: Subject, base: str) -> Body:
    return with_server(subject, base, prefetch=subject.prefetch(lambda _: ...))


async def _hanging(subject: Subject) -> Outcome:
    with subject.host_of_fhir.being(Mood.HANGING) as stand:
        answer = await subject.call(_without_searches(subject, stand.base))
        came = len(stand.visits)
    if not came:
        return not_run("the service read nothing")
    told = f"answered {answer.status} after {answer.seconds:.1f} s, while {came} reads hung"
    return kept(told) if answer.seconds <= _CAP_S else broken(told)


async def _discovery_meanwhile(subject: Subject) -> Outcome:
    """Whether a call that waits for something stops all the others."""
    with subject.host_of_fhir.being(Mood.HANGING) as stand:
        waiting = asyncio.create_task(subject.call(_without_searches(subject, stand.base)))
        await asyncio.to_thread(stand.came.wait, _COME_S)
        try:
            answer = await subject.wire.get(DISCOVERY)
        finally:
            await asyncio.gather(waiting, return_exceptions=True)
    told = f"discovery took {answer.seconds * 1000:.0f} ms while a call waited"
    return kept(told) if answer.seconds <= _MEANWHILE_S else broken(told)


async def _elsewhere(subject: Subject) -> Outcome:
    """An address that nobody configured, on the doctor's own server, so that a visit is seen (T5)."""
    entry = subject.entry
    base = f"{subject.stand.address}{ELSEWHERE}" if subject.stand else f"https://fhir.example{ELSEWHERE}"
    if subject.stand:
        subject.stand.visits.clear()
    try:
        answer = await subject.wire.post(entry.path, with_server(subject, base, prefetch=...))
    except NoAnswer:
        answer = None
    came = subject.stand.visits_to(ELSEWHERE) if subject.stand else []
    if came:
        told = " with the access token" if any(ACCESS_TOKEN in one.authorization for one in came) else ""
        return broken(f"the service read from an address that nobody configured{told}")
    if answer is not None and answer.is_refusal:
        return kept(f"answered {answer.status}")
    return (
        kept("nothing was read from it") if subject.stand else not_run("whether it was read cannot be seen from here")
    )


CHECKS: Final = (
    Check(shall("S10", "fhir-server", "a call with fhirServer is answered as one without"), _with_fhir_server),
    Check(should("S12", "next-page", "next links are followed"), _next_page),
    Check(should("S14", "server-alone", "fhirServer alone is enough"), _from_server_alone),
    Check(shall("S15", "bearer", "reads carry the call's access token"), _bearer),
    Check(shall("T5", "elsewhere", "an address that nobody configured is never read"), _elsewhere),
    Check(should("REL-1", "failing", "a FHIR server that fails: 412, or cards"), _failing),
    Check(should("REL-1", "hanging", "a FHIR server that hangs: an answer within 2 s"), _hanging),
    Check(should("REL-1", "meanwhile", "a call that waits stops no other"), _discovery_meanwhile),
)
