"""Whether several Patient resources with one id can be one person.

Copies of one Patient are its versions: a middle name comes, a nickname, another number, a number behind asterisks. Two
of them are two persons where a fact differs that stays with a person and is written one way: the birth date, the sex,
or every family name (a name gained by marriage stands beside the old one, or the other facts must bear it). Given names
and numbers are written in too many ways to prove anything alone: they do so together, as for twins under one id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from fhir_adapters.dates import read_date
from fhir_adapters.history import PatientFacts
from fhir_adapters.reading.elements import Element, children, text_of, texts_of

_UNSAID_SEX = frozenset({"", "unknown"})
_MASKED = re.compile(r"[*#•]|[xX]{3}")  # `***-**-1234`
_WORD = re.compile(r"\w+")
_MOST = 20  # more different versions of one Patient than this are no versions


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells persons apart, as one Patient resource says it. Empty where it says nothing."""

    families: frozenset[str]  # words of family names, of every use
    given: frozenset[str]  # words of given names; all words of a name that is written as one text
    birth_date: str
    sex: str
    identifiers: frozenset[tuple[str, str]]  # system and value, those that are written out


def is_one_person(patients: Iterable[Element]) -> bool:
    """Whether no two of these contradict each other; what one says and another leaves out is no contradiction."""
    identities = {_identity(patient) for patient in patients}
    return len(identities) <= _MOST and all(_agree(one, other) for one, other in combinations(identities, 2))


def facts_said(facts: PatientFacts) -> int:
    """How many of the banner's facts one copy gives."""
    return sum(bool(fact) for fact in (facts.name, facts.birth_date, facts.gender, facts.identifier))


def _identity(patient: Element) -> Identity:
    names = children(patient, "name")
    numbers = [(text_of(item, "system"), text_of(item, "value")) for item in children(patient, "identifier")]
    born = read_date(patient.get("birthDate"))
    return Identity(
        families=frozenset(word for item in names for word in _words(text_of(item, "family"))),
        given=frozenset(word for item in names for word in _given(item)),
        birth_date=born.text[:10] if born else text_of(patient, "birthDate"),
        sex=text_of(patient, "gender").lower(),
        identifiers=frozenset(number for number in numbers if number[1] and not _MASKED.search(number[1])),
    )


def _given(item: Element) -> list[str]:
    given = [word for name in texts_of(item, "given") for word in _words(name)]
    return given or ([] if item.get("family") else _words(text_of(item, "text")))


def _words(name: str) -> list[str]:
    """The words of a name without case and accents: `Müller-Lüdenscheidt` has two."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", name) if not unicodedata.combining(letter))
    return _WORD.findall(plain.casefold())


def _agree(one: Identity, other: Identity) -> bool:
    """Dates: one may be less exact. What a text alone calls a name may hold the family name as well."""
    born = one.birth_date.startswith(other.birth_date) or other.birth_date.startswith(one.birth_date)
    sexes = {one.sex, other.sex} - _UNSAID_SEX
    if not born or len(sexes) > 1 or _differ(one.families, other.families):
        return False
    names_differ = not (
        _alike(one.given, other.given | other.families) or _alike(other.given, one.given | one.families)
    )
    if bool(one.families) != bool(other.families) and names_differ:
        return False  # a text that names nobody of that name
    return not (names_differ and _numbers_differ(one.identifiers, other.identifiers))


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and one.isdisjoint(other)


def _alike(given: frozenset[str], others: frozenset[str]) -> bool:
    """Whether a given name, or the initial of one, is among the others; nothing said speaks for nothing."""
    return not given or not others or any(a.startswith(b) or b.startswith(a) for a in given for b in others)


def _numbers_differ(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> bool:
    """Whether some system gives them only different numbers."""
    shared_systems = {system for system, _ in one} & {system for system, _ in other}
    return bool(shared_systems - {system for system, _ in one & other})
