"""Asking checks one after another, each within its time; a service that has fallen silent is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from cds_service.doctor.answer import NoAnswer
from cds_service.doctor.finding import Finding, Outcome, broken, not_run
from cds_service.doctor.subject import Check, NotAsked, Subject

_SILENT: Final = 3  # so many checks without an answer, one after another: is anybody there?
_CALLS: Final = 3  # so many answers of full length are waited for in one check


async def ask(checks: Sequence[Check], subject: Subject, *, progress: Callable[[str], None]) -> list[Finding]:
    """A finding for each check, in order. Once the service does not even answer a usual call, the rest is not asked."""
    findings: list[Finding] = []
    silent = 0
    for check in checks:
        progress(f"{check.rule.requirement}: {check.rule.asks}")
        if silent >= _SILENT:
            findings.append(Finding.of(check.rule, not_run("the service has stopped answering")))
            continue
        outcome, answered = await _outcome(check, subject)
        silent = 0 if answered else silent + 1
        if silent == _SILENT and await _answers(subject):
            silent = 0
        findings.append(Finding.of(check.rule, outcome))
    return findings


async def _outcome(check: Check, subject: Subject) -> tuple[Outcome, bool]:
    """What a check finds, and whether the service answered, as far as was asked."""
    try:
        async with asyncio.timeout(subject.wire.timeout_s * _CALLS):
            return await check.ask(subject), True
    except NotAsked as error:
        return not_run(str(error)), True
    except NoAnswer as error:
        return broken(str(error)), False
    except TimeoutError:
        return broken("not done in time"), False


async def _answers(subject: Subject) -> bool:
    try:
        await subject.call(subject.body())
    except (NoAnswer, NotAsked):
        return False
    return True
