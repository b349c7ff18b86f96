"""Gather one patient's record in parallel and under one deadline; what could not be seen is said, type by type."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from fhir_adapters.errors import (
    AdapterError,
    AddressRefused,
    PatientMissing,
    RequestRefused,
    ResourceMissing,
    ServerFailed,
)
from fhir_adapters.fhir_server import FhirServer, SearchResult, is_id, reason_of
from fhir_adapters.history import AccessRecord, Alarm, AlarmKind, Coverage, Gathered, Omission
from fhir_adapters.reading import read_history
from fhir_adapters.types import ORDER_TYPES, TYPES

__all__ = ["ALL_TYPES", "SEARCHES", "FhirServer", "Part", "SearchResult", "gather_history"]

# What is asked for beside the patient.
SEARCHES: Mapping[str, Mapping[str, str]] = {name: row.search for name, row in TYPES.items()}
_ORDER_SEARCHES: Mapping[str, Mapping[str, str]] = {name: row.search for name, row in ORDER_TYPES.items()}
ALL_TYPES: tuple[str, ...] = tuple(TYPES)

_AT_ONCE = 8  # requests in flight to one server
_GRACE_S = 0.02  # for a server to hand over, at the deadline, the pages that it has


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one read, search or prefetch key brought, and how much of its type that is."""

    resource_type: str
    coverage: Coverage
    resources: tuple[dict[str, object], ...] = ()
    omissions: tuple[Omission, ...] = ()
    access_records: tuple[AccessRecord, ...] = ()
    alarms: tuple[Alarm, ...] = ()


async def gather_history(
    server: FhirServer,
    patient_id: str,
    *,
    timeout_s: float,
    types: Iterable[str] = ALL_TYPES,
    limit: int | None = None,
) -> Gathered:
    """Everything of `types` that the server gives of one patient within `timeout_s` seconds, at most `limit` entries.

    A type that fails is an omission, never an error. The Patient is required: PatientMissing where the server has none,
    AccessDenied, ServerFailed, UnreadableRecord or AddressRefused where it could not be read, WrongPatient where
    another came.
    """
    check_patient_id(patient_id)
    until = asyncio.get_running_loop().time() + timeout_s
    searches = [partial(search_type, server, name, patient_id, until=until) for name in types if name != "Patient"]
    parts = await read_together(partial(read_patient, server, patient_id, until=until), *searches)
    return history_of(parts, patient_id=patient_id, limit=limit)


def check_patient_id(patient_id: str) -> None:
    """Ask nothing about an id that can be no resource's: PatientMissing."""
    if not is_id(patient_id):
        raise PatientMissing("The patient id is no FHIR id.", outcome="no FHIR id")


