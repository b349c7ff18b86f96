"""Codes that say "none known" or "nobody asked": two different facts, and neither is a disease or a substance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_adapters.details import Detail
from fhir_adapters.history import Code, Entry, Standing
from fhir_adapters.reading.concepts import SNOMED, codes_of, label_of
from fhir_adapters.reading.elements import Element, text_of
from fhir_adapters.reading.modifiers import unread_modifier

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"

# C6: "no known allergies" only with an explicit code. A code for drugs alone says nothing of foods.
NONE_KNOWN: dict[tuple[str, str], str] = {
    (SNOMED, "716186003"): "No known allergies",
    (SNOMED, "160244002"): "No known allergies",  # retired, still in older records
    (SNOMED, "409137002"): "No known drug allergies",
    (SNOMED, "428607008"): "No known environmental allergies",
    (SNOMED, "429625007"): "No known food allergies",
    (SNOMED, "716184000"): "No known latex allergies",
    (SNOMED, "716220001"): "No known animal allergies",
    (SNOMED, "428197003"): "No known insect allergies",
    (SNOMED, "160245001"): "No known problems",
    (SNOMED, "787481004"): "No known medications",
    (IPS, "no-known-allergies"): "No known allergies",
    (IPS, "no-known-medication-allergies"): "No known drug allergies",
    (IPS, "no-known-environmental-allergies"): "No known environmental allergies",
    (IPS, "no-known-food-allergies"): "No known food allergies",
    (IPS, "no-known-problems"): "No known problems",
    (IPS, "no-known-medications"): "No known medications",
}
NO_INFORMATION: dict[tuple[str, str], str] = {
    (IPS, "no-allergy-info"): "No information about allergies",
    (IPS, "no-problem-info"): "No information about problems",
    (IPS, "no-medication-info"): "No information about medications",
}
# Without a code the words are kept as words: C6 does not count them as the explicit code.
_WORDS = {
    "nka": "No known allergies",
    "nkda": "No known drug allergies",
    "no known allergies": "No known allergies",
    "no known allergy": "No known allergies",
    "no known drug allergies": "No known drug allergies",
    "no known drug allergy": "No known drug allergies",
    "no known medication allergies": "No known drug allergies",
    "no known food allergies": "No known food allergies",
    "no known problems": "No known problems",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# All that an absence's own name may say, in the languages in which the International Patient Summary is written most.
# Any other word names something: "No known allergies except penicillin".
_NEGATIONS = _words(
    "no none nil not nka nkda nkfa denies denied without negative keine kein nicht sin ninguna ningun ninguno aucune "
    "aucun pas sans nessuna nessun non geen nenhuma nenhum sem não nao inga ingen ei brak žádné žádná nincs"
)
_FILLERS = _words(
    "any a of on file to for has have is are the this that patient pt record recorded reported history adverse "
    "reaction reactions sensitivity sensitivities situation finding current currently active at time present problem "
    "problems condition conditions taking been there type substance s d l se de di do da le la les los las il i der "
    "die das el o os as een til på nach aktuell patientin patiente paziente paciente patiënt réaction réactions "
    "reazioni reazione reacciones reações reaktionen reakties existe existen"
)
_STEMS = (  # the words for allergy and for knowing it, in any ending
    *("allerg", "alerg", "intoler", "intoller", "unverträglich", "överkänslig", "overgevoelig", "uczuleń"),
    *("known", "bekannt", "bekend", "bekende", "conoc", "connu", "nota", "note", "noti", "conhecid", "kända", "känd"),
    *("kanda", "kjent", "kendt", "tunnettu", "znan", "známá", "známé", "ismert"),
)
_GROUPS = {
    **dict.fromkeys(_words("drug drugs medication medications medicine medicines arzneimittel"), "drug"),
    **dict.fromkeys(_words("food foods"), "food"),
    **dict.fromkeys(_words("environmental environment"), "environmental"),
    **dict.fromkeys(_words("latex látex"), "latex"),
    **dict.fromkeys(_words("animal animals"), "animal"),
    **dict.fromkeys(_words("insect insects"), "insect"),
}
_NAMING = frozenset(["sct", "rxnorm", "fdasis", "UNII"])  # last parts of systems whose other codes name a substance
CONTRADICTION = "contradiction: also says none are known"
_WIDEST = "No known allergies"
NO_ALLERGY_INFORMATION = NO_INFORMATION[IPS, "no-allergy-info"]
_NOT_DOCUMENTED = re.compile(
    r"(?:(?:no|nothing|none|not)\s+)?(?:(?:known\s+)?allerg(?:y|ies)\s+|data\s+|information\s+|info\s+|history\s+)*"
    r"(?:(?:not|none|nothing)\s+)?(?:on\s+(?:file|record)|recorded|documented|entered|available|assessed|reviewed|asked)"
    r"|no\s+(?:allergy\s+)?(?:information|data|info)|(?:allergies\s+|allergy\s+status\s+)?(?:unknown|not\s+known)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """What an entry says of an absence, and whether it may be believed (C6)."""

    title: str  # empty where the entry names nothing else
    proof: str  # "yes" by an explicit code, "as text" by words, empty where the statement does not hold
    is_contradicted: bool  # the same entry names something, or shows signs of it

    def codes_of(self, named: Element) -> tuple[Code, ...]:
        """The concept's codes; without the code of the absence where that does not hold, so that nothing counts it."""
        return tuple(code for code in codes_of(named) if self.proof or (code.system, code.code) not in NONE_KNOWN)


