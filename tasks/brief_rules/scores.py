"""Scales of a risk (falls, pressure sores, clots, self-harm): the latest score of each, with what it was called."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.lexicon import RISK_SCALES
from tasks.brief_rules.marks import is_counted, result_mark
from tasks.brief_rules.trend import Point
from tasks.brief_rules.wording import day, joined

_LISTED = 5
_SCALE = re.compile(r"\[([^\]]*\b(?:scale|score|tool|index)\b[^\]]*)\]", re.IGNORECASE)  # LOINC: "… [Morse Fall Scale]"
_HIGH = re.compile(r"\b(?:high|severe|critical|very)\b", re.IGNORECASE)


def is_risk_score(entry: Entry) -> bool:
    """Whether an entry is a value of a risk scale, for those who sort results."""
    return bool(RISK_SCALES.find(entry.title))


def score_findings(chart: Chart, in_results: Iterable[Entry]) -> list[Finding]:
    """One line of the last twelve months' newest scores; `in_results` are those that are filed as results."""
    scales: dict[tuple[str, bool], list[Entry]] = {}
    social = [e for e in chart.of(Kind.SOCIAL) if e.standing is not Standing.REFUTED and is_risk_score(e)]
    for entry in chart.newest_first([*social, *in_results]):
        if entry.values and chart.is_recent(entry):
            scales.setdefault((RISK_SCALES.find(entry.title), is_counted(entry)), []).append(entry)
    if not scales:
        return []
    told = [(entries[0], [e for e in entries if _day(e) == _day(entries[0])]) for entries in scales.values()][:_LISTED]
    texts = [f"{_name(newest)}: {_score(same_day)} ({day(newest.when)})" for newest, same_day in told]
    cited = [entry for _, same_day in told for entry in same_day]
    is_high = any(value.is_abnormal or _HIGH.search(value.text) for entry in cited for value in entry.values)
    return [
        finding(
            Section.CARE,
            "Risk scores",
            "; ".join(texts),
            cited,
            slot=Slot.RECORD,
            urgency=Urgency.BACKGROUND,
            weight=Weight.NOTABLE if is_high else Weight.PLAIN,
        )
    ]


def _score(entries: Iterable[Entry]) -> str:
    """`85, High Risk (MFS Score 50+)`: number first, then what it was called."""
    values = [Point(entry, value) for entry in entries for value in entry.values]
    values.sort(key=lambda point: (point.value.number is None, point.text))
    shown = (joined((point.text, flag_word(point.value), _mark(point)), " ") for point in values)
    return joined(dict.fromkeys(shown))


def _mark(point: Point) -> str:
    mark = result_mark(point.entry)
    return f"({mark})" if mark else ""


def _name(entry: Entry) -> str:
    found = _SCALE.search(entry.title)
    return found.group(1) if found else entry.title


def _day(entry: Entry) -> str:
    return entry.when.text[:10] if entry.when else ""
