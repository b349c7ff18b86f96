"""What changed in the last twelve months: at most eight lines, one for each sort of change, newest first in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from fhir_adapters.dates import read_date
from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.encounters import current_encounters, ended_lately, last_seen, stay_dates, stays_lately
from tasks.brief_rules.finding import Finding, Urgency, change
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.imaging import Examination
from tasks.brief_rules.lexicon import ROUTINE, SCREENING, is_major_procedure
from tasks.brief_rules.marks import is_ahead
from tasks.brief_rules.medicines import Medicine
from tasks.brief_rules.problems import Problem, Problems
from tasks.brief_rules.results import Results
from tasks.brief_rules.series import Series
from tasks.brief_rules.wording import clip, day, joined, listed, lowered_name

Medicines: TypeAlias = Mapping[Standing, Sequence[Medicine]]

_LINES = 8  # what is cut off could only be results and imaging, which have sections of their own
_MANY = 5
_TITLE_LIMIT = 90
_RUNNING = (Standing.CURRENT, Standing.ON_HOLD, Standing.UNKNOWN)


def change_findings(
    chart: Chart,
    *,
    problems: Problems,
    medicines: Medicines,
    results: Results,
    imaging: Sequence[Examination],
) -> list[Finding]:
    """The lines of change; where nothing is that recent, one line that says how old the newest entry is."""
    found = [
        *current_encounters(chart),
        *stays_lately(chart),
        *_new_problems(chart, problems.active),
        *_ended_problems(chart, problems.past),
        *_new_medicines(chart, medicines),
        *_ended_medicines(chart, medicines),
        *_procedures(chart),
        *_newly_abnormal(results.newly_abnormal(chart)),
        *_imaging(chart, imaging),
    ]
    seen = last_seen(chart)
    return [*seen, *(found[: _LINES - len(seen)] or [_nothing_new(chart)])]


def _new_problems(chart: Chart, problems: Sequence[Problem]) -> list[Finding]:
    new = [p for p in problems if chart.is_recent(p.onset) and p.entry.standing is Standing.CURRENT]
    new.sort(key=lambda problem: chart.keys[problem.onset.id], reverse=True)
    if not new:
        return []
    texts = [f"{lowered_name(problem.title)} ({day(problem.onset.when)})" for problem in new]
    cited = [problem.onset for problem in new[:_MANY]]
    return [change("New problems", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ended_problems(chart: Chart, past: Sequence[Problem]) -> list[Finding]:
    """Problems that were new in the window and are over, or that ended in it."""
    ended = [p for p in past if chart.is_recent(p.entry) or ended_lately(chart, p.entry)]
    if not ended:
        return []
    texts = [f"{lowered_name(problem.title)} ({stay_dates(problem.entry)})" for problem in ended]
    cited = [problem.entry for problem in ended[:_MANY]]
    return [change("Problems resolved", listed(texts), cited, urgency=Urgency.BACKGROUND)]


def _new_medicines(chart: Chart, medicines: Medicines) -> list[Finding]:
    """Medicines of which every entry, past ones as well, lies in the window: a renewed order is not a new medicine."""
    told = (m for group in medicines.values() for m in group if not is_ahead(m.entry))
    before = {m.key for m in told if not all(map(chart.is_recent, m.entries))}
    new = [m for m in (*medicines[Standing.CURRENT], *medicines[Standing.ON_HOLD]) if m.key not in before]
    if not new:
        return []
    new.sort(key=lambda medicine: chart.keys[medicine.entries[-1].id], reverse=True)
    texts = [f"{lowered_name(medicine.name)} ({day(medicine.entries[-1].when)})" for medicine in new]
    cited = [medicine.entries[-1] for medicine in new[:_MANY]]
    return [change("New medicines", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ended_medicines(chart: Chart, medicines: Medicines) -> list[Finding]:
    """Medicines that stood in the window and no longer do; one that was renewed has not ended."""
    running = {m.key for standing in _RUNNING for m in medicines[standing] if not is_ahead(m.entry)}
    ended = [
        m
        for m in medicines[Standing.PAST]
        if m.key not in running and (ended_lately(chart, m.entry) or chart.is_recent(m.entry))
    ]
    if not ended:
        return []
    ended.sort(key=lambda medicine: chart.keys[medicine.entry.id], reverse=True)
    texts = [_ending(medicine) for medicine in ended]
    cited = [medicine.entry for medicine in ended[:_MANY]]
    return [change("Medicines ended", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ending(medicine: Medicine) -> str:
    """`prednisolone (completed; ordered 12-Jan-2026)`."""
    entry = medicine.entry
    reason = entry.detail.get(Detail.STATUS_REASON, "")
    dates = f"ended {entry.until}" if entry.until else f"ordered {entry.when}" if entry.when else ""
    return f"{lowered_name(medicine.name)} ({joined((entry.status, f'“{reason}”' if reason else '', dates), '; ')})"


def _procedures(chart: Chart) -> list[Finding]:
    """What was done in the window; questionnaires and office work are not among it."""
    done: dict[str, list[Entry]] = {}
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if entry.standing in {Standing.PAST, Standing.CURRENT} and chart.is_recent(entry):
            title = chart.title_of(entry)
            if is_major_procedure(title) or not (ROUTINE.find(title) or SCREENING.find(title)):
                done.setdefault(title, []).append(entry)
    if not done:
        return []
    ordered = sorted(done.items(), key=lambda item: not is_major_procedure(item[0]))
    texts = [_times(clip(lowered_name(title), _TITLE_LIMIT), entries) for title, entries in ordered]
    major = is_major_procedure(ordered[0][0])
    return [
        change(
            "Procedures",
            listed(texts),
            [entry for _, entries in ordered[:_MANY] for entry in entries[:1]],
            urgency=_procedure_urgency(chart, ordered[0][1][0]) if major else Urgency.BACKGROUND,
            weight=Weight.NOTABLE if major else Weight.PLAIN,
            phrase=f"{lowered_name(ordered[0][0])} {day(ordered[0][1][0].when)}" if major else "",
        )
    ]


def _procedure_urgency(chart: Chart, newest: Entry) -> Urgency:
    fresh = newest.when is not None and newest.when.text >= chart.quarter_ago
    return Urgency.NEW_STAY if fresh else Urgency.RECENT_EVENT


def _times(title: str, entries: Sequence[Entry]) -> str:
    latest = day(entries[0].when)
    return f"{title} ({latest})" if len(entries) == 1 else f"{title} (repeated, latest {latest})"


def _newly_abnormal(found: Sequence[Series]) -> list[Finding]:
    if not found:
        return []
    texts = [
        f"{lowered_name(s.title)} {s.latest.text} {flag_word(s.latest.value)} ({day(s.latest.entry.when)}; "
        f"{joined((f'{s.comparable[-2].number_text} before', s.mark))})"
        for s in found
    ]
    cited = [entry for s in found[:_MANY] for entry in (s.comparable[-2].entry, s.latest.entry)]
    return [change("Newly abnormal", listed(texts), cited, urgency=Urgency.BACKGROUND, weight=Weight.ABNORMAL)]


def _imaging(chart: Chart, imaging: Sequence[Examination]) -> list[Finding]:
    recent = [e for e in imaging if chart.is_recent(e.entry)]
    if not recent:
        return []
    texts = [f"{e.title} ({day(e.entry.when)})" for e in recent]
    cited = [entry for e in recent[:_MANY] for entry in e.entries]
    return [change("New imaging", listed(texts), cited, urgency=Urgency.BACKGROUND)]


def _nothing_new(chart: Chart) -> Finding:
    newest = read_date(chart.newest)
    if newest is None:
        return change("No dated entry", "", (), urgency=Urgency.BACKGROUND)
    text = "" if newest.text < chart.lately else "visits and routine results only in the last twelve months"
    cited = [entry for entry in chart.of(*chart.kinds) if entry.when and entry.when.text.startswith(newest.text)]
    shown = [entry for entry in cited if not (entry.restricted or entry.ai_asserted or entry.unread_modifier)][:1]
    lead = f"Nothing newer than {newest}" if not text else "No notable change"
    joined_text = text and f"{text}; newest entry {newest}"
    return change(lead, joined_text, shown, urgency=Urgency.BACKGROUND)
