"""What keeps an entry from being taken as it stands: a modifier not understood, a status not final, a date to come."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from fhir_adapters.history import Entry, Kind, Standing
from fhir_adapters.visible import one_line
from tasks.brief_rules.wording import clip, day, joined

NOT_STATED = "status not stated"
AHEAD = "dated in the future"
_STATUS_LIMIT = 20
_NAMED = 5
# https://hl7.org/fhir/R4/valueset-observation-status.html, and "partial" of reports. These count; the rest does not.
_COUNTED = {
    "final": "",
    "preliminary": "preliminary",
    "partial": "preliminary",
    "corrected": "corrected",
    "amended": "amended",
}
_REPLACING = frozenset({"corrected", "amended"})
_OTHER = {"": NOT_STATED, "unknown": NOT_STATED, "registered": "registered, not final"}


def is_counted(entry: Entry) -> bool:
    """Whether a result may stand for the patient's latest: final, amended, corrected, or said to be preliminary."""
    return not entry.unread_modifier and (entry.status in _COUNTED or _plain(entry.status) in _COUNTED)


def is_preliminary(entry: Entry) -> bool:
    """Whether a later value of the same moment may take the place of this one."""
    return _COUNTED.get(_plain(entry.status)) == "preliminary"


def is_corrected(entry: Entry) -> bool:
    """Whether it takes the place of what was said of the same moment before."""
    return entry.status != "final" and _plain(entry.status) in _REPLACING and not entry.unread_modifier


def result_mark(entry: Entry) -> str:
    """What must be said beside a result or a report: nothing for a final one, else its status or its modifier."""
    status = entry.status
    if status == "final" and not entry.unread_modifier:
        return ""
    plain = _plain(status)
    said = (
        _COUNTED[plain] if plain in _COUNTED else _OTHER.get(plain, f"status “{clip(one_line(status), _STATUS_LIMIT)}”")
    )
    return joined((entry.unread_modifier, said))


def doubt(entry: Entry) -> str:
    """What must be said beside any other entry whose standing the record leaves open.

    A modifier makes the standing unknown whatever the status, which is then told as it stands: "marked stopped".
    """
    if entry.unread_modifier:
        status = clip(one_line(entry.status), _STATUS_LIMIT)
        return joined((f"marked {status}" if status else "", entry.unread_modifier))
    return NOT_STATED if entry.standing is Standing.UNKNOWN else ""


def dated_ahead(entry: Entry) -> Entry:
    """An entry dated after the chart's day, as the rules may use it: marked, and standing for nothing.

    A slip of the pen or of a clock: it may not be the newest value, nor hold now, nor end what does (C5, C10). What is
    planned is planned for later, and an allergy is one whatever its date (C6).
    """
    if entry.standing is Standing.PLANNED and not entry.values:
        return entry
    keeps = entry.standing in {Standing.PAST, Standing.REFUTED} or entry.kind is Kind.ALLERGY
    return dataclasses.replace(
        entry,
        standing=entry.standing if keeps else Standing.UNKNOWN,
        unread_modifier=joined((entry.unread_modifier, AHEAD)),
    )


def is_ahead(entry: Entry) -> bool:
    """Whether `dated_ahead` has marked it."""
    return entry.unread_modifier.endswith(AHEAD)


def day_ahead(entry: Entry) -> str:
    """The day of an entry that is dated in the future, for a line that gives no date otherwise; empty for others."""
    return day(entry.when) if is_ahead(entry) else ""


def may_differ(entry: Entry) -> bool:
    """Whether it may say something else than it seems to; an allergy whose date alone is wrong says what it says."""
    return bool(entry.unread_modifier) and not (entry.kind is Kind.ALLERGY and entry.unread_modifier == AHEAD)


def unread(entries: Sequence[Entry], text: str) -> str:
    """The modifiers of the cited entries that `text` does not tell yet; with their titles where others stand beside."""
    changed = [entry for entry in entries if entry.unread_modifier and entry.unread_modifier not in text]
    if not changed:
        return ""
    words = dict.fromkeys(entry.unread_modifier for entry in changed)
    if len(changed) == len(entries):
        return joined(words)
    named = dict.fromkeys(f"“{clip(e.title, 60)}” ({day(e.when)}): {e.unread_modifier}" for e in changed)
    more = f"and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return joined((*list(named)[:_NAMED], more), "; ")


def _plain(status: str) -> str:
    return status.strip().lower()
