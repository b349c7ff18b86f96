"""The newest notes by type and date, each with its first telling sentence, quoted: never a note in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import is_imaging_report
from tasks.brief_rules.lexicon import DIRECTIVE, NOTE
from tasks.brief_rules.wording import clip, day, joined, sentences

_LISTED = 3
_QUOTE_LIMIT = 180
_FEWEST_WORDS = 4
_PASSAGE_READ = 6_000  # characters of a note that are looked through
# Where a note says what its author concluded: "# Assessment and Plan", "A:", "Impression:".
_CONCLUDES = re.compile(
    r"^[#*\[\s]{0,6}(?:assessment(?: (?:and|&) plan)?|impression|conclusions?|summary|hospital course|diagnosis|a)"
    r"[\]*\s]{0,4}(?::[ \t]*|$)(?P<rest>.*)$",
    re.IGNORECASE | re.MULTILINE,
)
# Headings, list marks, dates, staff names and "Xavier is a 42 year-old …": nothing that a reader needs (check C13).
_EMPTY = re.compile(
    r"^(?:#|[-*•]\s|\[|\d{4}-\d{2}-\d{2}\b|nurse:|author:|patient:|triage level|arrival mode)"
    r"|(?:year|month|week|day)s?-old\b|\bis a newborn\b|medication review due|\bthe following\b|not recorded"
    r"|no new diagnoses|no complaints",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:[SOAP]|Chief complaint|Reason for (?:visit|admission))\s*:\s*", re.IGNORECASE)
_NURSING = re.compile(r"\b(?:nurse|nursing|triage)\b", re.IGNORECASE)


def note_findings(chart: Chart) -> list[Finding]:
    """The newest note of each type, quoted; nursing records and older types in one line of names and counts."""
    notes = chart.newest_first(all_notes(chart))
    types: dict[str, list[Entry]] = {}
    for note in notes:
        types.setdefault(_title(note), []).append(note)
    quoted = [title for title in types if not _NURSING.search(title)] or list(types)
    findings = [_line(title, types[title]) for title in quoted[:_LISTED]]
    if others := [title for title in types if title not in quoted[:_LISTED]]:
        text = "; ".join(_count(title, types[title]) for title in others)
        cited = [types[title][0] for title in others]
        findings.append(finding(Section.CARE, "Other notes", text, cited, slot=Slot.RECORD))
    return findings


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


def telling_sentence(passage: str) -> str:
    """The first sentence under the note's own conclusion, else its first sentence of some length; tidied."""
    text = passage[:_PASSAGE_READ]
    headings = list(_CONCLUDES.finditer(text))
    for heading in headings:
        if found := _first_useful(f"{heading['rest']}\n{text[heading.end() :]}", fewest=2):
            return found
    return "" if headings else _first_useful(text, fewest=_FEWEST_WORDS)


def _first_useful(text: str, *, fewest: int) -> str:
    for sentence in sentences(text):
        bare = _LABEL.sub("", sentence)
        if not _EMPTY.search(bare) and len(bare.split()) >= fewest and not bare.endswith(":"):
            return bare
    return ""


def _title(note: Entry) -> str:
    return note.title.removeprefix("Provider-unspecified ")


def _line(title: str, notes: Sequence[Entry]) -> Finding:
    note = notes[0]
    sentence = telling_sentence(note.passage)
    said = f"“{clip(sentence, _QUOTE_LIMIT)}”" if sentence else "" if note.passage else "text not read"
    earlier = f"{len(notes) - 1} earlier" if len(notes) > 1 else ""
    return finding(
        Section.CARE,
        f"Note: {title}",
        joined((day(note.when), joined((said, earlier), "; ")), ": "),
        [note],
        slot=Slot.RECORD,
        urgency=Urgency.BACKGROUND,
    )


def _count(title: str, notes: Sequence[Entry]) -> str:
    return f"{title} ({f'{len(notes)}, latest ' if len(notes) > 1 else ''}{day(notes[0].when)})"
