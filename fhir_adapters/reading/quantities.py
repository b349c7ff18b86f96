"""Numbers and units as the record gives them, shown by the display rules: no trailing zero, microgram in full."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache

from fhir_adapters.reading.elements import Element, child, text_of

COMPARATORS = frozenset({"", "<", "<=", ">=", ">"})  # without one a value is exact
_SIGNS = {"≤": "<=", "=<": "<=", "≥": ">=", "=>": ">="}

_NUMERAL = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_MOST_DECIMALS = 4  # as an instrument may give; more are an artefact of arithmetic
_WHOLE = 1e15  # above this a float does not count in ones any more
_LONGEST = 15  # digits before or after the point that are still written out

# UCUM codes that no clinician reads: https://ucum.org/ucum
_UNITS = {
    "1": "",
    "Cel": "°C",
    "[degF]": "°F",
    "[in_i]": "in",
    "[in_us]": "in",
    "[lb_av]": "lb",
    "[oz_av]": "oz",
    "[pH]": "",
    "mo": "months",
    "a": "years",
    "wk": "weeks",
}
_MICROGRAM = frozenset({"ug", "µg", "μg", "mcg"})  # ISMP: "microgram" in full
_INTERNATIONAL = re.compile(r"\[i?IU\]|\[iU\]", re.IGNORECASE)


def number_of(value: object) -> Decimal | None:
    """The number in `value`, exactly as the source wrote it; None where it is none.

    orjson hands over floats: `repr` gives back the shortest digits that make the same float, which are the source's own
    up to 15 of them. 7.0 and 7 are one number.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return Decimal(int(value)) if value.is_integer() and abs(value) < _WHOLE else Decimal(repr(value))
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and _NUMERAL.fullmatch(value):
        return Decimal(value)
    return None


def shown(number: Decimal) -> str:
    """`number` for reading.

    As written up to four decimals. Longer ones come from arithmetic, not from an instrument, and are rounded: to two
    decimals, below 1 to three significant digits. `Value.number` keeps what was written; check C2 compares with both.
    """
    text = str(number)
    if "E" in text:
        if abs(number.adjusted()) > _LONGEST:
            return f"{number:.3g}"
        text = f"{number:f}"
    _, point, decimals = text.partition(".")
    if not point:
        return text
    if len(decimals) > _MOST_DECIMALS:
        text = f"{number:.2f}" if abs(number) >= 1 else f"{number:.{2 - number.adjusted()}f}"
    return text.rstrip("0").rstrip(".")


@lru_cache(maxsize=1024)
def shown_unit(unit: str) -> str:
    """A unit for reading: `mm[Hg]` is mmHg, `{score}` is score, `ug/L` is microgram/L."""
    if unit in _UNITS:
        return _UNITS[unit]
    unit = unit.replace("{", "").replace("}", "").replace("mm[Hg]", "mmHg").replace("1.73_m2", "1.73 m2")
    unit = _INTERNATIONAL.sub("IU", unit).replace("10*", "10^")
    return "/".join("microgram" if part in _MICROGRAM else part for part in unit.split("/"))


def unit_of(quantity: Element) -> str:
    """The unit of a Quantity as shown: its text, else its code."""
    unit = text_of(quantity, "unit", 60) or text_of(quantity, "code", 60)
    return shown_unit(unit) if unit else ""


def with_unit(number: str, unit: str) -> str:
    """`8.4 %`: value, space, unit."""
    return f"{number} {unit}" if unit else number


def quantity_text(quantity: Element) -> str:
    """A Quantity for reading: `<0.01 ng/mL`; empty where it holds no number."""
    number = number_of(quantity.get("value"))
    if number is None:
        return ""
    sign = comparator_of(quantity)
    return with_unit(f"{sign}{shown(number)}" if sign in COMPARATORS else f"{sign} {shown(number)}", unit_of(quantity))


def comparator_of(quantity: Element) -> str:
    """The comparator, empty where there is none. One that is not understood comes back as written: it is a modifier."""
    written = quantity.get("comparator")
    if not written:
        return ""
    sign = text_of(quantity, "comparator", 60)
    return _SIGNS.get(sign, sign) or "comparator not understood:"


def range_text(low: Decimal | None, high: Decimal | None) -> str:
    """`4-5.6`, `up to 5`, `from 90`."""
    if low is not None and high is not None:
        joint = " to " if low < 0 else "-"  # a dash between two signs cannot be read
        return f"{shown(low)}{joint}{shown(high)}"
    if high is not None:
        return f"up to {shown(high)}"
    return f"from {shown(low)}" if low is not None else ""


def range_of(element: Element) -> str:
    """A Range for reading, with its unit."""
    low, high = child(element, "low"), child(element, "high")
    text = range_text(number_of(low.get("value")), number_of(high.get("value")))
    return with_unit(text, unit_of(high) or unit_of(low)) if text else ""


def ratio_text(ratio: Element) -> str:
    """A Ratio for reading: `1:128`, `5 mg per 1 mL`."""
    numerator, denominator = child(ratio, "numerator"), child(ratio, "denominator")
    above, below = quantity_text(numerator), quantity_text(denominator)
    if not (above and below):
        return above
    return f"{above} per {below}" if unit_of(numerator) or unit_of(denominator) else f"{above}:{below}"
