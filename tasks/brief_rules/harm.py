"""Medicines that were stopped because they did harm: as good as an allergy to whoever orders next, however old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Kind, Standing
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.lexicon import speaks_of_harm
from tasks.brief_rules.medicine_names import split_title
from tasks.brief_rules.medicines import Medicine
from tasks.brief_rules.wording import day, joined, lowered_name, quoted

_LISTED = 6
_QUOTE_LIMIT = 120
_RUNNING = (Standing.CURRENT, Standing.ON_HOLD)


def harm_findings(chart: Chart, medicines: Mapping[Standing, Sequence[Medicine]]) -> list[Finding]:
    """One line beside the allergies, each reason in the record's own words; none where no reason speaks of harm.

    What stands among the allergies already is not said twice.
    """
    allergies = " ".join(e.title.lower() for e in chart.of(Kind.ALLERGY) if e.standing is Standing.CURRENT)
    running = {medicine.key for standing in _RUNNING for medicine in medicines[standing]}
    told: list[tuple[str, Entry]] = []
    for medicine in medicines[Standing.PAST]:
        found = next(((entry, why) for entry in medicine.entries if (why := _harm(entry))), None)
        if found and medicine.key not in allergies:
            entry, why = found
            again = "; another order of it is current" if medicine.key in running else ""
            told.append((f"{lowered_name(split_title(entry.title)[0])} ({joined((_dated(entry), why))}{again})", entry))
    if not told:
        return []
    told.sort(key=lambda one: one[1].sort_key, reverse=True)
    more = f"; and {len(told) - _LISTED} more" if len(told) > _LISTED else ""
    text = "; ".join(words for words, _ in told[:_LISTED]) + more
    cited = [entry for _, entry in told[:_LISTED]]
    return [
        finding(
            Section.ALLERGIES,
            "Medicines stopped for harm",
            text,
            cited,
            slot=Slot.MEDICINE,
            urgency=Urgency.BACKGROUND,
            weight=Weight.NOTABLE,
        )
    ]


def _harm(entry: Entry) -> str:
    """The reason, quoted, where it speaks of harm: as coded or written for the status, else as noted beside it."""
    said = (entry.detail.get(Detail.STATUS_REASON, ""), entry.detail.get(Detail.NOTE, ""))
    return next((quoted(text, _QUOTE_LIMIT) for text in said if text and speaks_of_harm(text)), "")


def _dated(entry: Entry) -> str:
    if entry.until:
        return f"ended {day(entry.until)}"
    return f"ordered {day(entry.when)}" if entry.when else ""
