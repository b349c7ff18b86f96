"""Results of one test over time: the latest value, those comparable with it, and which way they go (check C10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from fhir_adapters.details import Detail
from fhir_adapters.history import Entry, Value
from tasks.brief_rules.flag_words import flag_word, own_word
from tasks.brief_rules.lexicon import KnownTest, component_test, known_test
from tasks.brief_rules.marks import is_corrected, is_counted, is_preliminary, result_mark
from tasks.brief_rules.specimens import specimen_of
from tasks.brief_rules.titles import full_title
from tasks.brief_rules.trend import NO_UNITS, Point, Trend, trend_of
from tasks.brief_rules.wording import clip, day, joined, span

_YEARS_COMPARED = 5
_SHOWN = 5
_MOST_STEPS = 4.0
_SITE_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """All values of one test that stand alike, oldest first; one at least.

    Values that do not count (by status or modifier) and entries without a value are series of their own: they stand
    for nothing else, and hide nothing.
    """

    title: str
    test: KnownTest | None
    points: tuple[Point, ...]
    comparable: tuple[Point, ...]  # plain numbers in the latest value's unit, at most five years older than it
    trend: Trend | None  # where two values differ much, or three go one way
    is_worsening: bool  # the latest value is abnormal, or bad by direction, and still going that way
    subject: tuple[str, ...]  # what every series of one test shares
    gravity: float  # how far outside the source's own range, in steps of the test's scale, four at most; 0 inside it

    @property
    def latest(self) -> Point:
        """The newest value."""
        return self.points[-1]

    @property
    def is_counted(self) -> bool:
        """Whether its values may stand for the patient's latest."""
        return is_counted(self.latest.entry)

    @property
    def is_absent(self) -> bool:
        """Whether its entries say why there is no value."""
        return self.latest.value.is_absent

    @property
    def mark(self) -> str:
        """What must be said beside the latest value; where modifiers are not understood, how many such there are."""
        entry = self.latest.entry
        many = len(self.points) if entry.unread_modifier else 1
        latest_of = f"latest of {many}" if many > 1 else ""
        return joined((result_mark(entry), latest_of, own_word(self.latest.value), self._variants))

    @property
    def _variants(self) -> str:
        """In which ways the values shown were measured, where they differ."""
        if self.test is None or not self.test.variants or len(self.shown) == 1:
            return ""
        found = dict.fromkeys(map(self.test.variant, self.entries))
        return f"not all measured alike: {joined(name or 'not said how' for name in found)}" if len(found) > 1 else ""

    @property
    def short(self) -> str:
        """The name for a line with little room."""
        return self.test.short if self.test else self.title

    @property
    def shown(self) -> tuple[Point, ...]:
        """The values that a line shows: all where they are few, else the first and the latest."""
        points = self.trend.points if self.trend else self.comparable
        if not points:
            return (self.latest,)
        return points if len(points) <= _SHOWN else (points[0], *points[-_SHOWN + 1 :])

    def values_text(self, recent: str) -> str:
        """`58 → 44 → 31 mL/min/1.73 m2 (Jan 2023 to 02-Nov-2026)`, or the latest value with its date."""
        shown = self.shown
        last = self.latest
        if len(shown) == 1:
            return f"{last.text} ({day(last.entry.when)})"
        numbers = [f"{p.number_text} (preliminary)" if is_preliminary(p.entry) else p.number_text for p in shown[:-1]]
        numbers.append(last.number_text)
        if len(shown) < len(self.trend.points if self.trend else self.comparable):
            numbers.insert(1, "…")
        unit = f" {last.value.unit}" if last.value.unit.lower() not in {*NO_UNITS, ""} else ""
        return f"{' → '.join(numbers)}{unit} ({span(shown[0].entry.when, last.entry.when, recent)})"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of the shown values."""
        return tuple(point.entry for point in self.shown)


def series_of(entries: Iterable[Entry], keys: Mapping[str, str]) -> list[Series]:
    """One series for each test and component, or several where some of its values do not count or are absent.

    A value that does not count, or an absence, is left out where a newer value that counts has taken its place. Values
    without a date, or with one that cannot be read, have no order: each stands for itself, and may be the newest.
    `keys` gives each entry's place in time by its id.
    """
    groups: dict[tuple[str, ...], list[Point]] = {}
    tests: dict[tuple[str, ...], KnownTest | None] = {}
    newest: dict[tuple[str, ...], str] = {}  # the moment of the latest value that counts, by subject
    for entry in entries:
        own = known_test(entry)
        apart = "" if is_counted(entry) else result_mark(entry)
        for value in entry.values:
            test = component_test(value.label) if value.label else own
            subject = (test.id,) if test else _subject(entry, value.label)
            absent = "absent" if value.is_absent else ""
            undated = value.text if entry.when is None and not absent else ""
            key = (*subject, apart, absent, undated)
            tests.setdefault(key, test)
            groups.setdefault(key, []).append(Point(entry, value))
            if not (apart or absent or undated):
                newest[subject] = max(newest.get(subject, ""), keys[entry.id])
    found = [
        _series(points, tests[key], keys, key[:-3])
        for key, points in groups.items()
        if key[-1] or not any(key[-3:]) or max(keys[point.entry.id] for point in points) >= newest.get(key[:-3], "")
    ]
    return _told_apart(found)


def _told_apart(found: list[Series]) -> list[Series]:
    """Different tests that are called alike, each with its method where it gives one."""
    subjects: dict[str, set[tuple[str, ...]]] = {}
    for series in found:
        if series.test is None:
            subjects.setdefault(series.title.lower(), set()).add(series.subject)
    if len(subjects) == len(found):
        return found
    return [
        replace(series, title=f"{series.title} ({clip(method, _SITE_LIMIT)})")
        if len(subjects.get(series.title.lower(), ())) > 1 and (method := series.latest.entry.detail.get(Detail.METHOD))
        else series
        for series in found
    ]


def _subject(entry: Entry, label: str) -> tuple[str, ...]:
    """What makes two results that the brief does not know the same test: a code of the same system, and the title.

    The site, the specimen and the method count as well: two eyes, two cultures, two assays.
    """
    code = next((f"{c.system}|{c.code}" for c in entry.codes if c.code and c.system), "")
    method = entry.detail.get(Detail.METHOD, "").lower() if entry.details else ""
    return (
        code,
        entry.title.lower(),
        *(text.lower() for text in _where(entry)),
        specimen_of(entry),
        method,
        label.lower(),
    )


def _where(entry: Entry) -> list[str]:
    return [text for label, text in entry.details if label in {Detail.BODY_SITE, Detail.SPECIMEN}]


def _series(points: list[Point], test: KnownTest | None, keys: Mapping[str, str], subject: tuple[str, ...]) -> Series:
    """Oldest first; of one moment the corrected after the final, the abnormal last; what is said alike, once."""
    if len(points) > 1:
        points = sorted(points, key=lambda point: _place(point, keys))
        points = list({(keys[point.entry.id], point.value.text): point for point in points}.values())
    last = points[-1]
    where = [] if test else [clip(text.lower(), _SITE_LIMIT) for text in _where(last.entry)]
    return make_series(full_title(last.entry, last.value.label, test, where), test, points, subject)


def _place(point: Point, keys: Mapping[str, str]) -> tuple[str, bool, bool, bool]:
    entry = point.entry
    return keys[entry.id], not is_preliminary(entry), is_corrected(entry), point.value.is_abnormal


def make_series(title: str, test: KnownTest | None, points: Sequence[Point], subject: tuple[str, ...] = ()) -> Series:
    """The series of `points`, oldest first, with what follows from them."""
    comparable = () if points[-1].entry.unread_modifier else _comparable(points)
    trend = trend_of(comparable, test)
    last = points[-1].value
    return Series(
        title=title,
        test=test,
        subject=subject,
        points=tuple(points),
        comparable=comparable,
        trend=trend,
        is_worsening=trend is not None and _is_worsening(trend, last, test),
        gravity=gravity_of(last, trend, test),
    )


def _comparable(points: Sequence[Point]) -> tuple[Point, ...]:
    last = points[-1]
    if last.value.number is None or last.value.comparator or last.entry.when is None:
        return ()
    oldest = f"{int(last.entry.when.text[:4]) - _YEARS_COMPARED}{last.entry.when.text[4:]}"
    corrected = {point.entry.when for point in points if is_corrected(point.entry)}
    return tuple(
        point
        for point in points
        if point.value.number is not None
        and not point.value.comparator
        and point.value.unit == last.value.unit
        and point.entry.when is not None
        and point.entry.when.text >= oldest
        and (point.entry.when not in corrected or is_corrected(point.entry))
    )


def _is_worsening(trend: Trend, last: Value, test: KnownTest | None) -> bool:
    if not trend.direction:
        return False
    if last.is_abnormal:
        return trend.direction in flag_word(last)
    return test is not None and test.worse == trend.direction


def gravity_of(value: Value, trend: Trend | None, test: KnownTest | None) -> float:
    """How far outside the source's range a value lies, in steps of the test's scale, four at most."""
    scale = test.scale if test else 1.0
    if value.number is None:
        return 1.0 if value.is_abnormal else 0.0
    limit = value.high if value.high is not None and value.number > value.high else value.low
    if limit is None or limit == 0 or not value.is_abnormal:  # a source that gives no range: how far it has gone
        limit = trend.points[0].value.number if trend else None
    return min(_MOST_STEPS, float(abs(value.number - limit) / abs(limit)) / scale) if limit else 0.0
