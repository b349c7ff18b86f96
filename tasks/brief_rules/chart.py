"""A history as the rules see it: one patient's usable entries by kind, and the windows that `as_of` opens."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Coverage, Entry, Kind, PatientHistory, Standing
from tasks.brief_rules.marks import dated_ahead, is_ahead
from tasks.brief_rules.wording import titled

_YEAR = timedelta(days=365)
# The kinds in which an entry labelled AIAST is shown, marked as such (decision 8 of the design).
AI_SHOWN = frozenset({Kind.ALLERGY, Kind.MEDICATION, Kind.PROBLEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The entries that may be shown, and the days that separate now, lately and long ago (ISO days)."""

    history: PatientHistory
    kinds: dict[Kind, list[Entry]]
    today: str
    lately: str  # the first day of the last twelve months
    month_ago: str
    quarter_ago: str
    titles: dict[str, str]  # of problems and procedures by id, with their site where it must not be lost
    keys: dict[str, str]  # the place in time of every shown entry, by its id
    ahead: tuple[Entry, ...]  # dated after today, and not planned: marked, and never the newest of anything
    coverage: dict[str, Coverage]
    newest: str  # the day of the newest dated entry up to today, empty where none is dated
    adult: bool

    def of(self, *kinds: Kind) -> list[Entry]:
        """Entries of these kinds, in the history's order."""
        return [entry for kind in kinds for entry in self.kinds.get(kind, ())]

    def title_of(self, entry: Entry) -> str:
        """What an entry is called in this chart."""
        return self.titles.get(entry.id, entry.title)

    def covers(self, resource_type: str) -> Coverage:
        """How much of a type was seen; a type nobody asked for was not seen."""
        return self.coverage.get(resource_type, Coverage.NONE)

    @property
    def is_in_hospital(self) -> bool:
        """Whether an encounter is running now."""
        return any(entry.standing is Standing.CURRENT for entry in self.kinds.get(Kind.ENCOUNTER, ()))

    def newest_first(self, entries: Iterable[Entry]) -> list[Entry]:
        """Entries by time, the newest up to today first; of one moment in the history's order, undated ones last."""
        ordered = sorted(entries, key=lambda entry: self.keys[entry.id], reverse=True)
        if self.ahead:
            ordered.sort(key=is_ahead)
        return ordered

    def oldest(self, entries: Iterable[Entry]) -> Entry | None:
        """The entry with the earliest date; None where none is dated."""
        return min((e for e in entries if e.when), key=lambda entry: self.keys[entry.id], default=None)

    def is_recent(self, entry: Entry) -> bool:
        """Whether the entry's date lies in the last twelve months; what is planned for later is not recent."""
        return entry.when is not None and self.lately <= entry.when.text[:10] <= self.today

    def is_fresh(self, entry: Entry) -> bool:
        """Whether the entry's date lies in the last 31 days."""
        return entry.when is not None and self.month_ago <= entry.when.text[:10] <= self.today


def open_chart(history: PatientHistory, *, as_of: datetime) -> Chart:
    """The chart of a history at `as_of` (an aware moment; days are counted in its zone)."""
    kinds: dict[Kind, list[Entry]] = defaultdict(list)
    keys: dict[str, str] = {}
    ahead: list[Entry] = []
    newest = ""
    today = as_of.date()
    end = today.isoformat()
    for read in history.entries:
        if read.restricted or (read.ai_asserted and read.kind not in AI_SHOWN):
            continue
        entry = _in_zone(read, as_of.tzinfo) if _needs_zone(read, as_of) else read
        if entry.until and entry.until.text[:10] > end and _is_stopped(entry):
            entry = dataclasses.replace(entry, until=None)  # it ended before the day on which it was to end
        if entry.when and entry.when.text[:10] > end:
            entry = dated_ahead(entry)
            if is_ahead(entry):
                ahead.append(entry)
        kinds[entry.kind].append(entry)
        keys[entry.id] = _moment(entry)
        if entry.when and newest < (day := entry.when.text[:10]) <= end:
            newest = day
    return Chart(
        history=history,
        kinds=dict(kinds),
        titles={**titled(kinds.get(Kind.PROBLEM, ())), **titled(kinds.get(Kind.PROCEDURE, ()))},
        keys=keys,
        ahead=tuple(ahead),
        today=end,
        lately=(today - _YEAR).isoformat(),
        month_ago=(today - timedelta(days=31)).isoformat(),
        quarter_ago=(today - timedelta(days=92)).isoformat(),
        coverage=dict(history.coverage),
        newest=newest,
        adult=_is_adult(history, today),
    )


def _moment(entry: Entry) -> str:
    """`Entry.sort_key`, without reading the time again where it is in UTC already: this runs for every entry."""
    if entry.when is None:
        return ""
    text = entry.when.text
    if len(text) <= 10:  # noqa: PLR2004 - no time of day
        return text
    return text[:19] if text.endswith(("Z", "+00:00")) else entry.sort_key[:19]


def _is_stopped(entry: Entry) -> bool:
    return entry.kind is Kind.MEDICATION and entry.standing is Standing.PAST


def _needs_zone(entry: Entry, as_of: datetime) -> bool:
    """Whether the clock of `as_of` may show a date of an entry otherwise than it is written.

    An `as_of` in UTC names no hospital: then a date keeps the day of its own offset, which is that of whoever wrote it,
    unless that day is still to come.
    """
    dates = [when for when in (entry.when, entry.until) if when is not None and len(when.text) > 10]  # noqa: PLR2004
    if as_of.tzinfo == UTC:
        return any(when.text[:10] > as_of.date().isoformat() for when in dates)
    return bool(dates)


def _in_zone(entry: Entry, zone: tzinfo | None) -> Entry:
    """The entry with its dates as the clock of `zone` shows them: at 20:00 in Boston, 00:30 UTC is still today."""
    when, until = (date and date.within(zone) for date in (entry.when, entry.until))
    if _day(when) == _day(entry.when) and _day(until) == _day(entry.until):
        return entry
    before, written, after = entry.line.rpartition(str(entry.when)) if entry.when else ("", "", entry.line)
    return dataclasses.replace(entry, when=when, until=until, line=f"{before}{when if written else ''}{after}")


def _day(when: PartialDate | None) -> str:
    return when.text[:10] if when else ""


def _is_adult(history: PatientHistory, today: date) -> bool:
    """Eighteen or older; a patient without a birth date is taken for an adult."""
    born = history.patient.birth_date
    return born is None or (today - born.earliest).days >= 18 * 365.25


def has_number(entry: Entry) -> bool:
    """Whether any value of an entry is a number. A loop, because this runs for every result of a chart."""
    for value in entry.values:  # noqa: SIM110 - measured: `any` over a generator costs twice this
        if value.number is not None:
            return True
    return False
