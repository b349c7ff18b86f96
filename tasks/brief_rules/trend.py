"""Which way the values of a test go, and whether that is worth a word (check C10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fhir_adapters.history import Entry, Value
from tasks.brief_rules.lexicon import KnownTest

_GENERAL_CHANGE = 0.2
_RANGE_SHARE = Decimal("0.4")  # of the source's own reference range
_STEPS_BACK = Decimal("0.15")  # a counter-step this small, of the whole change, does not break a run
NO_UNITS = frozenset({"score", "{score}", "inr", "ratio", "1", "#"})


@dataclass(frozen=True, slots=True)
class Point:
    """One value with the entry it stands in."""

    entry: Entry
    value: Value

    @property
    def number_text(self) -> str:
        """The number as the record shows it, without its unit."""
        return self.value.text.removesuffix(self.value.unit).strip() if self.value.unit else self.value.text

    @property
    def text(self) -> str:
        """The value for a line: with its unit, unless that is only a word for "a number" ("14 score", "1.5 INR")."""
        return self.number_text if self.value.unit.lower() in NO_UNITS else self.value.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Where the values go: `points` oldest first, the last being the latest."""

    points: tuple[Point, ...]
    word: str  # "rising", "falling", "up from 58", "down from 136"

    @property
    def direction(self) -> str:
        """Where the values are going now, `high` or `low`; empty where the last step went back."""
        return {"rising": "high", "falling": "low"}.get(self.word, "")


def trend_of(points: Sequence[Point], test: KnownTest | None) -> Trend | None:
    """Where comparable values, oldest first, are going; None where the change is small."""
    if len(points) < 2:  # noqa: PLR2004 - a trend needs two values
        return None
    if len(points) == 2 and not points[-1].value.is_abnormal and _day(points[0]) == _day(points[1]):  # noqa: PLR2004
        return None  # two normal readings of one day are one reading
    numbers = [point.value.number or Decimal(0) for point in points]
    start = _run_start(numbers)
    if _is_notable(numbers[start:], points[-1].value, test):
        return Trend(points=tuple(points[start:]), word="rising" if numbers[-1] > numbers[start] else "falling")
    if len(points) > 2 and _is_notable(numbers, points[-1].value, test, times=Decimal("1.2")):  # noqa: PLR2004
        direction = "up" if numbers[-1] > numbers[0] else "down"
        return Trend(points=tuple(points), word=f"{direction} from {points[0].number_text}")
    return None


def _day(point: Point) -> str:
    return point.entry.when.text[:10] if point.entry.when else ""


def _run_start(numbers: Sequence[Decimal]) -> int:
    """Where the last movement in one direction began; small counter-steps and standstills belong to it."""
    last = len(numbers) - 1
    step = last
    while step > 0 and numbers[step - 1] == numbers[last]:
        step -= 1
    if step == 0:
        return last
    sign = 1 if numbers[last] > numbers[step - 1] else -1
    start = step - 1
    for index in range(start - 1, -1, -1):
        back = sign * (numbers[index] - numbers[index + 1])
        if back > _STEPS_BACK * abs(numbers[last] - numbers[start]):
            break
        if back <= 0:
            start = index
    return start


def _is_notable(
    numbers: Sequence[Decimal], last: Value, test: KnownTest | None, *, times: Decimal = Decimal(1)
) -> bool:
    """Whether the change is large: against the first value, or against the source's own reference range."""
    change = abs(numbers[-1] - numbers[0])
    if change == 0:
        return False
    share = Decimal(str(test.change if test else _GENERAL_CHANGE)) * times
    if len(numbers) == 2 and test is None:  # noqa: PLR2004 - two values of a test we do not know
        share *= 2
    if numbers[0] != 0 and change >= share * abs(numbers[0]):
        return True
    if last.low is not None and last.high is not None and last.high > last.low and last.is_abnormal:
        return change >= _RANGE_SHARE * times * (last.high - last.low)
    return False
