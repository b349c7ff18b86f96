"""What the EHR sent along with a hook: used first, each gap told from "no data", missing keys read from its server."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

from fhir_adapters.bundle import Page, omission_of, open_bundle
from fhir_adapters.errors import AdapterError, PatientMissing, WrongPatient
from fhir_adapters.fhir_server import FhirServer, of_type, uncounted
from fhir_adapters.gather import (
    Part,
    check_patient_id,
    follow_link,
    history_of,
    read_patient,
    read_together,
    search_type,
)
from fhir_adapters.history import AccessRecord, Coverage, Gathered, Omission, Reason
from fhir_adapters.home_base import Home, at_home, home_of
from fhir_adapters.large_work import LARGE_COUNT, run_work
from fhir_adapters.types import TYPES

# The templates of patient-view (S9: one read, and searches by a reference parameter).
PREFETCH: Mapping[str, str] = {
    "patient": "Patient/{{context.patientId}}",
    **{row.key: row.template for row in TYPES.values()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """A prefetch sorted by the four cases of S12."""

    parts: Mapping[str, Part]  # by key: what was answered, "no data" and failure included
    missing: tuple[str, ...]  # keys that the client left out: to be read from its server
    next_urls: Mapping[str, str]  # by key: where the pages after the first are
    unasked: tuple[Omission, ...]  # keys that no template asked for

    @property
    def resources(self) -> tuple[dict[str, object], ...]:
        """Every resource that came, in the order of the templates."""
        return tuple(resource for part in self.parts.values() for resource in part.resources)

    @property
    def coverage(self) -> Mapping[str, Coverage]:
        """By key: how much of it came."""
        came = {key: Coverage.PART if key in self.next_urls else part.coverage for key, part in self.parts.items()}
        return came | dict.fromkeys(self.missing, Coverage.NONE)

    @property
    def omissions(self) -> tuple[Omission, ...]:
        """What came and cannot be used, or failed at the client. Missing keys and pages are not among these yet."""
        return (*(omission for part in self.parts.values() for omission in part.omissions), *self.unasked)


def triage(
    prefetch: Mapping[str, object] | None, templates: Mapping[str, str] = PREFETCH, *, base: str | None = None
) -> Triage:
    """Sort what the client sent. Raises nothing: a value that is no FHIR is an omission.

    `base` is that of the client's server where the hook names it; else the fullUrls of all keys must agree on one
    (`fhir_adapters.home_base`).
    """
    sent = prefetch or {}
    parts: dict[str, Part] = {}
    pages = {key: _page_of(sent[key]) for key in templates if key in sent}
    home = home_of((one for page in pages.values() for one in page.found), base=base)
    for key, page in pages.items():
        parts[key] = _part_of(key, sent[key], page, home=home, resource_type=type_of(templates[key]))
    next_urls = {key: page.next_url for key, page in pages.items() if page.next_url is not None}
    # What nobody asked for is not used: the client should not have sent it (C2), and no template says that we need it.
    # It is counted, without the keys, which may be any text.
    count = len(sent.keys() - templates.keys())
    unasked = Omission(what="prefetch not asked for", reason=Reason.UNSUPPORTED, count=count)
    return Triage(
        parts=parts,
        missing=tuple(key for key in templates if key not in sent),
        next_urls=next_urls,
        unasked=(unasked,) if count else (),
    )


async def history_for_hook(
    prefetch: Mapping[str, object] | None,
    *,
    patient_id: str,
    server: FhirServer | None,
    timeout_s: float,
    limit: int = 1000,
    templates: Mapping[str, str] = PREFETCH,
    base: str | None = None,
) -> Gathered:
    """The history that a hook is answered from, after at most `timeout_s` seconds of reading.

    Keys left out and following pages are read from `server`, in parallel; without one they are omissions. "No data"
    and a client's own failure are taken as they are (S12). `base` is that of `server`, where the hook names one. Raises
    PatientMissing where the Patient neither came nor could be read, for whatever reason (S13), and WrongPatient.
    """
    check_patient_id(patient_id)
    found = await run_work(
        partial(triage, prefetch, templates, base=base), is_large=count_sent(prefetch) >= LARGE_COUNT
    )
    if server is None:
        rest = [_not_supplied(key, found, templates) for key in (*found.missing, *found.next_urls)]
    else:
        until = asyncio.get_running_loop().time() + timeout_s
        rest = await _read_rest(_reads(found, templates, server, patient_id=patient_id, until=until))
    parts = [*_first_pages(found, followed=server is not None), *rest]
    read = partial(history_of, parts, patient_id=patient_id, limit=limit, omissions=found.unasked)
    return await run_work(read, is_large=sum(len(part.resources) for part in parts) >= LARGE_COUNT)


def count_sent(prefetch: Mapping[str, object] | None) -> int:
    """About how many resources the client sent."""
    entries = [value.get("entry") for value in (prefetch or {}).values() if isinstance(value, dict)]
    return sum(len(one) for one in entries if isinstance(one, list))


def type_of(template: str) -> str:
    """The resource type that a prefetch template asks for."""
    return re.split(r"[/?]", template, maxsplit=1)[0]


def _page_of(value: object) -> Page:
    """One key's value unpacked; a single resource is a page of its own. What is neither holds nothing."""
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind == "Bundle":
        return open_bundle(value)
    is_resource = isinstance(value, dict) and isinstance(kind, str) and kind != "OperationOutcome"
    return Page([("", value)] if is_resource and isinstance(value, dict) else [], None, [])


