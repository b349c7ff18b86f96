"""What a result was measured in, where that is not blood, serum or plasma: a urine sodium is no sodium of the blood."""

from __future__ import annotations

import re
from typing import Final

from fhir_adapters.history import Entry

_SAYS_WHERE: Final = frozenset({"Specimen", "Method", "Body site"})
# In order of rank: what names a fluid goes before what is only a fluid.
_WORDS: Final[dict[str, str]] = {
    "urine": r"urine|urinary|urinalysis|ur",
    "CSF": r"csf|cerebrospinal|cerebral spinal|spinal fluid",
    "pleural fluid": r"pleural|thoracentesis",
    "peritoneal fluid": r"peritoneal|ascites|ascitic|paracentesis",
    "synovial fluid": r"synovial|joint fluid",
    "pericardial fluid": r"pericardial",
    "amniotic fluid": r"amniotic",
    "dialysis fluid": r"dialysate|dialysis (?:fluid|effluent)",
    "stool": r"stool|f(?:a?e|æ)ces|f(?:a?e|æ)cal",
    "sputum": r"sputum",
    "saliva": r"saliva|salivary",
    "sweat": r"sweat",
    "semen": r"semen|seminal",
    "bile": r"bile",
    "gastric fluid": r"gastric",
    "lavage": r"lavage|bronch\w+",
    "breast milk": r"(?:breast|human) milk",
    "vitreous": r"vitreous",
    "bone marrow": r"bone marrow",
    "cord blood": r"cord blood|umbilical cord|blood cord",
    "drain fluid": r"drain|drainage",
    "cyst fluid": r"cyst",
    "wound": r"wound|abscess|pus",
    "aspirate": r"aspirate",
    "swab": r"swab",
    "tissue": r"tissue|biopsy",
    "body fluid": r"fluid|fld",
}
_NAMES: Final = tuple(_WORDS)
_ANY: Final = re.compile(
    r"(?<![^\W_])(?:" + "|".join(f"({words})" for words in _WORDS.values()) + r")(?![^\W_])", re.IGNORECASE
)
# LOINC codes of systems other than blood, for records that give a code and a bare name. https://loinc.org
_CODES: Final[dict[str, str]] = {
    code: specimen
    for specimen, codes in {
        "urine": "2828-2 2955-3 2161-8 14683-7 2888-6 5804-0 20454-5 2350-7 5792-7 2692-2 2078-4 1754-1 14957-5",
        "CSF": "2342-4 2880-3",
    }.items()
    for code in codes.split()
}


def specimen_of(entry: Entry) -> str:
    """`urine`, `CSF`; empty for blood and its parts, and where nobody says.

    By its codes, its title, their displays, and what it says of specimen, method and site.
    """
    for code in entry.codes:
        if code.code in _CODES and "loinc" in code.system.lower():
            return _CODES[code.code]
    return specimen_in(said_of(entry))


def specimen_in(text: str) -> str:
    """The specimen that a text names, of several the one of the highest rank."""
    found = {match.lastindex or 0 for match in _ANY.finditer(text)}
    return _NAMES[min(found) - 1] if found else ""


def said_of(entry: Entry) -> str:
    """All that an entry says of what was measured, and how."""
    where = (text for label, text in entry.details if label in _SAYS_WHERE)
    return " | ".join((entry.title, *(code.display for code in entry.codes if code.display), *where))
