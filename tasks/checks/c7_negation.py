"""C7: what a source denies is not affirmed, what it affirms is not denied, and its doubt is kept."""

from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.polarity import Stance, stances
from tasks.checks.source import Source
from tasks.checks.words import sentences, stem
from tasks.summary import CheckResult

CHECK = "C7"
_DOUBTFUL = {"provisional", "unconfirmed"}
_FAMILY = {stem(word) for word in ("family", "mother", "father", "brother", "sister", "sibling", "grandmother", "aunt")}
_TAKES_NOTE = {Stance.NEGATED, Stance.DOUBTED, Stance.RELATIVE}


def check(claim: Claim) -> CheckResult:
    """Term by term against every sentence of the cited entries that has the term."""
    in_sources = _all_stances([text for source in claim.sources for text in _texts(source)])
    in_claim = _all_stances(list(sentences(claim.text)))
    applied = False
    for term in dict.fromkeys(claim.terms):
        said, borne_out = in_claim.get(term, []), in_sources.get(term, [])
        if not said or not borne_out or term in _FAMILY:
            continue  # a term that stands in no source is C9's
        applied = applied or any(each & _TAKES_NOTE for each in (*said, *borne_out))
        for each in said:
            if not any(_agree(each, theirs) for theirs in borne_out):
                return failed(CHECK, _reason(claim.printed(term), each, borne_out))
    return passed(CHECK) if applied else not_applicable(CHECK)


def _texts(source: Source) -> tuple[str, ...]:
    """The source's sentences; a diagnosis that its record marks as provisional is doubted in each coded part."""
    verification = source.entry.detail.get("Verification", "").casefold()
    pieces = [f"{text}, {verification}" if verification in _DOUBTFUL else text for text in source.pieces]
    return (*pieces, *source.passage)


def _all_stances(texts: list[str]) -> dict[str, list[set[Stance]]]:
    found: dict[str, list[set[Stance]]] = {}
    for text in texts:
        for term, said in stances(without_dates(text)).items():
            found.setdefault(term, []).append(said)
    return found


def _agree(mine: set[Stance], theirs: set[Stance]) -> bool:
    """Equal negation and family; more doubt than the source has is allowed, less is not."""
    if (Stance.NEGATED in mine) != (Stance.NEGATED in theirs) and not _both_ways(theirs):
        return False
    if (Stance.RELATIVE in mine) != (Stance.RELATIVE in theirs):
        return False
    return Stance.DOUBTED in mine or Stance.DOUBTED not in theirs or Stance.AFFIRMED in theirs


def _both_ways(said: set[Stance]) -> bool:
    return {Stance.NEGATED, Stance.AFFIRMED} <= said


def _reason(term: str, said: set[Stance], borne_out: list[set[Stance]]) -> str:
    if Stance.NEGATED in said:
        return f"denies “{term}”, which its sources do not"
    if all(Stance.NEGATED in each for each in borne_out):
        return f"affirms “{term}”, which its sources deny"
    if any(Stance.RELATIVE in each for each in borne_out):
        return f"says “{term}” of the patient, its sources of the family"
    return f"leaves out the doubt that its sources have about “{term}”"
