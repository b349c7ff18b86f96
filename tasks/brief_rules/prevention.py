"""Immunizations, the latest of each vaccine in one line, and the looking that prevents."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, finding
from tasks.brief_rules.lexicon import SCREENING, TESTED
from tasks.brief_rules.marks import doubt, is_ahead
from tasks.brief_rules.wording import clip, day, joined, lowered

_LISTED = 14
_TITLE_LIMIT = 90
_VACCINE = re.compile(r"\b(?:vaccin|immuni[sz]ation)", re.IGNORECASE)
_TEST = re.compile(r"^(?:measurement|detection) of | measurement$", re.IGNORECASE)
_ADMINISTRATION = re.compile(r"^administration of (?:vaccine product containing (?:only )?)?", re.IGNORECASE)


def prevention_findings(chart: Chart) -> list[Finding]:
    """At most five lines: given, not given, screening done, and what was filed as a procedure."""
    given: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    missed: list[Entry] = []
    for entry in chart.newest_first(chart.of(Kind.IMMUNIZATION)):
        if entry.standing is Standing.REFUTED:
            missed.append(entry)
        else:
            given[entry.title, doubt(entry)].append(entry)
    findings = []
    if given:
        shown = list(given.items())[:_LISTED]
        more = f"; and {len(given) - _LISTED} more" if len(given) > _LISTED else ""
        text = "; ".join(_vaccine(title, mark, entries) for (title, mark), entries in shown) + more
        cited = [entry for _, entries in shown for entry in entries]
        findings.append(finding(Section.PREVENTION, "Immunizations", text, cited, slot=Slot.RECORD))
    if missed:
        text = "; ".join(_missed(entry) for entry in missed[:_LISTED])
        findings.append(finding(Section.PREVENTION, "Not given", text, missed[:_LISTED], slot=Slot.RECORD))
    return [*findings, *_screening(chart), *_recorded_as_procedures(chart)]


def _vaccine(title: str, mark: str, entries: list[Entry]) -> str:
    """`Influenza (13-Oct-2026)`, `DTaP (latest of 4: 02-Mar-2024)`."""
    many = f"latest of {len(entries)}: " if len(entries) > 1 else ""
    return f"{title} ({many}{joined((day(entries[0].when), mark))})"


def _missed(entry: Entry) -> str:
    reason = entry.detail.get(Detail.STATUS_REASON, "")
    return f"{entry.title} ({day(entry.when)}{': ' + reason if reason else ''})"


def _screening(chart: Chart) -> list[Finding]:
    latest: dict[str, Entry] = {}
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if entry.standing is Standing.PAST and SCREENING.find(entry.title) and not is_ahead(entry):
            latest.setdefault(entry.title, entry)
    if not latest:
        return []
    text = "; ".join(f"{title} ({day(entry.when)})" for title, entry in latest.items())
    return [finding(Section.PREVENTION, "Screening and endoscopy", text, list(latest.values()), slot=Slot.RECORD)]


def _recorded_as_procedures(chart: Chart) -> list[Finding]:
    """Vaccines and tests of the last twelve months that stand in the record as procedures, each with its newest date.

    A vaccine of a day that has an immunization is taken for the same one.
    """
    given = {
        entry.when.text[:10]
        for entry in chart.of(Kind.IMMUNIZATION)
        if entry.when and entry.standing is Standing.PAST and not entry.unread_modifier
    }
    vaccines: dict[str, Entry] = {}
    tests: dict[str, Entry] = {}
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if entry.standing is not Standing.PAST or entry.when is None or not chart.is_recent(entry):
            continue
        if _VACCINE.search(entry.title):
            if entry.when.text[:10] not in given:
                vaccines.setdefault(_ADMINISTRATION.sub("", entry.title), entry)
        elif TESTED.find(entry.title) and not SCREENING.find(entry.title):
            tests.setdefault(lowered(_TEST.sub("", entry.title)), entry)
    return [*_by_day("Vaccines recorded as procedures", vaccines), *_by_day("Tests recorded as procedures", tests)]


def _by_day(lead: str, found: Mapping[str, Entry]) -> list[Finding]:
    """`24-Apr-2026: blood group typing, urine culture; 03-Jul-2026: …`, the newest day first."""
    if not found:
        return []
    shown = list(found.items())[:_LISTED]
    days: dict[str, list[str]] = defaultdict(list)
    for title, entry in shown:
        days[day(entry.when)].append(clip(title, _TITLE_LIMIT))
    text = "; ".join(f"{when}: {', '.join(titles)}" for when, titles in days.items())
    more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return [finding(Section.PREVENTION, lead, text + more, [entry for _, entry in shown], slot=Slot.RECORD)]
