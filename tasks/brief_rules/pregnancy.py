"""Pregnancy as observations and antenatal visits state it; as a problem it stands among the problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import ANTENATAL
from tasks.brief_rules.marks import result_mark
from tasks.brief_rules.wording import day, joined

PREGNANCY_TESTS = ("pregnancy status", "gestational age (weeks)", "estimated delivery date")


def pregnancy_findings(chart: Chart, answers: Mapping[str, Sequence[Entry]]) -> list[Finding]:
    """One line; only what this year's observations say is pinned. `answers` are the newest, by the lexicon's names."""
    found = [(name, entry) for name in PREGNANCY_TESTS for entry in answers.get(name, ())]
    visits = _antenatal_visits(chart)
    if not found and not visits:
        return []
    texts = [f"{name} {e.values[0].text} ({joined((day(e.when), result_mark(e)))})" for name, e in found]
    if visits:
        many = f"latest of {len(visits)}: " if len(visits) > 1 else ""
        texts.append(f"antenatal visits ({many}{day(visits[0].when)})")
    lately = any(chart.is_recent(entry) for _, entry in found)
    return [
        finding(
            Section.CARE,
            "Pregnancy",
            "; ".join(texts),
            [*(entry for _, entry in found), *visits],
            slot=Slot.DIRECTIVE,
            urgency=Urgency.PREGNANCY if lately else Urgency.BACKGROUND,
            weight=Weight.NOTABLE if lately else Weight.PLAIN,
        )
    ]


def _antenatal_visits(chart: Chart) -> list[Entry]:
    """Antenatal encounters of the last twelve months, newest first."""
    return chart.newest_first(
        entry
        for entry in chart.of(Kind.ENCOUNTER)
        if entry.standing is Standing.PAST
        and chart.is_recent(entry)
        and ANTENATAL.find(f"{entry.detail.get(Detail.TYPE, '')} | {entry.detail.get(Detail.REASON, '')}")
    )
