"""The words of the review page: headings, marks, checks, flags and dates, one way everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import LINKED, Detail
from fhir_adapters.history import Entry, PatientFacts, Standing, Value
from fhir_adapters.visible import one_line
from tasks.brief_rules.names import KIND_NAMES
from tasks.summary import StatementKind

_YOUNG: Final = 2  # years: below, an age is said in months
_DAYS: Final = 62  # below, in days

# Allergies first: they are never looked for, they are seen (screens).
GROUPS: Final = {
    StatementKind.ALLERGY: "Allergies",
    StatementKind.PROBLEM: "Problems",
    StatementKind.MEDICINE: "Medicines",
    StatementKind.RESULT: "Results",
    StatementKind.IMAGING: "Imaging",
    StatementKind.COURSE: "Course and care",
    StatementKind.QUESTION: "Open questions",
}
CHECKS: Final = {
    "C1": "sources exist in this patient's record",
    "C2": "numbers",
    "C3": "units and doses",
    "C4": "dates",
    "C5": "status (current, stopped, planned)",
    "C6": "allergies",
    "C7": "negation and doubt",
    "C8": "side of the body",
    "C9": "names of medicines and findings",
    "C10": "direction of change",
    "C11": "age and sex",
    "C12": "omissions",
    "C13": "identity",
    "C14": "quotations",
    "C15": "form",
    "C16": "consistency",
    "C17": "relations between facts",
    "C18": "words that change the meaning",
}
KINDS: Final = {kind: name.singular.capitalize() for kind, name in KIND_NAMES.items()}
STANDINGS: Final = {
    Standing.CURRENT: "holds now",
    Standing.PAST: "past",
    Standing.PLANNED: "planned",
    Standing.ON_HOLD: "on hold",
    Standing.REFUTED: "refuted",
    Standing.UNKNOWN: "not known whether it holds now",
}
_FLAGS: Final = {
    "H": "high",
    "L": "low",
    "HH": "critical high",
    "LL": "critical low",
    "HU": "critical high",
    "LU": "critical low",
    "A": "abnormal",
    "AA": "critical",
    "POS": "positive",
    "N": "normal",
}


def visible(text: str) -> str:
    """A text of the record as a reader sees it, on one line (T8)."""
    return one_line(text)


def date_words(when: PartialDate | None) -> str:
    """`02-Nov-2026`, `Mar 2026`, or nothing."""
    return str(when) if when else ""


def born(patient: PatientFacts, as_of: datetime) -> str:
    """`14-Mar-1951 (75 years)`: the age at the as-of time, no sharper than the date of birth."""
    birth = patient.birth_date
    if birth is None:
        return "date of birth not recorded"
    if patient.deceased:
        return str(birth)
    if not birth.is_day:
        return f"{birth} (about {birth.years_to(as_of.date())} years)"
    return f"{birth} ({_age(birth, as_of.date())})"


def died(patient: PatientFacts) -> str:
    """That the patient is dead, and since when."""
    if isinstance(patient.deceased, PartialDate):
        return f"died {patient.deceased}"
    return "deceased, date not recorded" if patient.deceased else ""


def flag_words(value: Value) -> str:
    """What the source says of a value, as a word; never a range of ours."""
    if value.flag:
        return _FLAGS.get(value.flag, f"flag {value.flag}")
    if value.number is None or value.comparator:
        return ""
    if value.low is not None and value.number < value.low:
        return "below range"
    return "above range" if value.high is not None and value.number > value.high else ""


def range_words(value: Value) -> str:
    """The source's own reference range."""
    low, high = value.low, value.high
    if low is None and high is None:
        return ""
    if high is None:
        words = f"{_figure(low)} or more"
    elif low is None:
        words = f"{_figure(high)} or less"
    else:
        words = f"{_figure(low)} to {_figure(high)}"
    return visible(f"{words} {value.unit}")


def facts_of(entry: Entry, titles: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Status, dates and details of a source, without what `origin_of` says; references by what they name."""
    standing = "" if entry.status and entry.standing is Standing.CURRENT else STANDINGS[entry.standing]
    status = ", ".join(filter(None, (entry.status, standing)))
    pairs = [
        ("Status", status),
        ("Date", date_words(entry.when)),
        ("Until", date_words(entry.until)),
        *(_named(label, text, titles) for label, text in entry.details if label != Detail.AUTHOR),
        ("Caution", "made by AI, as its source says" if entry.ai_asserted else ""),
        ("Caution", "restricted in the record" if entry.restricted else ""),
    ]
    return tuple((visible(label), visible(text)) for label, text in pairs if text)


def _named(label: Detail, text: str, titles: Mapping[str, str]) -> tuple[str, str]:
    in_words = LINKED.get(label)
    if in_words is None:
        return label, text
    named = "; ".join(titles.get(reference, reference) for reference in text.split())
    return f"{in_words} (linked)", named


def origin_of(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Where a source is in the record (SAF-GRD-1)."""
    pairs = [
        (Detail.AUTHOR, entry.detail.get(Detail.AUTHOR, "") or "not recorded"),
        ("Reference", entry.reference),
        ("Version", entry.version or "not recorded"),
        ("Last changed", entry.last_updated or "not recorded"),
    ]
    return tuple((label, visible(text)) for label, text in pairs)


def _age(born: PartialDate, on: date) -> str:
    birth, years = born.earliest, born.years_to(on)
    if years >= _YOUNG:
        return f"{years} years"
    days = (on - birth).days
    if days < _DAYS:
        return f"{days} {'day' if days == 1 else 'days'}"
    return f"{(on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)} months"


def _figure(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"
