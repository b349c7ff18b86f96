"""A history as the rules see it: one patient's usable entries by kind, and the windows that `as_of` opens."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fhir_adapters.history import Entry, Kind, PatientHistory, Standing

_YEAR = timedelta(days=365)
# The kinds in which an entry labelled AIAST is shown, marked as such (decision 8 of the design).
AI_SHOWN = frozenset({Kind.ALLERGY, Kind.MEDICATION, Kind.PROBLEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The entries that may be shown, and the days that separate now, lately and long ago (ISO days, UTC)."""

    history: PatientHistory
    kinds: dict[Kind, list[Entry]]
    today: str
    lately: str  # the first day of the last twelve months
    month_ago: str
    newest: str  # the day of the newest dated entry up to today, empty where none is dated
    adult: bool

    def of(self, *kinds: Kind) -> list[Entry]:
        """Entries of these kinds, in the history's order."""
        return [entry for kind in kinds for entry in self.kinds.get(kind, ())]

    @property
    def is_in_hospital(self) -> bool:
        """Whether an encounter is running now."""
        return any(entry.standing is Standing.CURRENT for entry in self.kinds.get(Kind.ENCOUNTER, ()))

    def is_recent(self, entry: Entry) -> bool:
        """Whether the entry's date lies in the last twelve months; what is planned for later is not recent."""
        return entry.when is not None and self.lately <= entry.when.text <= self.today + "~"

    def is_fresh(self, entry: Entry) -> bool:
        """Whether the entry's date lies in the last 31 days."""
        return entry.when is not None and self.month_ago <= entry.when.text <= self.today + "~"


def open_chart(history: PatientHistory, *, as_of: datetime) -> Chart:
    """The chart of a history at `as_of` (an aware moment; days are counted in UTC)."""
    kinds: dict[Kind, list[Entry]] = defaultdict(list)
    newest = ""
    today = as_of.astimezone(UTC).date()
    end = today.isoformat() + "~"  # sorts after every moment of today
    for entry in history.entries:
        if entry.restricted or (entry.ai_asserted and entry.kind not in AI_SHOWN):
            continue
        kinds[entry.kind].append(entry)
        if entry.when and newest < entry.when.text <= end:
            newest = entry.when.text
    return Chart(
        history=history,
        kinds=dict(kinds),
        today=today.isoformat(),
        lately=(today - _YEAR).isoformat(),
        month_ago=(today - timedelta(days=31)).isoformat(),
        newest=newest[:10],
        adult=_is_adult(history, today),
    )


def _is_adult(history: PatientHistory, today: date) -> bool:
    """Eighteen or older; a patient without a birth date is taken for an adult."""
    born = history.patient.birth_date
    return born is None or (today - born.earliest).days >= 18 * 365.25
