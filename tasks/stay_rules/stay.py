"""One encounter of a chart, and what belongs to it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Entry, Kind, PatientHistory
from tasks.brief_rules.chart import Chart, open_chart


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """The chart, and as a chart of its own what belongs to the encounter: with the same numbers, so that both cite."""

    chart: Chart
    within: Chart
    encounter: Entry | None  # None where it was not seen

    def spans(self, when: PartialDate | None) -> bool:
        """Whether a date lies within the encounter, its first and last day included; one that is not sharp does not."""
        return _spans(self.encounter, when, self.chart.today)


def open_stay(history: PatientHistory, encounter_id: str, *, as_of: datetime) -> Stay:
    """The encounter of this id. To it belongs what names it, and what names none and is dated within it."""
    chart = open_chart(history, as_of=as_of)
    reference = f"Encounter/{encounter_id}"
    encounter = next((one for one in chart.of(Kind.ENCOUNTER) if one.reference == reference), None)
    belonging = tuple(
        one
        for one in history.entries
        if one.kind is not Kind.ENCOUNTER
        and (one.encounter == reference or (not one.encounter and _spans(encounter, one.when, chart.today)))
    )
    within = open_chart(dataclasses.replace(history, entries=belonging), as_of=as_of)
    return Stay(chart=chart, within=within, encounter=encounter)


def _spans(encounter: Entry | None, when: PartialDate | None, today: str) -> bool:
    if encounter is None or encounter.when is None or when is None or not when.is_day:
        return False
    last = encounter.until.text[:10] if encounter.until else today
    return encounter.when.text[:10] <= when.text[:10] <= last
