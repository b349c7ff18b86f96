"""One reference, one reading: equal copies collapse, the newest version stands, and where none is newest all are said.

Which of two copies is newer (https://hl7.org/fhir/R4/resource.html#Meta): by meta.lastUpdated where both have an
instant there and they differ; else by meta.versionId where both are numbers and differ; else nobody knows. A versionId
is the server's own and need not count, so it never speaks against a time.

Where nobody knows, dropping one copy could drop the fact that matters. The most cautious one stands (an active problem
before a resolved one; "do not give" before an order), and the others are said in its line. Two allergies under one id
that name different substances are both said whatever their versions: an allergy lost is worse than one too many (C6).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from fhir_adapters.dates import read_date
from fhir_adapters.details import Detail
from fhir_adapters.fingerprint import content_hash
from fhir_adapters.history import Entry, Standing
from fhir_adapters.reading.concepts import encounter_of
from fhir_adapters.reading.copies import most_cautious
from fhir_adapters.reading.draft import Draft, LeftOut, Reader
from fhir_adapters.reading.elements import Element, child, text_of
from fhir_adapters.reading.labels import labels_of
from fhir_adapters.reading.modifiers import unread_modifier
from fhir_adapters.reading.plain_text import one_line

_LINE_LIMIT = 600  # a report's line holds its shortened impression
_ZONED = re.compile(r"T.*(?:Z|[+-]\d{2}:\d{2})$")  # https://hl7.org/fhir/R4/datatypes.html#instant
_LONGEST_NUMBER = 18  # digits of a versionId that counts

VersionKey: TypeAlias = tuple[str, int]  # lastUpdated as a sort key or "", versionId as a number or -1
_NO_VERSION: VersionKey = ("", -1)  # of a copy that stands alone: nobody asks


@dataclass(slots=True)
class Reading:
    """What one resource was read as, with what an Entry needs beside it."""

    reference: str
    made: Draft | LeftOut
    content: str  # content hash, or the reason why there is none
    version: VersionKey
    version_id: str = ""
    last_updated: str = ""
    encounter: str = ""


def version_key(resource: Element) -> VersionKey:
    """What a copy says of its own age: an instant and a number, each where it is one."""
    meta = child(resource, "meta")
    number = text_of(meta, "versionId")
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    updated = read_date(meta.get("lastUpdated"))
    is_instant = updated is not None and _ZONED.search(updated.text) and "T" in updated.sort_key
    return updated.sort_key if updated and is_instant else "", int(number) if is_number else -1


def undominated(resources: Sequence[Element]) -> list[Element]:
    """The copies of one resource than which none is newer: one where the order is known."""
    return [resources[place] for place in newest_of([version_key(resource) for resource in resources])]


def newest_of(versions: Sequence[VersionKey]) -> list[int]:
    """The places of those versions than which none is newer; all of them where the marks contradict one another."""
    latest = max(updated for updated, _ in versions)
    highest: dict[str, int] = {}  # number, by instant
    for updated, number in versions:
        highest[updated] = max(number, highest.get(updated, -1))
    highest_of_all, highest_undated = max(highest.values()), highest.get("", -1)
    places = []
    for place, (updated, number) in enumerate(versions):
        rival = max(highest[updated], highest_undated) if updated else highest_of_all
        if (not updated or updated == latest) and (number < 0 or number >= rival):
            places.append(place)
    return places or list(range(len(versions)))


def read_one(reference: str, resource: Element, reader: Reader) -> Reading:
    """Read one resource, with its labels and its hash."""
    made = reader(resource)
    meta = child(resource, "meta")
    version_id = text_of(meta, "versionId") if meta else ""
    last_updated = text_of(meta, "lastUpdated") if meta else ""
    if isinstance(made, LeftOut):
        return Reading(reference, made, f"{made.reason}: {made.detail}", _NO_VERSION, version_id, last_updated)
    made.ai_asserted, made.restricted = labels_of(resource)
    if len(made.line) > _LINE_LIMIT:
        made.line = one_line(made.line, _LINE_LIMIT)
    if said := unread_modifier(resource):
        _mark_modified(made, said)
    return Reading(reference, made, content_hash(made), _NO_VERSION, version_id, last_updated, encounter_of(resource))


def read_latest(reference: str, versions: Sequence[Element], reader: Reader) -> tuple[Reading, int]:
    """The reading of the newest of several copies, and how many others said something else."""
    if len(versions) == 1:
        return read_one(reference, versions[0], reader), 0
    readings = [read_one(reference, resource, reader) for resource in versions]
    for reading, resource in zip(readings, versions, strict=True):
        reading.version = version_key(resource)
    by_content: dict[str, Reading] = {}  # equal copies collapse; the newest marks stand
    for reading in sorted(readings, key=lambda one: (one.version, one.version_id, one.last_updated)):
        by_content[reading.content] = reading
    distinct = list(by_content.values())
    newest = [distinct[place] for place in newest_of([reading.version for reading in distinct])]
    return _standing_of(newest, distinct), len(distinct) - 1


def _standing_of(newest: Sequence[Reading], distinct: Sequence[Reading]) -> Reading:
    """The reading that stands: a copy that says something before one that was left out, and then the most cautious."""
    drafts = [reading.made for reading in newest if isinstance(reading.made, Draft)]
    if not drafts:
        return min(newest, key=lambda reading: reading.content)
    made = most_cautious(drafts, [reading.made for reading in distinct if isinstance(reading.made, Draft)])
    stands = next(reading for reading in newest if reading.made is made)
    stands.content = content_hash(made)
    return stands


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
        encounter=reading.encounter,
        unread_modifier=draft.unread_modifier,
    )


def _mark_modified(draft: Draft, said: str) -> None:
    """A modifier may turn a statement into its opposite: the statement is shown with it and does not stand.

    Nor does a past: it may be what has not been given. Only a denial stays one, since "do not give" must not be lost.
    """
    draft.unread_modifier = said
    draft.details.insert(0, (Detail.MODIFIER, said))
    mark = f" [{said}]"
    draft.line = one_line(draft.line, _LINE_LIMIT - len(mark)) + mark
    if draft.standing is not Standing.REFUTED:
        draft.standing = Standing.UNKNOWN