def absence_in(
    resource: Element, named: Element, standing: Standing, *, in_words: bool = False, signs: bool = False
) -> Absence | None:
    """The absence that the concept `named` states, None where it states none.

    It does not hold where the concept names something else as well or the resource bears `signs` of it, where the
    standing is unknown, and where a modifier is not understood. Of two statements the narrower one is taken.
    """
    codes = codes_of(named)
    coded = [said for code in codes if (said := NONE_KNOWN.get((code.system, code.code)))]
    words = none_known_in_words(label_of(named)) if in_words else ""
    if not coded and not words:
        return None
    labels = list(_labels(named))
    other = next((label for label in labels if not _is_absence(label)), "")
    if other or signs:
        return Absence(title="" if other in {"", _UNNAMED} else other, proof="", is_contradicted=True)
    said = _narrowest([*coded, *([words] if words else []), *_groups_in(labels)])
    if standing is Standing.UNKNOWN or unread_modifier(resource):
        rest = said.removeprefix("No known ")
        return Absence(title=f"not certain whether there are {rest}", proof="", is_contradicted=False)
    return Absence(title=said, proof="yes" if coded else "as text", is_contradicted=False)


_UNNAMED = "code of a substance"


def _labels(named: Element) -> Iterator[str]:
    """What a concept is called, and a word for each code without a name that may name a substance."""
    yield text_of(named, "text")
    for code in codes_of(named):
        if code.display:
            yield code.display
        elif (code.system, code.code) not in NONE_KNOWN and code.system.rpartition("/")[2] in _NAMING:
            yield _UNNAMED


def _is_absence(label: str) -> bool:
    """Whether a name says nothing but that something is absent."""
    words = set(_LETTERS.findall(label.lower()))
    return not words or (not words.isdisjoint(_NEGATIONS) and all(map(_says_no_thing, words)))


def _says_no_thing(word: str) -> bool:
    return word in _NEGATIONS or word in _FILLERS or word in _GROUPS or word.startswith(_STEMS)


def _groups_in(labels: Iterable[str]) -> list[str]:
    """`No known food allergies` for a name that says so of one group only."""
    words = {word for label in labels for word in _LETTERS.findall(label.lower())}
    found = {_GROUPS[word] for word in words if _GROUPS.get(word)} | ({"drug"} if "nkda" in words else set())
    return [f"No known {group} allergies" for group in sorted(found)]


def _narrowest(statements: list[str]) -> str:
    """A statement about drugs alone says nothing of foods, whatever stands beside it."""
    if statements[0] != _WIDEST:
        return statements[0]
    return next((said for said in statements if said != _WIDEST), _WIDEST)


def none_known_in_words(label: str) -> str:
    """What a label without a code says is not known to exist; empty where it says no such thing.

    `NKDA`, `No known allergies (NKA)`, `Patient denies any allergies`.
    """
    plain = label.lower().strip(" .")
    if plain in _WORDS or not label:
        return _WORDS.get(plain, "")
    words = set(_LETTERS.findall(plain))
    of_allergies = "nka" in words or "nkda" in words or any(word.startswith(("allerg", "alerg")) for word in words)
    if not of_allergies or not _is_absence(label) or not_documented(label):
        return ""
    return _narrowest([_WIDEST, *_groups_in([label])])


def not_documented(label: str) -> str:
    """`No information about allergies` for words that only say that nobody wrote anything: `Not on file`."""
    return NO_ALLERGY_INFORMATION if _NOT_DOCUMENTED.fullmatch(label.strip(" .")) else ""


def no_information(codes: Iterable[Code]) -> str:
    """What these codes say nobody knows."""
    return next((said for code in codes if (said := NO_INFORMATION.get((code.system, code.code)))), "")


def says_nothing(entry: Entry) -> bool:
    """Whether an entry stands for a question that nobody asked: by its code, since a thing may be called anything.

    https://hl7.org/fhir/uv/ips/CodeSystem-absent-unknown-uv-ips.html. Of an allergy, the words alone may say it too.
    """
    return entry.title == no_information(entry.codes) or Detail.NOT_DOCUMENTED in entry.detail