async def read_together(*reads: Callable[[], Awaitable[Part]]) -> list[Part]:
    """What all reads bring, a few at once. The first that raises an AdapterError ends the others, and is raised."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(read: Callable[[], Awaitable[Part]]) -> Part:
        async with gate:
            return await read()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(read)) for read in reads]
    except ExceptionGroup as failed:
        if (errors := failed.subgroup(AdapterError)) is not None and errors.exceptions:
            raise errors.exceptions[0] from None
        raise
    return [task.result() for task in tasks]


async def read_patient(server: FhirServer, patient_id: str, *, until: float) -> Part:
    """The Patient itself. Raises what `gather_history` says."""
    reference = f"Patient/{patient_id}"
    try:
        async with asyncio.timeout_at(until + _GRACE_S):
            patient = await server.read(reference, until=until)
    except TimeoutError:
        raise _timed_out("The Patient") from None
    except ResourceMissing as missing:
        raise PatientMissing("The FHIR server has no such Patient.", outcome=missing.outcome) from None
    record = AccessRecord(system="fhir", interaction="read", what=reference, outcome="ok", count=1)
    return Part(resource_type="Patient", coverage=Coverage.WHOLE, resources=(patient,), access_records=(record,))


async def search_type(server: FhirServer, resource_type: str, patient_id: str, *, until: float) -> Part:
    """All of one type that the server gives of one patient. Raises no AdapterError: what failed is in the Part."""
    plain = {"patient": patient_id}
    try:
        async with asyncio.timeout_at(until + _GRACE_S):
            result = await _search(server, resource_type, plain, until=until)
    except TimeoutError:
        return failed_part(resource_type, _timed_out(resource_type), asked=f"{resource_type}?{urlencode(plain)}")
    except AdapterError as error:
        return failed_part(resource_type, error, asked=f"{resource_type}?{urlencode(plain)}")
    return _part_of(resource_type, result)


async def follow_link(server: FhirServer, resource_type: str, next_url: str, *, until: float) -> Part:
    """The rest of a type whose first page is there already. Raises no AdapterError, as `search_type`."""
    asked = f"{resource_type}, next page"
    try:
        async with asyncio.timeout_at(until + _GRACE_S):
            result = await server.follow(resource_type, next_url, until=until)
    except TimeoutError:
        failed = failed_part(resource_type, _timed_out(resource_type), asked=asked)
    except AdapterError as error:
        failed = failed_part(resource_type, error, asked=asked)
    else:
        return _part_of(resource_type, result)
    return dataclasses.replace(failed, coverage=Coverage.PART)  # the first page was seen


def failed_part(resource_type: str, error: AdapterError, *, asked: str) -> Part:
    """A type of which nothing was seen, with the reason, as a part of the history."""
    outcome = error.outcome or "failed"
    alarm = Alarm(kind=AlarmKind.ADDRESS_REFUSED, what=resource_type)
    return Part(
        resource_type=resource_type,
        coverage=Coverage.NONE,
        omissions=(Omission(what=resource_type, reason=reason_of(error), detail=outcome),),
        access_records=(AccessRecord(system="fhir", interaction="search", what=asked, outcome=outcome),),
        alarms=(alarm,) if isinstance(error, AddressRefused) else (),
    )


def history_of(
    parts: Iterable[Part], *, patient_id: str, limit: int | None, omissions: Iterable[Omission] = ()
) -> Gathered:
    """The history that these parts make. Raises PatientMissing and WrongPatient."""
    seen = list(parts)
    gathered = read_history(
        [resource for part in seen for resource in part.resources],
        patient_id=patient_id,
        coverage=_coverage_of(seen),
        omissions=[*(omission for part in seen for omission in part.omissions), *omissions],
        limit=limit,
    )
    return dataclasses.replace(
        gathered,
        access_records=(*(record for part in seen for record in part.access_records), *gathered.access_records),
        alarms=(*(alarm for part in seen for alarm in part.alarms), *gathered.alarms),
    )


def _coverage_of(parts: Iterable[Part]) -> dict[str, Coverage]:
    """Per type; where several parts speak of one type (two keys, a page and its followers), the least of them."""
    found: dict[str, set[Coverage]] = {}
    for part in parts:
        if part.resource_type != "Patient":  # required, so never a question
            found.setdefault(part.resource_type, set()).add(part.coverage)
    return {name: levels.pop() if len(levels) == 1 else Coverage.PART for name, levels in found.items()}


async def _search(server: FhirServer, resource_type: str, plain: Mapping[str, str], *, until: float) -> SearchResult:
    extras = SEARCHES.get(resource_type) or _ORDER_SEARCHES.get(resource_type, {})
    try:
        return await server.search(resource_type, {**plain, **extras}, until=until)
    except RequestRefused:
        if not extras:
            raise
    # A strict server refuses a search for one parameter that it does not know. The plain search is what every server
    # must offer; this is another question, not a second try.
    return await server.search(resource_type, plain, until=until)


def _part_of(resource_type: str, result: SearchResult) -> Part:
    return Part(
        resource_type=resource_type,
        coverage=Coverage.WHOLE if result.complete else Coverage.PART,
        resources=result.resources,
        omissions=result.omissions,
        access_records=result.access_records,
        alarms=result.alarms,
    )


def _timed_out(what: str) -> ServerFailed:
    return ServerFailed(f"{what} did not come before the deadline.", outcome="timed out")
