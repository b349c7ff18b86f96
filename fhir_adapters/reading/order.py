"""The order of reading a history, and the order of giving up where not all of it fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fhir_adapters.dates import read_date
from fhir_adapters.history import Kind, Standing
from fhir_adapters.reading.draft import Draft
from fhir_adapters.reading.elements import Element, child
from fhir_adapters.reading.versions import Reading
from fhir_adapters.types import ORDER_TYPES, TYPES

_KINDS = (
    Kind.ALLERGY,
    Kind.PROBLEM,
    Kind.MEDICATION,
    Kind.VITAL,
    Kind.RESULT,
    Kind.REPORT,
    Kind.IMAGING,
    Kind.PROCEDURE,
    Kind.ORDER,
    Kind.ENCOUNTER,
    Kind.CARE_PLAN,
    Kind.IMMUNIZATION,
    Kind.SOCIAL,
    Kind.NOTE,
)
_STANDINGS = (
    Standing.CURRENT,
    Standing.ON_HOLD,
    Standing.PLANNED,
    Standing.UNKNOWN,
    Standing.PAST,
    Standing.REFUTED,
)
_PLACE = {
    (kind, standing): (row, column) for row, kind in enumerate(_KINDS) for column, standing in enumerate(_STANDINGS)
}
_RANKS = {name: row.rank for name, row in (TYPES | ORDER_TYPES).items()}
_DATES = (
    "effectiveDateTime",
    "effectiveInstant",
    "authoredOn",
    "performedDateTime",
    "occurrenceDateTime",
    "started",
    "date",
    "recordedDate",
    "issued",
    "dateAsserted",
)
_MAY_BE_NEWEST = "~"  # behind every digit
_PERIODS = ("period", "effectivePeriod", "performedPeriod")


def in_reading_order(drafts: Iterable[tuple[Reading, Draft]]) -> list[tuple[Reading, Draft]]:
    """By kind, current before past, newest first, then by title and reference: content alone decides."""
    ordered = sorted(drafts, key=lambda pair: (pair[1].title, pair[0].reference))
    ordered.sort(key=lambda pair: pair[1].when.sort_key if pair[1].when else "", reverse=True)
    ordered.sort(key=lambda pair: _PLACE[pair[1].kind, pair[1].standing])
    return ordered


def most_wanted_first(versions: Mapping[str, Sequence[Element]]) -> list[str]:
    """References in the order in which a limit keeps them: allergies, problems, medicines, then the newest.

    It looks at dates only and reads nothing, so that a limit bounds the work and not only the result.
    """
    ordered = sorted(versions)
    ordered.sort(key=lambda reference: max(_rough_date(resource) for resource in versions[reference]), reverse=True)
    ordered.sort(key=lambda reference: _RANKS[reference.partition("/")[0]])
    return ordered


def _rough_date(resource: Element) -> str:
    """A sort key; of what bears no date but one that cannot be read the last: it may be the newest of all."""
    written = [resource[name] for name in _DATES if name in resource]
    written += [child(resource, name).get("start") for name in _PERIODS if name in resource]
    for value in written:
        if date := read_date(value):
            return date.sort_key
    return _MAY_BE_NEWEST if any(written) else ""
