"""Codes that say "none known" or "nobody asked": two different facts, and neither is a disease or a substance."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_adapters.history import Code
from fhir_adapters.reading.concepts import SNOMED

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


def none_known(codes: Iterable[Code]) -> str:
    """What these codes say is not known to exist; empty where they say no such thing."""
    return next((said for code in codes if (said := NONE_KNOWN.get((code.system, code.code)))), "")


def none_known_in_words(label: str) -> str:
    """The same for a label without a code: `NKDA`."""
    return _WORDS.get(label.lower().rstrip("."), "")


def no_information(codes: Iterable[Code]) -> str:
    """What these codes say nobody knows."""
    return next((said for code in codes if (said := NO_INFORMATION.get((code.system, code.code)))), "")
