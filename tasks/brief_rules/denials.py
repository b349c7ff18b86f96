"""Medicines that are called current while a newer statement says that they are not taken: both are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from fhir_adapters.dates import PartialDate, read_date
from fhir_adapters.details import Detail
from fhir_adapters.history import Entry
from fhir_adapters.visible import one_line
from tasks.brief_rules.marks import is_ahead
from tasks.brief_rules.medicine_names import agree, split_title
from tasks.brief_rules.wording import clip, day, joined, noted

# https://hl7.org/fhir/R4/valueset-medication-statement-status.html: statements tell what was taken, orders do not.
_DENIES: Final = {"not-taken": "not taken", "stopped": "stopped"}
_STATEMENT: Final = "MedicationStatement"
_REASON_LIMIT: Final = 140
_TITLE_LIMIT: Final = 60


def denial_of(current: Sequence[Entry], past: Iterable[Entry]) -> Entry | None:
    """The newest statement among `past` that denies what `current` says, unless something in `current` is newer.

    What carries no date may be newer, and is told.
    """
    said = [entry for entry in past if entry.resource_type == _STATEMENT and entry.status in _DENIES]
    standing = [when for entry in current if not is_ahead(entry) and (when := _told_on(entry))]
    open_ones = [
        entry
        for entry in said
        if not entry.unread_modifier and not any(_is_before(_told_on(entry), when) for when in standing)
    ]
    return max(open_ones, key=_told_key, default=None)


def denial_text(denial: Entry, title: str) -> str:
    """`a statement says not taken, 20-Nov-2026: “patient stopped in August”`."""
    reason = one_line(denial.detail.get(Detail.STATUS_REASON, ""))
    named = "" if _says_same(denial.title, title) else f" of “{clip(denial.title, _TITLE_LIMIT)}”"
    said = f"a statement{named} says {denial_phrase(denial)}, {day(_told_on(denial))}"
    marked = "AI-asserted" if denial.ai_asserted else ""
    return joined((f"{said}: “{clip(reason, _REASON_LIMIT)}”" if reason else said, noted(denial), marked))


def denial_phrase(denial: Entry) -> str:
    """`not taken`, `stopped`."""
    return _DENIES[denial.status]


def _says_same(title: str, other: str) -> bool:
    return agree(title, other) and split_title(title)[1] in {"", split_title(other)[1]}


def _told_on(entry: Entry) -> PartialDate | None:
    """The latest day of which an entry tells: the end of an order is planned, and tells of no day before it."""
    ended = entry.until if entry.status in _DENIES else None
    found = [when for when in (entry.when, ended, read_date(entry.detail.get(Detail.STATED, ""))) if when]
    return max(found, key=lambda when: when.text, default=None)


def _told_key(entry: Entry) -> str:
    when = _told_on(entry)
    return when.text if when else ""


def _is_before(when: PartialDate | None, other: PartialDate) -> bool:
    """Whether `when` lies before `other` for certain: 2026 is not before 12-Mar-2026."""
    if when is None:
        return False
    known = min(len(when.text), len(other.text), 10)
    return when.text[:known] < other.text[:known]
