"""Names of a level: "hyperkalaemia" is said of a potassium that its source flags high and whose figure is printed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.level_rules import Level, level_of
from tasks.checks.words import stem, vocabulary

_OTHER_FLUIDS = frozenset(map(stem, ("urine", "csf", "cerebrospinal", "pleural", "ascitic", "stool", "dialysate")))


def is_named_level(term: str, claim: Claim) -> bool:
    """Whether a term names the level of a cited blood result whose figure the sentence prints (lexicon/levels.txt)."""
    if (meant := _names().get(term)) is None:
        return False
    analyte, level = meant
    for source in claim.cited(Kind.RESULT):
        title = vocabulary(source.entry.title)
        if not analyte & title or title & _OTHER_FLUIDS:
            continue
        for value in source.entry.values:
            printed = value.number is not None and any(figure.agrees_with(value.number) for figure in claim.figures)
            if printed and level_of(value) is level:
                return True
    return False


@cache
def _names() -> dict[str, tuple[frozenset[str], Level]]:
    text = files("tasks.checks").joinpath("lexicon", "levels.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, meant = line.partition(" = ")
            level, _, analyte = meant.partition(" ")
            found[stem(name)] = (frozenset({stem(analyte)}), Level(level))
    return found
