"""Figures with their units, as written in a sentence or a source, compared after simple normalisation only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_NUMBER_WORDS = {
    word: Decimal(number)
    for number, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=2
    )
}
# Single letters count in their own case only: H and L after a figure are flags of a laboratory.
_MASS = r"(?:kg|mcg|[mnpuµμ]g|(?-i:g)|(?:kilo|milli|micro|nano)?grams?)"
_VOLUME = r"(?:[mduµμ]L|(?-i:L)|(?:milli|deci)?lit(?:er|re)s?)"
_AMOUNT = r"(?:[mnpuµμ]?mol|[mk]?\[?IU\]?|(?-i:[mk]?U)|units?|mEq|mOsm|copies|cells|(?-i:K)|thou)"
_TIME = r"(?:years?|yrs?|months?|weeks?|days?|hours?|hrs?|minutes?|mins?|seconds?|(?-i:d|h))"
_PER = rf"(?:{_MASS}|{_VOLUME}|[mu]?mol|{_TIME}|m2|m²|1[.]73\s?m2|1[.]73\s?m²|HPF)"
_POWER = r"(?:[x×]\s?)?10(?:[*^]\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
_UNIT = (
    rf"(?:(?:{_POWER})?/{_VOLUME}|(?:{_MASS}|{_VOLUME}|{_AMOUNT})(?:\s?/\s?{_PER})*|%|per\s?cent|mm\s?\[?Hg\]?|kPa|cm\s?H2O"
    r"|°\s?[CF]|degrees|(?:beats|breaths)?\s?(?:/|per\s)min(?:ute)?|bpm|[cm]m|(?-i:m[2²]?)|inch(?:es)?"
    rf"|{_TIME}|tablets?|capsules?|puffs?|drops?|sprays?|patch(?:es)?|pack-years?|points?|ratio)"
)
_FIGURE = re.compile(
    r"(?<![\w.,])(?P<sign>(?<![^\s(:=])[-−–](?=\d))?"
    r"(?P<digits>\d{1,3}(?:[,\u202f\u2009]\d{3})+|\d{1,3}(?: \d{3})+(?![\d.])|\d+)(?P<decimals>\.\d+)?(?:st|nd|rd|th)?"
    rf"(?!\d)(?:(?:\s*|-(?=[a-z]))(?P<unit>{_UNIT})(?![\w*^]))?",  # "a 5-day course"
    re.IGNORECASE,
)
_WORD_FIGURE = re.compile(rf"\b(?P<word>{'|'.join(_NUMBER_WORDS)})\b(?:[\s-](?P<unit>{_UNIT})(?!\w))?", re.IGNORECASE)
_SHARING = re.compile(r"[\s,/()\-–→>;]*(?:(?:to|and|then|through|or|of|now|finally)\b[\s,(]*)*", re.IGNORECASE)
_MOST_DIGITS = 20  # beyond these a figure is no measurement, and rounding it would need more precision than there is
_ANNOTATION = re.compile(r"\{[^}]*\}")
_SAME_UNIT = {
    "percent": "%", "per cent": "%", "mcg": "ug", "microgram": "ug", "milligram": "mg", "nanogram": "ng", "gram": "g",
    "kilogram": "kg", "liter": "l", "litre": "l", "milliliter": "ml", "millilitre": "ml", "deciliter": "dl",
    "decilitre": "dl", "mm hg": "mmhg", "mm[hg]": "mmhg", "bpm": "/min", "beats/min": "/min", "beats per min": "/min",
    "breaths/min": "/min", "breaths per min": "/min", "per min": "/min", "beats per minute": "/min",
    "breaths per minute": "/min", "per minute": "/min", "/minute": "/min", "cel": "°c", "degf": "°f", "[degf]": "°f",
    "yr": "year", "a": "year", "mo": "month", "wk": "week", "d": "day", "h": "hour", "hr": "hour", "min": "minute",
    "s": "second", "unit": "u", "k/ul": "10*9/l", "thou/ul": "10*9/l", "10*3/ul": "10*9/l",
    "10^3/ul": "10*9/l", "x10*9/l": "10*9/l", "10^9/l": "10*9/l", "[lb_av]": "lb", "[in_i]": "inch", "{score}": "",
    "kg/m2": "kg/m2", "1": "", "ratio": "", "point": "",
}  # fmt: skip
_RAISED_POWER = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹²³", "012345678923")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number as printed: its value, how many decimals it was printed with, and its unit ("" where none)."""

    value: Decimal
    decimals: int
    unit: str  # normalised
    printed_unit: str
    start: int
    end: int
    printed: str

    def agrees_with(self, source: Decimal) -> bool:
        """Equal, or what rounding the source to the printed decimals gives, where at least two digits are printed."""
        if is_absurd(self.value) or is_absurd(source):
            return False
        if self.value == source:
            return True
        if len(self.value.as_tuple().digits) < 2 or self.decimals >= _decimals(source):  # noqa: PLR2004
            return False
        return source.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP) == self.value


