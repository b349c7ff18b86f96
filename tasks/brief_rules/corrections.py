"""Results that another one of the same test and moment replaces: a corrected one the final, a final the preliminary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fhir_adapters.details import MEASURED_IN
from fhir_adapters.history import Entry
from tasks.brief_rules.marks import is_corrected, is_counted, is_preliminary
from tasks.brief_rules.specimens import specimen_of

_TIME: Final = 10  # characters of a date without a time of day


def without_replaced(entries: Sequence[Entry], keys: Mapping[str, str]) -> list[Entry]:
    """`entries` without those that a sounder one of the same code, specimen and time of day repeats.

    What is dated by its day alone may be another sample of that day, and stays. `keys` as for `series_of`.
    """
    if not any(is_corrected(entry) or is_preliminary(entry) for entry in entries):
        return [*entries]
    soundest: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        if entry.values and is_counted(entry) and _has_time(entry):
            soundest.setdefault(_same(entry, keys), []).append(entry)
    return [
        entry
        for entry in entries
        if not (_has_time(entry) and any(_replaces(other, entry) for other in soundest.get(_same(entry, keys), ())))
    ]


def _has_time(entry: Entry) -> bool:
    return entry.when is not None and len(entry.when.text) > _TIME


def _same(entry: Entry, keys: Mapping[str, str]) -> tuple[str, ...]:
    code = next((f"{c.system}|{c.code}" for c in entry.codes if c.code), entry.title.lower())
    where = (text.lower() for label, text in entry.details if label in MEASURED_IN)
    return keys[entry.id], code, specimen_of(entry), *where


def _replaces(other: Entry, entry: Entry) -> bool:
    """Whether `other` is sounder, and says all that `entry` says."""
    labels = {value.label for value in entry.values}
    return is_counted(entry) and _rank(other) > _rank(entry) and labels <= {value.label for value in other.values}


def _rank(entry: Entry) -> int:
    return 2 if is_corrected(entry) else 0 if is_preliminary(entry) else 1
