"""How far two measurements of one thing may differ and still be called stable: never past a limit of the source."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from fhir_adapters.history import Value
from tasks.checks.words import stem

# Fractions of the larger value, each no wider than what a healthy person's own values vary by within a day or so.
# Whatever is not named has the narrow default: a change that is called none is not looked at again.
_DEFAULT = Decimal("0.03")
_WITHIN = {
    stem(word): Decimal(fraction)
    for words, fraction in (
        ("sodium chloride osmolality saturation spo2 temperature ph calcium", "0.015"),
        ("weight bmi height", "0.02"),
        ("potassium haemoglobin haematocrit albumin hba1c inr", "0.03"),
        ("creatinine egfr urea cholesterol ldl hdl", "0.05"),
        ("systolic diastolic pressure heart pulse glucose platelets", "0.05"),
    )
    for word in words.split()
}
_LAST_PLACE_WITHIN = Decimal("0.1")  # one step of the last printed digit is no change, unless the step is a big one


def is_steady(name: frozenset[str], values: Sequence[Value]) -> bool:
    """Whether no two values differ by more than their kind allows, and none is on another side of its limits.

    `name` are the stems of what was measured. One step of the last printed digit is allowed where it is small.
    """
    if len({side(value) for value in values}) > 1:
        return False
    numbers = [value.number for value in values if value.number is not None]
    return not numbers or differ_little(name, min(numbers), max(numbers))


def differ_little(name: frozenset[str], one: Decimal, other: Decimal) -> bool:
    """Whether two values of one thing are the same as far as a measurement tells."""
    size = max(abs(one), abs(other))
    difference = abs(one - other)
    fraction = min((allowed for word, allowed in _WITHIN.items() if word in name), default=_DEFAULT)
    step = Decimal(1).scaleb(min(_exponent(one), _exponent(other)))
    return difference <= size * fraction or difference <= min(step, size * _LAST_PLACE_WITHIN)


def side(value: Value) -> tuple[str, int]:
    """The flag that the source gives, and the side of its limits that the value is on."""
    number = value.number
    if number is None:
        return value.flag, 0
    below = value.low is not None and number < value.low
    above = value.high is not None and number > value.high
    return value.flag, above - below


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0