def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in order; one without a unit takes that of the figure it is listed with.

    "from 58 to 31 mL/min" and "152/84 mmHg" are two figures with one unit each. Figures inside a word (HbA1c, B12)
    are no figures. Dates and times must have been taken out before.
    """
    found = [_figure(match) for match in _FIGURE.finditer(text)]
    found += [_word_figure(match) for match in _WORD_FIGURE.finditer(text)]
    found.sort(key=lambda figure: figure.start)
    for index in range(len(found) - 2, -1, -1):
        here, following = found[index], found[index + 1]
        if not here.unit and following.unit and _SHARING.fullmatch(text, here.end, following.start):
            found[index] = _with_unit(here, following)
    return tuple(found)


def is_absurd(value: Decimal) -> bool:
    """Whether a number has more digits than any measurement; such a one agrees with none."""
    return not value.is_finite() or len(value.as_tuple().digits) > _MOST_DIGITS or abs(value.adjusted()) > _MOST_DIGITS


@lru_cache(maxsize=1024)
def same_unit(unit: str) -> str:
    """A unit in one spelling: UCUM, common print and words become equal where they mean the same; no conversion."""
    plain = _ANNOTATION.sub("", unit.replace("{1.73_m2}", "1.73m2")).strip()
    plain = _RAISED_POWER.sub(r"10*\1", plain).translate(_SUPERSCRIPTS)
    plain = re.sub(r"[µμ]", "u", plain).casefold().replace("[iu]", "iu")
    plain = re.sub(r"\s*/\s*", "/", plain)
    plain = re.sub(r"^[x×]\s*(?=10)", "", plain)
    plain = re.sub(r"1\.73[\s_]*m2", "1.73m2", plain)
    if plain in _SAME_UNIT:
        return _SAME_UNIT[plain]
    parts = [_SAME_UNIT.get(part, _SAME_UNIT.get(part.removesuffix("s"), part)) for part in plain.split("/")]
    if len(parts) == 1 and parts[0].endswith("s") and len(parts[0]) > 2:  # noqa: PLR2004
        parts = [parts[0].removesuffix("s")]
    joined = "/".join(parts)
    return _SAME_UNIT.get(joined, joined)


def _figure(match: re.Match[str]) -> Figure:
    digits = re.sub(r"\D", "", match["digits"])
    decimals = match["decimals"] or ""
    sign = "-" if match["sign"] else ""
    unit = match["unit"] or ""
    return Figure(
        value=Decimal(f"{sign}{digits}{decimals}"),
        decimals=max(len(decimals) - 1, 0),
        unit=same_unit(unit),
        printed_unit=unit,
        start=match.start(),
        end=match.end(),
        printed=match[0].strip(),
    )


def _word_figure(match: re.Match[str]) -> Figure:
    unit = match["unit"] or ""
    return Figure(
        value=_NUMBER_WORDS[match["word"].casefold()],
        decimals=0,
        unit=same_unit(unit),
        printed_unit=unit,
        start=match.start(),
        end=match.end(),
        printed=match[0],
    )


def _with_unit(figure: Figure, other: Figure) -> Figure:
    return Figure(
        value=figure.value,
        decimals=figure.decimals,
        unit=other.unit,
        printed_unit=other.printed_unit,
        start=figure.start,
        end=figure.end,
        printed=f"{figure.printed} {other.printed_unit}",
    )


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0
