"""Whether several Patient resources with one id can be one person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from fhir_adapters.history import PatientFacts
from fhir_adapters.reading.elements import Element, children, text_of, texts_of

_UNSAID_SEX = frozenset({"", "unknown"})
_MOST = 20  # more different versions of one Patient than this are no versions


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells persons apart, as one Patient resource says it. Empty where it says nothing."""

    names: frozenset[str]
    birth_date: str
    sex: str
    identifiers: frozenset[tuple[str, str]]  # system and value


def is_one_person(patients: Iterable[Element]) -> bool:
    """Whether no two of these contradict each other; what one says and another leaves out is no contradiction."""
    identities = {_identity(patient) for patient in patients}
    return len(identities) <= _MOST and all(_agree(one, other) for one, other in combinations(identities, 2))


def facts_said(facts: PatientFacts) -> int:
    """How many of the banner's facts one copy gives."""
    return sum(bool(fact) for fact in (facts.name, facts.birth_date, facts.gender, facts.identifier))


def _identity(patient: Element) -> Identity:
    numbers = [(text_of(item, "system"), text_of(item, "value")) for item in children(patient, "identifier")]
    return Identity(
        names=frozenset(name for item in children(patient, "name") if (name := _name(item))),
        birth_date=text_of(patient, "birthDate"),
        sex=text_of(patient, "gender").lower(),
        identifiers=frozenset(number for number in numbers if number[1]),
    )


def _name(item: Element) -> str:
    parts = [*texts_of(item, "given"), text_of(item, "family")]
    return " ".join(part for part in parts if part).casefold() or text_of(item, "text").casefold()


def _agree(one: Identity, other: Identity) -> bool:
    """Names: all of one among the other's, which may have gained one. Dates: one may be less exact."""
    names = one.names <= other.names or other.names <= one.names
    born = one.birth_date.startswith(other.birth_date) or other.birth_date.startswith(one.birth_date)
    sexes = {one.sex, other.sex} - _UNSAID_SEX
    return names and born and len(sexes) <= 1 and _numbers_agree(one.identifiers, other.identifiers)


def _numbers_agree(one: frozenset[tuple[str, str]], other: frozenset[tuple[str, str]]) -> bool:
    """Something in common, and in no system only different numbers."""
    if not one or not other:
        return True
    shared_systems = {system for system, _ in one} & {system for system, _ in other}
    common = {system for system, _ in one & other}
    return bool(common) and shared_systems <= common
