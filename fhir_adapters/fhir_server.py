"""The port to a FHIR server: what gathering may ask, and what an answer is."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fhir_adapters.errors import AccessDenied, AdapterError, AddressRefused, UnreadableRecord
from fhir_adapters.history import AccessRecord, Alarm, Omission, Reason
from fhir_adapters.reading.readers import ADMINISTRATIVE

# FHIR's own rule is 64 of these; longer ids and underscores occur. Dots alone would climb out of the path.
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOST = 10**9  # no record has so many resources, and a count must fit where it is stored
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/(?P<id>[^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What one search brought, included resources too. `complete` is False where some of its answer was not seen."""

    resources: tuple[dict[str, object], ...]
    complete: bool
    omissions: tuple[Omission, ...] = ()
    access_records: tuple[AccessRecord, ...] = ()
    alarms: tuple[Alarm, ...] = ()


class FhirServer(Protocol):
    """A FHIR R4 server. `until` is a time of the running event loop; None leaves the server's own limit.

    All methods raise AccessDenied, ServerFailed, UnreadableRecord or AddressRefused where nothing at all was seen. Once
    a first page has come nothing is raised: what came is kept, and the rest is an omission.
    """

    async def read(self, reference: str, *, until: float | None = None) -> dict[str, object]:
        """The resource at `reference` ("Patient/123"). Raises ResourceMissing too, and ValueError for no reference."""
        ...

    async def search(
        self, resource_type: str, parameters: Mapping[str, str], *, until: float | None = None
    ) -> SearchResult:
        """All pages of one search. Raises ValueError for a search that names no patient (T25)."""
        ...

    async def follow(self, resource_type: str, next_url: str, *, until: float | None = None) -> SearchResult:
        """The pages from a `next` link on that came in a prefetch (S12), if the link lies inside the server's base."""
        ...


def is_id(text: object) -> bool:
    """Whether `text` can stand in a reference and in a URL as a resource's id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def check_search(resource_type: str, parameters: Mapping[str, str]) -> None:
    """Refuse a search that is not about one patient (T25): ValueError, since only our own code can ask for one."""
    if not resource_type.isalpha() or not is_id(parameters.get("patient")):
        raise ValueError("a search names one type and one patient (T25)")


def check_reference(reference: str) -> None:
    """Refuse to read what is no `Type/id`: ValueError."""
    found = _REFERENCE.fullmatch(reference)
    if found is None or not is_id(found["id"]):
        raise ValueError("a read takes a relative reference, Type/id")


def reason_of(error: AdapterError) -> Reason:
    """The coded reason that an error gives for an omission."""
    match error:
        case AccessDenied() | AddressRefused():
            return Reason.REFUSED
        case UnreadableRecord():
            return Reason.UNREADABLE
        case _:
            return Reason.FAILED


def uncounted(
    resource_type: str, resources: Sequence[dict[str, object]], bundle: Mapping[str, object]
) -> tuple[Omission, ...]:
    """The omission for matches that the server counted (`Bundle.total`) and did not send, or sent something else for.

    Matches are told from included resources by their type, and counted once: a page that shifted between two requests
    repeats one match and drops another. An answer without a match that holds other resources, or a List of references,
    is no answer to the search: what it stands for was not seen.
    """
    matches = [resource for resource in resources if resource.get("resourceType") == resource_type]
    others = {str(resource.get("resourceType")) for resource in resources} - {resource_type, "Patient"}
    if "List" in others or (others - ADMINISTRATIVE and not matches):
        return (Omission(what=resource_type, reason=Reason.UNREADABLE, detail="other resources in its place"),)
    seen = {str(resource.get("id") or position) for position, resource in enumerate(matches)}
    return counted(resource_type, len(seen), bundle)


def counted(what: str, seen: int, bundle: Mapping[str, object]) -> tuple[Omission, ...]:
    """The omission for what a Bundle counts and does not hold. A total may be a number, or the text of one."""
    said = [value for key, value in bundle.items() if key.strip().lower() == "total" and value is not None]
    totals = [_whole_number(value) for value in said]
    if None in totals:
        return (Omission(what=what, reason=Reason.UNREADABLE, detail="a total that is no number"),)
    total = max((total for total in totals if total is not None), default=0)
    if total <= seen:
        return ()
    return (
        Omission(
            what=what, reason=Reason.FAILED, count=total - seen, detail=f"the server counts {total} and sent {seen}"
        ),
    )


def _whole_number(said: object) -> int | None:
    match said:
        case bool():
            return None
        case int() if said < _MOST:
            return said
        case float() if said < _MOST and said.is_integer():
            return int(said)
        case str() if _NUMBER.fullmatch(said.strip()):
            return int(said)
    return None


def of_type(resource_type: str, omissions: Iterable[Omission]) -> tuple[Omission, ...]:
    """The gaps of a Bundle, said of the type that it was to bring: "Condition", not "Bundle entry"."""
    return tuple(dataclasses.replace(omission, what=resource_type) for omission in omissions)
