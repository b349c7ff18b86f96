"""The newest notes by type and date, each with its first telling sentence, quoted: never a note in full."""

from __future__ import annotations

import re

from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import is_imaging_report
from tasks.brief_rules.lexicon import DIRECTIVE, NOTE
from tasks.brief_rules.wording import clip, day, joined, sentences, tidy

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
# Headings, list marks, dates and "Xavier is a 42 year-old …": nothing that a reader needs from a note (check C13).
_EMPTY = re.compile(
    r"^(?:#|[-*•]\s|\[|\d{4}-\d{2}-\d{2}\b|.*\byear-old\b|.*\bis a newborn\b|nurse:|author:|patient:|triage level|"
    r"arrival mode|patient is presenting with medication review|routine visit; no new)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^(?:[SOAP]|Chief complaint|Reason for (?:visit|admission))\s*:\s*", re.IGNORECASE)
_NURSING = re.compile(r"\b(?:nurse|nursing|triage)\b", re.IGNORECASE)


def note_findings(chart: Chart) -> list[Finding]:
    """The newest note of each type, doctors' notes before nursing records, and how many notes there are."""
    notes = sorted(all_notes(chart), key=lambda entry: (entry.sort_key, entry.title), reverse=True)
    newest: dict[str, Entry] = {}
    for note in notes:
        newest.setdefault(tidy(note.title).lower(), note)
    ranked = sorted(newest.values(), key=lambda note: bool(_NURSING.search(note.title)))[:_LISTED]
    return [_line(note, more=_same_type(notes, note)) for note in ranked]


def all_notes(chart: Chart) -> list[Entry]:
    """Clinical notes: documents, and reports that are notes; directives stand with the care."""
    documents = [entry for entry in chart.of(Kind.NOTE) if entry.standing is not Standing.PAST]
    days = {entry.when.text[:10] for entry in documents if entry.when}
    # US Core lets one note be a DocumentReference and a DiagnosticReport: the document speaks for both.
    reports = [
        entry
        for entry in chart.of(Kind.REPORT)
        if entry.passage
        and NOTE.search(entry.title)
        and not is_imaging_report(entry)
        and not (entry.when and entry.when.text[:10] in days)
    ]
    return [entry for entry in (*documents, *reports) if not DIRECTIVE.search(entry.title)]


def telling_sentence(passage: str) -> str:
    """The first sentence under the note's own conclusion, else its first sentence of some length; tidied."""
    text = passage[:_PASSAGE_READ]
    for heading in _CONCLUDES.finditer(text):
        if found := _first_useful(f"{heading['rest']}\n{text[heading.end() :]}"):
            return found
    return _first_useful(text)


def _first_useful(text: str) -> str:
    for sentence in sentences(text):
        bare = _LABEL.sub("", sentence)
        if not _EMPTY.match(bare) and len(bare.split()) >= _FEWEST_WORDS:
            return bare
    return ""


def _same_type(notes: list[Entry], note: Entry) -> int:
    return sum(other.title == note.title for other in notes) - 1


def _line(note: Entry, *, more: int) -> Finding:
    sentence = telling_sentence(note.passage)
    said = f"“{clip(sentence, _QUOTE_LIMIT)}”" if sentence else "" if note.passage else "text not read"
    earlier = f"{more} earlier" if more else ""
    return finding(
        Section.CARE,
        f"Note: {tidy(note.title)}",
        joined((day(note.when), joined((said, earlier), "; ")), ": "),
        [note],
        slot=Slot.RECORD,
        urgency=Urgency.BACKGROUND,
    )
