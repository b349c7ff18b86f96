"""Immunizations, the latest of each vaccine in one line, and the looking that prevents."""

from __future__ import annotations

from collections import defaultdict

from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, finding
from tasks.brief_rules.lexicon import SCREENING
from tasks.brief_rules.wording import day

_LISTED = 14


def prevention_findings(chart: Chart) -> list[Finding]:
    """At most three lines: given, not given, and screening tests done."""
    given: dict[str, list[Entry]] = defaultdict(list)
    missed: list[Entry] = []
    for entry in chart.newest_first(chart.of(Kind.IMMUNIZATION)):
        if entry.standing is Standing.REFUTED:
            missed.append(entry)
        else:
            given[entry.title].append(entry)
    findings = []
    if given:
        shown = list(given.items())[:_LISTED]
        more = f"; and {len(given) - _LISTED} more" if len(given) > _LISTED else ""
        text = "; ".join(_vaccine(title, entries) for title, entries in shown) + more
        cited = [entry for _, entries in shown for entry in entries]
        findings.append(finding(Section.PREVENTION, "Immunizations", text, cited, slot=Slot.RECORD))
    if missed:
        text = "; ".join(_missed(entry) for entry in missed[:_LISTED])
        findings.append(finding(Section.PREVENTION, "Not given", text, missed[:_LISTED], slot=Slot.RECORD))
    return findings + _screening(chart)


def _vaccine(title: str, entries: list[Entry]) -> str:
    """`Influenza (13-Oct-2026)`, `DTaP (latest of 4: 02-Mar-2024)`."""
    many = f"latest of {len(entries)}: " if len(entries) > 1 else ""
    unsure = ", status not stated" if entries[0].standing is Standing.UNKNOWN else ""
    return f"{title} ({many}{day(entries[0].when)}{unsure})"


def _missed(entry: Entry) -> str:
    reason = entry.detail.get("Status reason", "")
    return f"{entry.title} ({day(entry.when)}{': ' + reason if reason else ''})"


def _screening(chart: Chart) -> list[Finding]:
    latest: dict[str, Entry] = {}
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if entry.standing is Standing.PAST and SCREENING.find(entry.title):
            latest.setdefault(entry.title, entry)
    if not latest:
        return []
    text = "; ".join(f"{title} ({day(entry.when)})" for title, entry in latest.items())
    return [finding(Section.PREVENTION, "Screening and endoscopy", text, list(latest.values()), slot=Slot.RECORD)]
