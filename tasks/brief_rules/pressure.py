"""Blood pressure, which is two numbers of one reading: as components of one entry, or as two entries of one moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fhir_adapters.history import Entry, Value
from tasks.brief import Section, Weight
from tasks.brief_rules.chart import Chart
from tasks.brief_rules.finding import Finding, Slot, Urgency, finding
from tasks.brief_rules.flag_words import flag_word
from tasks.brief_rules.lexicon import known_test
from tasks.brief_rules.marks import is_ahead, is_counted, is_preliminary, result_mark
from tasks.brief_rules.series import Series, make_series
from tasks.brief_rules.trend import Point
from tasks.brief_rules.wording import joined, span

_IDS = frozenset({"bp", "systolic", "diastolic"})
_SHOWN = 3
_YEARS = 5
_MANY_A_DAY = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One blood pressure with the entries it stands in."""

    systolic: Point
    diastolic: Point

    @property
    def text(self) -> str:
        """`152/84`."""
        return f"{self.systolic.number_text}/{self.diastolic.number_text}"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """One entry, or the two of a pair."""
        return (self.systolic.entry, self.diastolic.entry)

    @property
    def is_counted(self) -> bool:
        """Whether both halves may stand for the patient's latest."""
        return all(map(is_counted, self.entries))

    @property
    def is_abnormal(self) -> bool:
        """Whether its source flags a half, or gives a range that a half lies outside."""
        return self.systolic.value.is_abnormal or self.diastolic.value.is_abnormal

    @property
    def mark(self) -> str:
        """What must be said beside it."""
        return joined(dict.fromkeys(map(result_mark, self.entries)))


def is_pressure(entry: Entry) -> bool:
    """Whether an entry is a blood pressure or a half of one."""
    test = known_test(entry)
    return test is not None and test.id in _IDS


def readings(entries: Iterable[Entry], keys: Mapping[str, str]) -> tuple[list[Reading], list[Entry]]:
    """Every blood pressure of which both numbers are there, oldest first; and the entries that are none.

    Two entries of one moment pair only where both count or neither does; what two say alike counts once.
    """
    found: list[Reading] = []
    halves: dict[tuple[str, bool], dict[str, dict[str, Point]]] = {}
    left: list[Entry] = []
    for entry in entries:
        sides = _sides(entry)
        if len(sides) == 2:  # noqa: PLR2004
            found.append(Reading(sides["systolic"], sides["diastolic"]))
        elif sides:
            moment = halves.setdefault((keys[entry.id], is_counted(entry)), {"systolic": {}, "diastolic": {}})
            for side, point in sides.items():
                moment[side].setdefault(point.text, point)
        elif entry.values:
            left.append(entry)
    for moment in halves.values():
        upper, lower = list(moment["systolic"].values()), list(moment["diastolic"].values())
        paired = min(len(upper), len(lower))
        found += map(Reading, upper[:paired], lower[:paired])
        left += [point.entry for point in (*upper[paired:], *lower[paired:])]
    once: dict[tuple[str, str, str], Reading] = {}
    for reading in sorted(found, key=lambda reading: not reading.is_abnormal):  # a flag that only one of them carries
        once.setdefault((keys[reading.systolic.entry.id], reading.mark, reading.text), reading)
    return sorted(once.values(), key=lambda reading: keys[reading.systolic.entry.id]), left


def _sides(entry: Entry) -> dict[str, Point]:
    """The plain numbers of an entry by their side."""
    test = known_test(entry)
    points: dict[str, Point] = {}
    for value in entry.values:
        side = _side(value, test.id if test else "")
        if side and value.number is not None and not value.comparator:
            points.setdefault(side, Point(entry, value))
    return points


def pressure_findings(chart: Chart, found: Sequence[Reading]) -> list[Finding]:
    """The pressures that count in one line; then the newest of those that do not, unless one that counts is newer.

    One that is dated in the future is told apart: it hides none. So is each without a date, which may be the newest.
    """
    counted = [reading for reading in found if reading.is_counted and reading.systolic.entry.when is not None]
    undated = [[reading] for reading in found if reading.is_counted and reading.systolic.entry.when is None]
    ahead = [reading for reading in found if any(map(is_ahead, reading.entries))]
    others = [reading for reading in found if not reading.is_counted and reading not in ahead]
    if counted and others and chart.keys[others[-1].systolic.entry.id] < chart.keys[counted[-1].systolic.entry.id]:
        others = []
    return [_line(chart, group) for group in (counted, *undated, others[-1:], ahead[-1:]) if group]


def _line(chart: Chart, found: Sequence[Reading]) -> Finding:
    """`138/82 → 146/80 → 152/84 mmHg (Jan 2023 to 02-Nov-2026), systolic rising`."""
    last = found[-1]
    found = [reading for reading in found if _is_comparable(reading, last)]
    trend = _systolic(found).trend
    shown = list(found) if len(found) <= _SHOWN + 2 else [found[0], *found[-_SHOWN:]]
    texts = [
        f"{r.text} (preliminary)" if r is not last and any(map(is_preliminary, r.entries)) else r.text for r in shown
    ]
    if len(shown) < len(found):
        texts.insert(1, "…")
    flags = joined(
        f"{side} {word}"
        for side, point in (("systolic", last.systolic), ("diastolic", last.diastolic))
        if (word := flag_word(point.value))
    )
    word = trend.word if trend and trend.word in {"rising", "falling"} else ""
    dates = span(shown[0].systolic.entry.when, last.systolic.entry.when, chart.lately)
    text = joined((f"{' → '.join(texts)} mmHg ({dates})", flags, f"systolic {word}" if word else "", last.mark))
    abnormal = bool(flags) or last.systolic.value.is_critical
    return finding(
        Section.RESULTS,
        "Blood pressure",
        text,
        [entry for reading in shown for entry in reading.entries],
        slot=Slot.RESULT,
        urgency=_urgency(chart, last, abnormal=abnormal, changing=bool(word)),
        weight=Weight.ABNORMAL if abnormal else Weight.NOTABLE if word else Weight.PLAIN,
        phrase=f"BP {joined((last.text, last.mark))}"
        if (abnormal or word) and chart.is_recent(last.systolic.entry)
        else "",
    )


def _is_comparable(reading: Reading, last: Reading) -> bool:
    """Not more than five years older than the latest."""
    when, newest = reading.systolic.entry.when, last.systolic.entry.when
    if when is None or newest is None:
        return reading is last
    return int(newest.text[:4]) - int(when.text[:4]) <= _YEARS


def _urgency(chart: Chart, last: Reading, *, abnormal: bool, changing: bool) -> Urgency:
    """A fresh pressure is worth a place where nothing graver is: no range of ours decides more."""
    if not chart.is_recent(last.systolic.entry) or any(entry.unread_modifier for entry in last.entries):
        return Urgency.BACKGROUND
    if abnormal:
        return Urgency.ABNORMAL_RESULT
    return Urgency.TREND if changing or chart.is_fresh(last.systolic.entry) else Urgency.MEDICINE


def _systolic(found: Sequence[Reading]) -> Series:
    test = next((known_test(r.systolic.entry) for r in found), None)
    return make_series("systolic", test, [reading.systolic for reading in found[-_MANY_A_DAY:]])


def _side(value: Value, test_id: str) -> str:
    label = value.label.lower()
    if label.startswith("systolic") or (not label and test_id == "systolic"):
        return "systolic"
    return "diastolic" if label.startswith("diastolic") or (not label and test_id == "diastolic") else ""
