"""A medicine's title taken apart: the name in bold, and the strength and form for the rest of the line."""

from __future__ import annotations

import re

# RxNorm writes "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet [Glucophage]".
_PACKING = re.compile(r"^(?:NDA\d+\s+)?(?P<amount>\d[\d.]* (?:HR|ML|ACTUAT)\b)?\s*", re.IGNORECASE)
_STRENGTH = re.compile(
    r"^(?P<name>[^\d/\[{]*?[^\d/\[{(,\s])[,\s]+(?P<strength>\d[^/]*(?:/(?:ML|mL|ACTUAT|HR)\b[^/]*)?)$"
)
_FORM = re.compile(
    r"\b(?:oral|tablet|capsule|solution|injection|inhalation|chewable|extended|release|delayed)\b.*$", re.IGNORECASE
)
_SALT = re.compile(
    r"\s+(?:hydrochloride|sodium|potassium|calcium|besylate|maleate|tartrate|succinate|fumarate)$", re.IGNORECASE
)
_SAID_ALIKE = frozenset({"po", "oral", "by", "mouth", "once", "sc", "subcutaneous", "subcutaneously"})
_UNITS = {"MG": "mg", "ML": "mL", "MCG": "microgram", "UNT": "unit", "HR": "h", "ACTUAT": "dose"}
_TIGHT = re.compile(r"(?<=\d)(?=(?:mg|g|mL|microgram|units?|mmol|mEq)\b)")
_UNIT_WORD = re.compile(r"\b(?:MG|ML|MCG|UNT|HR|ACTUAT)\b")


def split_title(title: str) -> tuple[str, str]:
    """`("Metformin", "500 mg oral tablet")`; a combination or a pack stays whole in the first part."""
    whole = title.removeprefix("Product containing ")  # SNOMED CT's medicinal products
    packing = _PACKING.match(whole)
    amount = (packing["amount"] or "") if packing else ""
    bare = whole[packing.end() :] if packing else whole
    found = _STRENGTH.match(bare)
    if found is None:
        return _capitalised(_plain_units(bare)), _plain_units(amount)
    strength = found["strength"] if not amount or "HR" in amount else f"{found['strength']}, {amount}"
    return _capitalised(found["name"]), _lower_form(_plain_units(strength))


def ingredient(title: str) -> str:
    """The key under which orders and statements of one medicine meet: "metformin"."""
    name = _FORM.sub("", split_title(title)[0]).strip(" ,").lower() or title.lower()
    return _SALT.sub("", name)


def repeats(strength: str, dose: str) -> bool:
    """Whether a dosage text already says the strength ("500 mg oral tablet", "500 mg by mouth twice daily")."""
    amount = re.match(r"\d[\d.,]*\s*\S+", strength)
    return amount is not None and amount.group().replace(" ", "") in dose.replace(" ", "")


def spaced(dose: str) -> str:
    """`40 mg daily` for "40mg DAILY": a space between value and unit, no word shouted."""
    return _TIGHT.sub(" ", dose).replace("DAILY", "daily")


def same_dose(dose: str) -> str:
    """A dose without the words in which two systems say the same: "10 mg oral once daily", "10 mg PO daily"."""
    return " ".join(word for word in dose.lower().split() if word not in _SAID_ALIKE)


def _plain_units(text: str) -> str:
    return _UNIT_WORD.sub(lambda found: _UNITS[found.group()], text)


def _lower_form(text: str) -> str:
    """The words of a form in lower case, brand names as they are: `500 mg oral tablet [Ibu]`."""
    return re.sub(
        r"\b(?:Oral|Tablet|Capsule|Solution|Chewable|Extended|Delayed|Release|Injection|Inhaler)\b",
        lambda found: found.group().lower(),
        text,
    )


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]
