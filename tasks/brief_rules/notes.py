"""The newest notes by type and date, each with the sentences that tell, quoted: never a note in full."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import is_imaging_report
from tasks.brief_rules.lexicon import DIRECTIVE, NOTE
from tasks.brief_rules.marks import AHEAD, is_ahead
from tasks.brief_rules.note_sentences import NoteSentence, Rank, note_sentences
from tasks.brief_rules.wording import day, joined


class _Room(TypedDict):
    """How much of a note is quoted: sentences, and characters of them."""

    most: int
    limit: int


_LISTED = 3
_FIRST: _Room = {"most": 4, "limit": 420}  # of the newest note
_LATER: _Room = {"most": 2, "limit": 240}
_STALE_YEARS = 3
_NURSING = re.compile(r"\b(?:nurse|nursing|triage)\b", re.IGNORECASE)


def note_findings(chart: Chart) -> list[Finding]:
    """The newest note of each type, quoted, and the one before the newest where it leaves something open.

    Nursing records, older types and notes in which nothing tells share one line of names and counts.
    """
    notes = chart.newest_first(all_notes(chart))
    types: dict[str, list[Entry]] = {}
    for note in notes:
        types.setdefault(_title(note), []).append(note)
    clinical = [title for title in types if not _NURSING.search(title)] or list(types)
    findings: list[Finding] = []
    told: list[str] = []
    for title in clinical[:_LISTED]:
        if line := _line(title, types[title], _LATER if told else _FIRST):
            findings.append(line)
            told.append(title)
    if told:
        findings += _left_open(chart, types[told[0]], findings[0].line.text)
    if others := [title for title in types if title not in told]:
        text = "; ".join(_count(title, types[title]) for title in others)
        cited = [types[title][0] for title in others]
        findings.append(finding(Section.CARE, "Other notes", text, cited, slot=Slot.RECORD))
    return findings


def _left_open(chart: Chart, notes: Sequence[Entry], told: str) -> list[Finding]:
    """The note before the newest of its type, where it is not old: what it leaves open, and nothing else."""
    oldest = f"{int(chart.today[:4]) - _STALE_YEARS}{chart.today[4:]}"
    if len(notes) == 1 or chart.keys[notes[1].id] < oldest:
        return []
    note = notes[1]
    left = [one for one in note_sentences(note.passage, **_LATER) if one.rank is Rank.OPEN and one.text not in told]
    if not left:
        return []
    return [_finding(f"Earlier note: {_title(note)}", f"{day(note.when)}: {_quotes(left)}", note)]


def all_notes(chart: Chart) -> list[Entry]:
    """Clinical notes: documents, and reports that are notes; directives stand with the care."""
    documents = [entry for entry in chart.of(Kind.NOTE) if entry.standing is not Standing.PAST]
    days = {entry.when.text[:10] for entry in documents if entry.when}
    # US Core lets one note be a DocumentReference and a DiagnosticReport: the document speaks for both.
    reports = [
        entry
        for entry in chart.of(Kind.REPORT)
        if entry.passage
        and NOTE.find(entry.title)
        and not is_imaging_report(entry)
        and not (entry.when and entry.when.text[:10] in days)
    ]
    return [entry for entry in (*documents, *reports) if not DIRECTIVE.find(entry.title)]


def _title(note: Entry) -> str:
    """The type of a note; one that is dated in the future is of a type of its own, and stands for no newest note."""
    title = note.title.removeprefix("Provider-unspecified ")
    return f"{title}, {AHEAD}" if is_ahead(note) else title


def _line(title: str, notes: Sequence[Entry], room: _Room) -> Finding | None:
    """`Note: Progress note: 02-Nov-2026: “…” “…”; 3 earlier`; None where there is a text and nothing in it tells."""
    note = notes[0]
    said = _quotes(note_sentences(note.passage, **room)) if note.passage else "text not read"
    if not said:
        return None
    earlier = f"{len(notes) - 1} earlier" if len(notes) > 1 else ""
    return _finding(f"Note: {title}", joined((day(note.when), joined((said, earlier), "; ")), ": "), note)


def _quotes(found: Sequence[NoteSentence]) -> str:
    """Each sentence in marks of its own: they need not follow each other in the note."""
    return " ".join(f"“{one.text}”" for one in found)


def _finding(lead: str, text: str, note: Entry) -> Finding:
    return finding(Section.CARE, lead, text, [note], slot=Slot.RECORD, urgency=Urgency.BACKGROUND)


def _count(title: str, notes: Sequence[Entry]) -> str:
    return f"{title} ({f'latest of {len(notes)}: ' if len(notes) > 1 else ''}{day(notes[0].when)})"
