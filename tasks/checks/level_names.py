"""Names of a level: "hyperkalaemia" is said of a potassium that its source flags high and whose figure is printed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fhir_adapters.history import Kind
from tasks.checks.claim import Claim
from tasks.checks.level_rules import Level, level_of
from tasks.checks.source import Source
from tasks.checks.words import stem, vocabulary

# What has the name of the analyte in its own name, and is none.
_OTHER_THINGS = {
    stem("anaemia"): frozenset(
        map(stem, ("hba1c", "a1c", "mean", "corpuscular", "erythrocyte", "reticulocyte", "fetal", "free"))
    ),
}
_MEASURED = frozenset({Kind.RESULT, Kind.VITAL})
_OTHER_FLUIDS = frozenset(map(stem, ("urine", "csf", "cerebrospinal", "pleural", "ascitic", "stool", "dialysate")))


def is_named_level(term: str, claim: Claim) -> bool:
    """Whether a term names the level of a cited blood result whose figure the sentence prints (lexicon/levels.txt)."""
    return any(_has_level(term, source, claim) for source in claim.cited(Kind.RESULT))


def names_level_of(source: Source, claim: Claim) -> bool:
    """Whether the sentence names this very result by its level and prints its figure."""
    return source.entry.kind is Kind.RESULT and any(_has_level(term, source, claim) for term in claim.terms)


def _has_level(term: str, source: Source, claim: Claim) -> bool:
    if (meant := _names().get(term)) is None:
        return False
    if term in _OTHER_THINGS and any(each.entry.kind not in _MEASURED for each in claim.sources):
        return False  # "renal anaemia" and "anaemia of kidney disease" are more than the level
    analyte, level = meant
    title = vocabulary(source.entry.title)
    if not analyte & title or title & _OTHER_FLUIDS or title & _OTHER_THINGS.get(term, frozenset()):
        return False
    return any(
        value.number is not None
        and any(figure.agrees_with(value.number) for figure in claim.figures)
        and level_of(value) is level
        for value in source.entry.values
    )


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
