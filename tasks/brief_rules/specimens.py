"""What a result was measured in, where that is not blood, serum or plasma: a urine sodium is no sodium of the blood."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from fhir_adapters.details import MEASURED_IN
from fhir_adapters.history import Entry

# In order of rank: what names a fluid goes before what is only a fluid.
_WORDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "urine": ("urine urinary urinalysis ur", ()),
    "CSF": ("csf cerebrospinal", ("cerebral spinal", "spinal fluid")),
    "pleural fluid": ("pleural thoracentesis", ()),
    "peritoneal fluid": ("peritoneal ascites ascitic paracentesis", ()),
    "synovial fluid": ("synovial", ("joint fluid",)),
    "pericardial fluid": ("pericardial", ()),
    "amniotic fluid": ("amniotic", ()),
    "dialysis fluid": ("dialysate", ("dialysis fluid", "dialysis effluent")),
    "stool": ("stool faeces feces faecal fecal", ()),
    "sputum": ("sputum", ()),
    "saliva": ("saliva salivary", ()),
    "sweat": ("sweat", ()),
    "semen": ("semen seminal", ()),
    "bile": ("bile", ()),
    "gastric fluid": ("gastric", ()),
    "lavage": ("lavage bronchial bronchoalveolar bronchus", ()),
    "breast milk": ("", ("breast milk", "human milk")),
    "vitreous": ("vitreous", ()),
    "bone marrow": ("marrow", ()),
    "cord blood": ("", ("cord blood", "umbilical cord", "blood cord")),
    "drain fluid": ("drain drainage", ()),
    "cyst fluid": ("cyst", ()),
    "wound": ("wound abscess pus", ()),
    "aspirate": ("aspirate", ()),
    "swab": ("swab", ()),
    "tissue": ("tissue biopsy", ()),
    "body fluid": ("fluid fld", ()),
}
_NAMES: Final = tuple(_WORDS)
_SINGLES: Final = {word: rank for rank, (words, _) in enumerate(_WORDS.values()) for word in words.split()}
_PHRASES: Final = tuple((phrase, rank) for rank, (_, phrases) in enumerate(_WORDS.values()) for phrase in phrases)
_PHRASED: Final = frozenset(phrase.rpartition(" ")[2] for phrase, _ in _PHRASES)
_BLOOD: Final = frozenset({"serum", "plasma", "blood"})
_TOKEN: Final = re.compile(r"[^\W_]+")
# LOINC codes of systems other than blood, for records that give a code and a bare name. https://loinc.org
_CODES: Final[dict[str, str]] = {
    code: specimen
    for specimen, codes in {
        "urine": "5811-5 5803-2 5797-6 5802-4 5770-3 5794-3 5799-2 5821-4 13945-1 "
        "2828-2 2955-3 2161-8 14683-7 2888-6 5804-0 20454-5 2350-7 5792-7 2695-5 2078-4 1754-1 14957-5",
        "CSF": "2342-4 2880-3",
    }.items()
    for code in codes.split()
}


def specimen_of(entry: Entry) -> str:
    """`urine`, `CSF`; empty for blood and its parts, and where nobody says.

    By its title, the displays of its codes, and what it says of specimen, method and site; by a code where these are
    silent, so that no row of ours contradicts the record.
    """
    said = said_of(entry)
    if found := specimen_in(said):
        return found
    for code in entry.codes:
        if code.code in _CODES and "loinc" in code.system.lower() and _BLOOD.isdisjoint(_TOKEN.findall(said.lower())):
            return _CODES[code.code]
    return ""


@lru_cache(maxsize=2048)  # a chart names its tests over and over
def specimen_in(text: str) -> str:
    """The specimen that a text names, of several the one of the highest rank.

    Sets of words instead of one large regular expression: this runs over every result of a chart inside a hook.
    """
    tokens = _TOKEN.findall(text.lower())
    found = [_SINGLES[word] for word in _SINGLES.keys() & tokens]
    if not _PHRASED.isdisjoint(tokens):
        plain = f" {' '.join(tokens)} "
        found += [rank for phrase, rank in _PHRASES if f" {phrase} " in plain]
    return _NAMES[min(found)] if found else ""


def said_of(entry: Entry) -> str:
    """All that an entry says of what was measured, and how."""
    said = [entry.title]
    said += [code.display for code in entry.codes if code.display and code.display != entry.title]
    said += [text for label, text in entry.details if label in MEASURED_IN]
    return " | ".join(said) if len(said) > 1 else said[0]
