"""What changed in the last twelve months: at most eight lines, one for each sort of change, newest first in each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from fhir_adapters.dates import read_date
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.imaging import Examination
from tasks.brief_rules.lexicon import ROUTINE, SCREENING, is_major_procedure
from tasks.brief_rules.medicines import Medicine
from tasks.brief_rules.problems import Problem, Problems
from tasks.brief_rules.results import Results
from tasks.brief_rules.series import Series, flag_word
from tasks.brief_rules.wording import clip, day, joined, lowered, lowered_name

Medicines: TypeAlias = Mapping[Standing, Sequence[Medicine]]

_LINES = 8  # what is cut off could only be results and imaging, which have sections of their own
_MANY = 5
_TITLE_LIMIT = 90
_GENERIC = re.compile(r"encounter|admission|visit|check|procedure|\bgeneral examination", re.IGNORECASE)
_RUNNING = (Standing.CURRENT, Standing.ON_HOLD, Standing.UNKNOWN)
_STAY_WORDS = ("inpatient", "emergency", "observation", "short stay", "acute")


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
        *_current_encounters(chart),
        *_stays(chart),
        *_new_problems(chart, problems.active),
        *_ended_problems(chart, problems.past),
        *_new_medicines(chart, medicines),
        *_ended_medicines(chart, medicines),
        *_procedures(chart),
        *_newly_abnormal(results.newly_abnormal(chart)),
        *_imaging(chart, imaging),
    ]
    return found[:_LINES] or [_nothing_new(chart)]


def is_stay(entry: Entry) -> bool:
    """Whether an encounter is a hospital stay or an emergency visit."""
    where = f"{entry.title} {entry.detail.get('Class', '')}".lower()
    return any(word in where for word in _STAY_WORDS)


def reason_of(entry: Entry) -> str:
    """Why the encounter was, in the record's words; a machine's token ("dialysis_reason") is no reason."""
    reason = entry.detail.get("Reason", "")
    kind = entry.detail.get("Type", "")
    said = "" if "_" in reason else reason
    return said or ("" if _GENERIC.search(kind) else kind)


def listed(texts: Sequence[str], most: int = _MANY) -> str:
    """The texts, at most `most` of them, the rest as a count."""
    more = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + more


def _change(
    lead: str,
    text: str,
    entries: Iterable[Entry],
    *,
    urgency: Urgency,
    weight: Weight = Weight.PLAIN,
    phrase: str = "",
) -> Finding:
    return finding(
        Section.CHANGES, lead, text, list(entries), slot=Slot.EVENT, urgency=urgency, weight=weight, phrase=phrase
    )


def _current_encounters(chart: Chart) -> list[Finding]:
    running = [e for e in chart.newest_first(chart.of(Kind.ENCOUNTER)) if e.standing is Standing.CURRENT]
    return [
        _change(
            f"Now: {lowered(entry.title)}",
            joined((f"since {day(entry.when)}" if entry.when else "", reason_of(entry)), ": "),
            [entry],
            urgency=Urgency.NEW_STAY if is_stay(entry) else Urgency.RECENT_EVENT,
            weight=Weight.NOTABLE if is_stay(entry) else Weight.PLAIN,
            phrase=f"{lowered(entry.title)} since {day(entry.when)}" if is_stay(entry) and entry.when else "",
        )
        for entry in running[:2]
    ]


def _stays(chart: Chart) -> list[Finding]:
    stays = [
        entry
        for entry in chart.newest_first(chart.of(Kind.ENCOUNTER))
        if entry.standing is Standing.PAST and is_stay(entry) and was_recent(chart, entry)
    ]
    if not stays:
        return []
    texts = [f"{lowered(e.title)} {stay_dates(e)}{': ' + said if (said := reason_of(e)) else ''}" for e in stays]
    newest = stays[0]
    ended = newest.until or newest.when
    fresh = ended is not None and ended.text >= chart.quarter_ago
    return [
        _change(
            "Hospital stays and emergency visits",
            listed(texts),
            stays[:_MANY],
            urgency=Urgency.NEW_STAY if fresh else Urgency.RECENT_EVENT,
            weight=Weight.NOTABLE,
            phrase=f"{lowered(newest.title)} {stay_dates(newest)}",
        )
    ]


def was_recent(chart: Chart, entry: Entry) -> bool:
    """Whether a stay began or ended in the last twelve months."""
    return chart.is_recent(entry) or _ended_lately(chart, entry)


def stay_dates(entry: Entry) -> str:
    """`18-Jan-2026 to 20-Jan-2026`."""
    start, end = day(entry.when), str(entry.until) if entry.until else ""
    return start if end in {"", start} else f"{start} to {end}"


def _new_problems(chart: Chart, problems: Sequence[Problem]) -> list[Finding]:
    new = [p for p in problems if chart.is_recent(p.onset) and p.entry.standing is Standing.CURRENT]
    new.sort(key=lambda problem: chart.keys[problem.onset.id], reverse=True)
    if not new:
        return []
    texts = [f"{lowered_name(problem.title)} ({day(problem.onset.when)})" for problem in new]
    cited = [problem.onset for problem in new[:_MANY]]
    return [_change("New problems", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ended_problems(chart: Chart, past: Sequence[Problem]) -> list[Finding]:
    """Problems that were new in the window and are over, or that ended in it."""
    ended = [p for p in past if chart.is_recent(p.entry) or _ended_lately(chart, p.entry)]
    if not ended:
        return []
    texts = [f"{lowered_name(problem.title)} ({stay_dates(problem.entry)})" for problem in ended]
    cited = [problem.entry for problem in ended[:_MANY]]
    return [_change("Problems resolved", listed(texts), cited, urgency=Urgency.BACKGROUND)]


def _new_medicines(chart: Chart, medicines: Medicines) -> list[Finding]:
    """Medicines of which every entry, past ones as well, lies in the window: a renewed order is not a new medicine."""
    before = {m.key for group in medicines.values() for m in group if not all(map(chart.is_recent, m.entries))}
    new = [m for m in (*medicines[Standing.CURRENT], *medicines[Standing.ON_HOLD]) if m.key not in before]
    if not new:
        return []
    new.sort(key=lambda medicine: chart.keys[medicine.entries[-1].id], reverse=True)
    texts = [f"{lowered_name(medicine.name)} ({day(medicine.entries[-1].when)})" for medicine in new]
    cited = [medicine.entries[-1] for medicine in new[:_MANY]]
    return [_change("New medicines", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ended_medicines(chart: Chart, medicines: Medicines) -> list[Finding]:
    """Medicines that stood in the window and no longer do; one that was renewed has not ended."""
    running = {m.key for standing in _RUNNING for m in medicines[standing]}
    ended = [
        m
        for m in medicines[Standing.PAST]
        if m.key not in running and (_ended_lately(chart, m.entry) or chart.is_recent(m.entry))
    ]
    if not ended:
        return []
    ended.sort(key=lambda medicine: chart.keys[medicine.entry.id], reverse=True)
    texts = [_ending(medicine) for medicine in ended]
    cited = [medicine.entry for medicine in ended[:_MANY]]
    return [_change("Medicines ended", listed(texts), cited, urgency=Urgency.RECENT_EVENT)]


def _ended_lately(chart: Chart, entry: Entry) -> bool:
    return entry.until is not None and chart.lately <= entry.until.text[:10] <= chart.today


def _ending(medicine: Medicine) -> str:
    """`prednisolone (completed; ordered 12-Jan-2026)`."""
    entry = medicine.entry
    reason = entry.detail.get("Status reason", "")
    dates = f"ended {entry.until}" if entry.until else f"ordered {entry.when}" if entry.when else ""
    return f"{lowered_name(medicine.name)} ({joined((entry.status, f'“{reason}”' if reason else '', dates), '; ')})"


def _procedures(chart: Chart) -> list[Finding]:
    """What was done in the window; questionnaires and office work are not among it."""
    done: dict[str, list[Entry]] = {}
    for entry in chart.newest_first(chart.of(Kind.PROCEDURE)):
        if entry.standing in {Standing.PAST, Standing.CURRENT} and chart.is_recent(entry):
            title = entry.title
            if is_major_procedure(title) or not (ROUTINE.find(title) or SCREENING.find(title)):
                done.setdefault(title, []).append(entry)
    if not done:
        return []
    ordered = sorted(done.items(), key=lambda item: not is_major_procedure(item[0]))
    texts = [_times(clip(lowered_name(title), _TITLE_LIMIT), entries) for title, entries in ordered]
    major = is_major_procedure(ordered[0][0])
    return [
        _change(
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
        f"{s.comparable[-2].number_text} before)"
        for s in found
    ]
    cited = [entry for s in found[:_MANY] for entry in (s.comparable[-2].entry, s.latest.entry)]
    return [_change("Newly abnormal", listed(texts), cited, urgency=Urgency.BACKGROUND, weight=Weight.ABNORMAL)]


def _imaging(chart: Chart, imaging: Sequence[Examination]) -> list[Finding]:
    recent = [e for e in imaging if chart.is_recent(e.entry)]
    if not recent:
        return []
    texts = [f"{e.title} ({day(e.entry.when)})" for e in recent]
    cited = [entry for e in recent[:_MANY] for entry in e.entries]
    return [_change("New imaging", listed(texts), cited, urgency=Urgency.BACKGROUND)]


def _nothing_new(chart: Chart) -> Finding:
    newest = read_date(chart.newest)
    if newest is None:
        return _change("No dated entry", "", (), urgency=Urgency.BACKGROUND)
    text = "" if newest.text < chart.lately else "visits and routine results only in the last twelve months"
    cited = [entry for entry in chart.history.entries if entry.when and entry.when.text.startswith(newest.text)]
    shown = [entry for entry in cited if not entry.restricted and not entry.ai_asserted][:1]
    lead = f"Nothing newer than {newest}" if not text else "No notable change"
    joined_text = text and f"{text}; newest entry {newest}"
    return _change(lead, joined_text, shown, urgency=Urgency.BACKGROUND)


def _first(medicine: Medicine) -> Entry:
    return min(medicine.entries, key=lambda entry: entry.sort_key)
