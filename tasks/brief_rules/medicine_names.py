"""A medicine's title taken apart: the name in bold, and the strength and form for the rest of the line."""

from __future__ import annotations

import re

# RxNorm writes "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet [Glucophage]".
_PACKING = re.compile(r"^(?:NDA\d+\s+)?(?P<amount>\d[\d.]* (?:HR|ML|ACTUAT)\b)?\s*", re.IGNORECASE)
_AMOUNT = (
    r"\d[\d.,]*\s*(?:%|(?:mg|mcg|ug|[µμ]g|micrograms?|ng|g|grams?|kg|ml|l|unt|units?|iu|meq|mmol|mol|mci|hr|actuat)\b)"
)
# A number without a unit belongs to the name: "Vitamin B 12", "Interferon beta 1a".
_STRENGTH = re.compile(
    rf"^(?P<name>[^\d/\[{{]*?[^\d/\[{{(,\s])[,\s]+(?P<strength>{_AMOUNT}[^/]*(?:/(?:ML|mL|ACTUAT|HR)\b[^/]*)?)$",
    re.IGNORECASE,
)
_AMOUNTS = re.compile(rf"{_AMOUNT}(?:/\s*(?:\d[\d.]*\s*)?(?:ml|l|actuat(?:ion)?|hr|h|hour|day|dose)\b)?", re.IGNORECASE)
_BRAND = re.compile(r"\[[^\]]*\]")
_WORD = re.compile(r"[^\W_][\w'-]*")
_FORMS = frozenset(
    [
        *("oral", "tablet", "tablets", "capsule", "capsules", "solution", "injection", "inhalation", "chewable"),
        *("extended", "delayed", "release", "injectable", "suspension", "syrup", "patch", "cream", "ointment", "pack"),
        *("inhaler", "auto-injector", "pen", "prefilled", "syringe", "disintegrating", "coated", "enteric", "film"),
    ]
)
_FORM = re.compile(
    r"\b(?:oral|tablets?|capsules?|solution|injection|inhalation|chewable|extended|release|delayed)\b", re.IGNORECASE
)
# What follows a strength and is a second ingredient: "500 mg and codeine 8 mg", "50 mg-codeine".
_COMPANION = re.compile(r"(?:[/+&,]|(?<=mg)-|\band\b|\bwith\b|\bplus\b)\s*([a-z][a-z-]{2,})", re.IGNORECASE)
# What stands between the ingredients of one title; a hyphen does where it joins two long words.
_PARTS = re.compile(r"\s*[/+&]\s*|\s+(?:and|with|plus)\s+|(?<=[a-z]{5})-(?=[a-z]{5})")
_SHORTEST = 3  # letters of an ingredient: what is shorter is a unit
_NO_COMPANION = frozenset({"food", "meals", "water", "actuat", "actuation", "hour", "day", "dose", "spacer", "needle"})
_SALT = re.compile(
    r"\s+(?:hydrochloride|sodium|potassium|calcium|besylate|maleate|tartrate|succinate|fumarate)$", re.IGNORECASE
)
# Two words for one thing. The route itself stays: 15 mg by mouth and 15 mg under the skin are two doses.
_SAID_ALIKE = (
    (re.compile(r"\b(?:po|by mouth|orally)\b"), "oral"),
    (re.compile(r"\b(?:sc|sq|subcutaneously)\b"), "subcutaneous"),
    (re.compile(r"\b(?:iv|intravenously)\b"), "intravenous"),
    (re.compile(r"\bonce (?=daily|weekly|monthly|every|a )"), ""),
)
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
    return _capitalised(found["name"].rstrip(" :;")), _lower_form(_plain_units(strength))


def ingredient(title: str) -> str:
    """The key under which orders and statements of one medicine meet: "metformin"."""
    name, strength = split_title(title)
    bare = " ".join(_FORM.sub(" ", _BRAND.sub(" ", name)).split()).strip(" ,").lower()
    said = (word.lower() for word in _COMPANION.findall(strength))
    companions = [word for word in said if word not in _NO_COMPANION and word not in _FORMS]
    return " + ".join((_SALT.sub("", bare) or title.lower(), *companions))


def ingredients(title: str) -> frozenset[str]:
    """What a title names one by one: "metformin" and "sitagliptin" for "Metformin 500 mg / sitagliptin 50 mg"."""
    whole = ingredient(title)
    parts = (part for key in whole.split(" + ") for part in _PARTS.split(key))
    bare = (" ".join(word for word in _WORD.findall(_AMOUNTS.sub(" ", part)) if word not in _FORMS) for part in parts)
    said = frozenset(_SALT.sub("", part) for part in bare if len(part) >= _SHORTEST) - _NO_COMPANION
    return said or frozenset({whole})


def agree(title: str, other: str) -> bool:
    """Whether two titles of one ingredient say the same but for the strength; a form that only one names is no other.

    "Warfarin" and "warfarin 1 mg tablet" agree; two salts, or a tablet and an injection, do not.
    """
    words, others = _words(title), _words(other)
    forms, other_forms = words & _FORMS, others & _FORMS
    return words - _FORMS == others - _FORMS and (not forms or not other_forms or forms == other_forms)


def _words(title: str) -> set[str]:
    return set(_WORD.findall(_AMOUNTS.sub(" ", _BRAND.sub(" ", title.lower()))))


def repeats(strength: str, dose: str) -> bool:
    """Whether a dosage text already says the strength ("500 mg oral tablet", "500 mg by mouth twice daily")."""
    amount = re.match(r"\d[\d.,]*\s*\S+", strength)
    if amount is None:
        return False
    said = re.escape(amount.group().replace(" ", "").lower())
    return re.search(rf"(?<![\d.,]){said}", dose.replace(" ", "").lower()) is not None


def spaced(dose: str) -> str:
    """`40 mg daily` for "40mg DAILY": a space between value and unit, no word shouted."""
    return _TIGHT.sub(" ", dose).replace("DAILY", "daily")


def same_dose(dose: str) -> str:
    """A dose in one of the wordings that two systems have for it: "10 mg oral once daily", "10 mg PO daily"."""
    said = dose.lower()
    for pattern, word in _SAID_ALIKE:
        said = pattern.sub(word, said)
    return " ".join(said.split())


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
