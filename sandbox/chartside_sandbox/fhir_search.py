"""One page of a search as the sample EHR's FHIR endpoint answers it: order, size, includes, and the next page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from chartside_sandbox.fhir_refusal import Refused

PAGE: Final = 100  # matches a page where the client names no `_count`
OFFSET: Final = "_offset"  # ours: a client takes a `next` link as it is
SORTS: Final = {"date": False, "-date": True, "authored": False, "-authored": True}
_MOST: Final = 500
_DIGITS: Final = 9
# What `date` means for the types here (http://hl7.org/fhir/R4/searchparameter-registry.html); the first one counts.
_DATES: Final = (
    "effectiveDateTime", "effectiveInstant", "started", "date", "performedDateTime", "occurrenceDateTime",
    "authoredOn", "onsetDateTime", "recordedDate", "dateTime", "issued", "created", "startDate",
)  # fmt: skip
_PERIODS: Final = ("effectivePeriod", "period", "performedPeriod")


def searchset(
    base: str, resource_type: str, found: tuple[dict[str, object], ...], asked: Mapping[str, str]
) -> dict[str, object]:
    """One page of the matches, each included resource on the page of what names it, and where the next page is."""
    matches = [one for one in found if one["resourceType"] == resource_type]
    if (descending := SORTS.get(asked.get("_sort", ""))) is not None:
        matches.sort(key=_date_of, reverse=descending)
    size = min(_whole(asked, "_count", default=PAGE, least=1), _MOST)
    start = _whole(asked, OFFSET, default=0, least=0)
    page = matches[start : start + size]
    included = _included(page, [one for one in found if one["resourceType"] != resource_type])
    links = [{"relation": "self", "url": f"{base}?{urlencode(asked)}"}]
    if start + size < len(matches):
        links.append({"relation": "next", "url": f"{base}?{urlencode({**asked, OFFSET: str(start + size)})}"})
    root = base.removesuffix(resource_type)
    entries = [_entry(root, one, "match") for one in page] + [_entry(root, one, "include") for one in included]
    found_here = {"entry": entries} if entries else {}  # an array is never empty (https://hl7.org/fhir/R4/json.html)
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(matches),
        "link": links,
    } | found_here


def _entry(root: str, resource: Mapping[str, object], mode: str) -> dict[str, object]:
    return {
        "fullUrl": f"{root}{resource['resourceType']}/{resource.get('id', '')}",
        "resource": resource,
        "search": {"mode": mode},
    }


def _included(page: list[dict[str, object]], others: list[dict[str, object]]) -> list[dict[str, object]]:
    named = {value.get("reference") for one in page for value in one.values() if isinstance(value, dict)}
    return [one for one in others if f"{one['resourceType']}/{one.get('id', '')}" in named]


def _whole(asked: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = asked.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS and int(text) >= least):
        raise Refused(400, "value", f"{name} is a whole number, {least} or more.")
    return int(text)


def _date_of(resource: Mapping[str, object]) -> str:
    """The date that `_sort` goes by; empty, so oldest, where there is none."""
    for name in _DATES:
        if isinstance(value := resource.get(name), str):
            return value
    for name in _PERIODS:
        if isinstance(period := resource.get(name), dict) and isinstance(start := period.get("start"), str):
            return start
    return ""