def _part_of(key: str, value: object, page: Page, *, home: Home, resource_type: str) -> Part:
    """One key's answer."""
    part = partial(Part, resource_type=resource_type)
    record = partial(AccessRecord, system="prefetch", interaction="read", what=key)
    if value is None:
        return part(coverage=Coverage.WHOLE, access_records=(record(outcome="no data"),))
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(kind, str) or kind == "OperationOutcome":
        failure = _failure(value, resource_type)
        records = (record(outcome=failure.detail),)
        return part(coverage=Coverage.NONE, omissions=(failure,), access_records=records)
    resources = tuple(at_home(page.found, home))
    gaps = of_type(resource_type, page.omissions)
    coverage = Coverage.WHOLE
    if kind != "Bundle":
        # Asked for a search and given one resource: whether there are more nobody knows.
        coverage = Coverage.WHOLE if resource_type == "Patient" else Coverage.PART
    elif not gaps:
        # A client that pages without a link (C2 lets it) shows it by its total.
        gaps = uncounted(resource_type, resources, value if page.next_url is None else {})
    if gaps:
        coverage = Coverage.PART if resources else Coverage.NONE
    records = (record(outcome="ok", count=len(resources)),)
    return part(coverage=coverage, resources=resources, omissions=gaps, access_records=records)


def _failure(value: object, resource_type: str) -> Omission:
    """The omission for an OperationOutcome, or for a value that is no FHIR at all."""
    if not isinstance(value, dict) or value.get("resourceType") != "OperationOutcome":
        return Omission(what=resource_type, reason=Reason.UNREADABLE, detail="no FHIR resource in the prefetch")
    said = omission_of(value, resource_type)
    return dataclasses.replace(said, detail=f"OperationOutcome: {said.detail}" if said.detail else "OperationOutcome")


def _first_pages(found: Triage, *, followed: bool) -> list[Part]:
    """The parts of the prefetch. A first page stands for its type's whole only together with those that follow."""
    return [
        part if followed or key not in found.next_urls else dataclasses.replace(part, coverage=Coverage.PART)
        for key, part in found.parts.items()
    ]


def _not_supplied(key: str, found: Triage, templates: Mapping[str, str]) -> Part:
    resource_type = type_of(templates[key])
    if key in found.next_urls:
        rest = Omission(what=f"{resource_type}, page 2 and after", reason=Reason.NOT_SUPPLIED)
        return Part(resource_type=resource_type, coverage=Coverage.PART, omissions=(rest,))
    absent = Omission(what=resource_type, reason=Reason.NOT_SUPPLIED)
    return Part(resource_type=resource_type, coverage=Coverage.NONE, omissions=(absent,))


def _reads(
    found: Triage, templates: Mapping[str, str], server: FhirServer, *, patient_id: str, until: float
) -> list[Callable[[], Awaitable[Part]]]:
    """What is left to ask of the server: each missing type once, however many keys ask for it."""
    types = dict.fromkeys(type_of(templates[key]) for key in found.missing)
    reads: list[Callable[[], Awaitable[Part]]] = [
        partial(search_type, server, name, patient_id, until=until) for name in types if name != "Patient"
    ]
    for key, url in found.next_urls.items():
        reads.append(partial(follow_link, server, type_of(templates[key]), url, until=until))
    asked = {type_of(templates[key]) for key in found.parts}
    if "Patient" not in asked and not any(one.get("resourceType") == "Patient" for one in found.resources):
        reads.append(partial(read_patient, server, patient_id, until=until))
    return reads


async def _read_rest(reads: list[Callable[[], Awaitable[Part]]]) -> list[Part]:
    try:
        return await read_together(*reads)
    except WrongPatient:
        raise
    except AdapterError as error:  # the Patient's own read; every other read ends in its Part
        raise PatientMissing("The Patient could not be read.", outcome=error.outcome) from error
