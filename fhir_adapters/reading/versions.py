"""One reference, one reading: equal copies collapse, of different ones the newest version stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fhir_adapters.dates import read_date
from fhir_adapters.fingerprint import content_hash
from fhir_adapters.history import Entry, Standing
from fhir_adapters.reading.draft import Draft, LeftOut, Reader
from fhir_adapters.reading.elements import Element, child, text_of
from fhir_adapters.reading.labels import labels_of
from fhir_adapters.reading.plain_text import one_line

_LINE_LIMIT = 600  # a report's line holds its shortened impression
_LONGEST_NUMBER = 18  # digits of a versionId that counts
_NOT_CURRENT = frozenset({Standing.PAST, Standing.REFUTED})

VersionKey: TypeAlias = tuple[int, str]


@dataclass(slots=True)
class Reading:
    """What one resource was read as, with what an Entry needs beside it."""

    reference: str
    made: Draft | LeftOut
    content: str  # content hash, or the reason why there is none
    version: VersionKey
    version_id: str = ""
    last_updated: str = ""


def version_key(resource: Element) -> VersionKey:
    """Orders the versions of one resource: by a numeric versionId, then by lastUpdated."""
    meta = child(resource, "meta")
    number = text_of(meta, "versionId")
    updated = read_date(meta.get("lastUpdated"))
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    return int(number) if is_number else -1, updated.sort_key if updated else ""


def read_one(reference: str, resource: Element, reader: Reader) -> Reading:
    """Read one resource, with its labels and its hash."""
    made = reader(resource)
    meta = child(resource, "meta")
    version_id = text_of(meta, "versionId") if meta else ""
    last_updated = text_of(meta, "lastUpdated") if meta else ""
    if isinstance(made, LeftOut):
        return Reading(reference, made, f"{made.reason}: {made.detail}", (-1, ""), version_id, last_updated)
    made.ai_asserted, made.restricted = labels_of(resource)
    if resource.get("modifierExtension"):
        _mark_modified(made)
    if len(made.line) > _LINE_LIMIT:
        made.line = one_line(made.line, _LINE_LIMIT)
    return Reading(reference, made, content_hash(made), (-1, ""), version_id, last_updated)


def read_latest(reference: str, versions: Sequence[Element], reader: Reader) -> tuple[Reading, int]:
    """The reading of the newest of several copies, and how many others said something else.

    Where neither versionId nor lastUpdated tells them apart, the choice follows the content, so that the order of
    arrival never decides.
    """
    if len(versions) == 1:
        return read_one(reference, versions[0], reader), 0
    readings = [read_one(reference, resource, reader) for resource in versions]
    for reading, resource in zip(readings, versions, strict=True):
        reading.version = version_key(resource)
    newest = max(
        readings, key=lambda reading: (reading.version, reading.content, reading.version_id, reading.last_updated)
    )
    return newest, len({reading.content for reading in readings}) - 1


def as_entry(reading: Reading, draft: Draft, number: int) -> Entry:
    """The entry with its number."""
    return Entry(
        id=f"E{number}",
        reference=reading.reference,
        kind=draft.kind,
        title=draft.title,
        standing=draft.standing,
        status=draft.status,
        when=draft.when,
        until=draft.until,
        values=draft.values,
        details=tuple(draft.details),
        codes=draft.codes,
        passage=draft.passage,
        line=draft.line,
        content_hash=reading.content,
        version=reading.version_id,
        last_updated=reading.last_updated,
        ai_asserted=draft.ai_asserted,
        restricted=draft.restricted,
    )


def _mark_modified(draft: Draft) -> None:
    """A modifierExtension may turn a statement into its opposite, and none is understood here.

    https://hl7.org/fhir/R4/extensibility.html#modifierExtension
    """
    draft.details.insert(0, ("Modifier", "not understood"))
    draft.line = f"{draft.line} [changed by an extension that is not understood]"
    if draft.standing not in _NOT_CURRENT:
        draft.standing = Standing.UNKNOWN
