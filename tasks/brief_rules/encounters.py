"""Encounters: the one that runs, stays of the year and of earlier years, and when the patient was last seen."""

from __future__ import annotations

import re

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, change, finding
from tasks.brief_rules.marks import is_ahead
from tasks.brief_rules.wording import day, joined, listed, lowered, lowered_name

_MANY = 5
_GENERIC = re.compile(r"encounter|admission|visit|check|procedure|\bgeneral examination", re.IGNORECASE)
_STAY_WORDS = ("inpatient", "emergency", "observation", "short stay", "acute")
_TOKEN = re.compile(r"_|^\w+ reason$", re.IGNORECASE)  # a machine's "dialysis_reason" is no reason
_OF_OFFICE = re.compile(r"^encounter (?:for|due to)\s+", re.IGNORECASE)  # how SNOMED CT and ICD-10 begin a reason


def is_stay(entry: Entry) -> bool:
    """Whether an encounter is a hospital stay or an emergency visit."""
    where = f"{entry.title} {entry.detail.get(Detail.CLASS, '')}".lower()
    return any(word in where for word in _STAY_WORDS)


def reason_of(entry: Entry) -> str:
    """Why the encounter was, in the record's words; a machine's token ("dialysis_reason") is no reason."""
    reason = entry.detail.get(Detail.REASON, "")
    kind = entry.detail.get(Detail.TYPE, "")
    said = "" if _TOKEN.search(reason) else reason
    return said or ("" if _GENERIC.search(kind) else kind)


def current_encounters(chart: Chart) -> list[Finding]:
    """The encounters that run now, two at most."""
    running = [e for e in chart.newest_first(chart.of(Kind.ENCOUNTER)) if e.standing is Standing.CURRENT]
    return [
        change(
            f"Now: {lowered(entry.title)}",
            joined((f"since {day(entry.when)}" if entry.when else "", reason_of(entry)), ": "),
            [entry],
            urgency=Urgency.NEW_STAY if is_stay(entry) else Urgency.RECENT_EVENT,
            weight=Weight.NOTABLE if is_stay(entry) else Weight.PLAIN,
            phrase=f"{lowered(entry.title)} since {day(entry.when)}" if is_stay(entry) and entry.when else "",
        )
        for entry in running[:2]
    ]


def stays_lately(chart: Chart) -> list[Finding]:
    """Hospital stays and emergency visits of the last twelve months, in one line."""
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
        change(
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
    return chart.is_recent(entry) or ended_lately(chart, entry)


def stay_dates(entry: Entry) -> str:
    """`18-Jan-2026 to 20-Jan-2026`."""
    start, end = day(entry.when), str(entry.until) if entry.until else ""
    return start if end in {"", start} else f"{start} to {end}"


def ended_lately(chart: Chart, entry: Entry) -> bool:
    """Whether the entry ended in the last twelve months."""
    return entry.until is not None and chart.lately <= entry.until.text[:10] <= chart.today


def last_seen(chart: Chart) -> list[Finding]:
    """The newest encounter of any kind, unless it runs or is a stay that has just been told."""
    past = [
        entry
        for entry in chart.of(Kind.ENCOUNTER)
        if entry.standing is Standing.PAST and entry.when and entry.when.text[:10] <= chart.today
    ]
    if not past or chart.is_in_hospital:
        return []
    newest = max(past, key=lambda entry: (_end(chart, entry), chart.keys[entry.id]))
    if is_stay(newest) and was_recent(chart, newest):
        return []
    kind = newest.detail.get(Detail.TYPE, "")
    shown = lowered(newest.title) if not kind or _OF_OFFICE.match(f"{kind} ") else lowered_name(kind)
    reason = _OF_OFFICE.sub("", newest.detail.get(Detail.REASON, ""))
    text = joined(
        (
            day(newest.when),
            joined((shown, newest.detail.get(Detail.SERVICE, ""))),
            reason if not _TOKEN.search(reason) and reason.lower() not in shown else "",
        ),
        ": ",
    )
    return [change("Last seen", text, [newest])]


def _end(chart: Chart, entry: Entry) -> str:
    """The last day of an encounter up to today."""
    return min(max(day.text[:10] for day in (entry.when, entry.until) if day), chart.today)


def earlier_stays(chart: Chart) -> list[Finding]:
    """Hospital stays and emergency visits of earlier years, the newest three."""
    stays = [
        entry
        for entry in chart.newest_first(chart.of(Kind.ENCOUNTER))
        if entry.standing is Standing.PAST and is_stay(entry) and not (was_recent(chart, entry) or is_ahead(entry))
    ]
    if not stays:
        return []
    texts = [joined((f"{lowered(e.title)} {stay_dates(e)}", reason_of(e)), ": ") for e in stays]
    return [finding(Section.CARE, "Earlier hospital stays", listed(texts, 3), stays[:3], slot=Slot.EVENT)]
