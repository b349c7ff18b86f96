"""C2: every number of a statement stands in an entry that it cites."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tasks.checks.aims import is_target_figure
from tasks.checks.claim import Claim, failed, not_applicable, passed
from tasks.checks.dates import without_dates
from tasks.checks.differences import is_difference, is_value_as_change
from tasks.checks.level_rules import COMPARED_WORDS, NAMES_LIMIT
from tasks.checks.source import Source
from tasks.checks.units import Figure, figures
from tasks.checks.words import ordinary, stem, vocabulary
from tasks.summary import CheckResult

CHECK = "C2"
_BETWEEN_LIMITS = re.compile(r"\s*(?:to|and|-|–|,)\s*", re.IGNORECASE)
_COMPARES = re.compile(rf"(?:{COMPARED_WORDS})[\s(]*$", re.IGNORECASE)
_CROSSES = re.compile(r"[,;/.]\s|\band\b|/", re.IGNORECASE)
# A figure that is aimed at, or on which something depends, is no result.
_AIMS = re.compile(
    r"\b(?:until|targets?|goals?|aims?|aimed|aiming|threshold"
    r"|(?:if|when|once|unless)\b[^,;.]*\b(?:below|above|over|under|reach\w*|exceed\w*|falls?|rises?|drops?))\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[;.](?=\s|$)|,\s")
_TWO = 2


def check(claim: Claim) -> CheckResult:
    """Values and printed figures; a reference limit only where the sentence names it as one.

    Nothing is computed but by how much one thing changed between two cited values of it. A number printed with fewer
    decimals passes if its source rounds to it. Dates are C4's.
    """
    if not claim.figures:
        return not_applicable(CHECK)
    wrong = (_wrong_figure(claim, place) for place in range(len(claim.figures)))
    reason = next(filter(None, wrong), "") or _swapped(claim)
    return failed(CHECK, reason) if reason else passed(CHECK)


def _wrong_figure(claim: Claim, place: int) -> str:
    figure, as_limit = claim.figures[place], is_limit(claim, place)
    if is_difference(claim, figure):
        return ""
    if not _stands_in(figure, claim.sources, as_limit=as_limit):
        return f"{figure.printed} stands in none of its sources"
    if is_value_as_change(claim, figure):
        return f"{figure.printed} is told as a change, and is a value in its source"
    owned = _stands_in(figure, claim.owners(figure.start), as_limit=as_limit)
    if not owned and not is_target_figure(claim, figure):
        return f"{figure.printed} is of another entry than the sentence says"
    return _loses_comparator(claim, figure) or _of_another_part(claim, figure) or _is_aim(claim, figure)


def is_limit(claim: Claim, place: int) -> bool:
    """Whether a figure is printed as the end of a reference range: "upper limit of 5.1", "range 3.5 to 5.1"."""
    figure = claim.figures[place]
    before = claim.text[: figure.start]
    if NAMES_LIMIT.search(before):
        return True
    if _COMPARES.search(before):  # "above 5.1", which level_rules.compares has to show
        return any(figure.agrees_with(limit) for source in claim.sources for limit, _ in source.limits)
    if not place:
        return False
    one = claim.figures[place - 1]
    return _BETWEEN_LIMITS.fullmatch(claim.text, one.end, figure.start) is not None and is_limit(claim, place - 1)


def _stands_in(figure: Figure, sources: Sequence[Source], *, as_limit: bool) -> bool:
    printed = [each.value for source in sources for each in source.figures]
    if as_limit:
        coded = [limit for source in sources for limit, _ in source.limits]
        printed = [each.value for source in sources for text in source.passage for each in figures(text)]
    else:
        coded = [value for source in sources for value, _ in source.measured]
    return any(figure.agrees_with(value) for value in (*coded, *printed))


def _loses_comparator(claim: Claim, figure: Figure) -> str:
    """A source that has "<0.01" does not say 0.01."""
    values = [
        value
        for source in claim.owners(figure.start)
        for value in source.entry.values
        if value.number is not None and figure.agrees_with(value.number)
    ]
    if not values or not all(value.comparator for value in values) or _COMPARES.search(claim.text[: figure.start]):
        return ""
    return f"{figure.printed} stands in its source only with {values[0].comparator}"


def _of_another_part(claim: Claim, figure: Figure) -> str:
    """A measurement of several parts: each figure is of the part that is named beside it, and none is without one."""
    for source in claim.owners(figure.start):
        parts = {value.label: value.number for value in source.entry.values if value.label and value.number is not None}
        if len(parts) < _TWO or not any(figure.agrees_with(number) for number in parts.values()):
            continue
        named = [label for label in parts if _is_beside(claim, figure, label)]
        if named and not any(figure.agrees_with(parts[label]) for label in named):
            return f"{figure.printed} is not the {named[0].casefold()} value of its source"
        if not named and not _is_one_of_a_pair(claim, figure):
            return f"{figure.printed} is one of several values of its source, and the sentence does not say which"
    return ""


def _is_beside(claim: Claim, figure: Figure, label: str) -> bool:
    """Whether a part is named before the figure or after it, with neither a figure nor a new phrase between."""
    own = vocabulary(label)
    for match in re.finditer(r"[^\W_]+", claim.text):
        if stem(match[0].casefold()) not in own or match[0].casefold() in ordinary():
            continue
        start, end = sorted((match.span(), (figure.start, figure.end)))
        between = claim.text[start[1] : end[0]]
        if not _CROSSES.search(between) and not figures(between):
            return True
    return False


def _is_aim(claim: Claim, figure: Figure) -> str:
    """A figure that all its sources only aim at, "daily until 132 mmol/L or above", told without saying so."""
    if any(figure.agrees_with(value) for source in claim.sources for value, _ in source.measured):
        return ""
    told = (piece for source in claim.sources for piece in (*source.pieces, *source.passage))
    before = [
        text[: each.start]
        for piece in told
        for text in _CLAUSES.split(piece)
        for each in figures(without_dates(text))
        if figure.agrees_with(each.value)
    ]
    mine = next(each for each in _clauses(claim.text) if each[0] <= figure.start < each[1])
    if not before or not all(map(_AIMS.search, before)) or _AIMS.search(claim.text, *mine):
        return ""
    return f"{figure.printed} is only aimed at, or a condition, in its source"


def _clauses(text: str) -> list[tuple[int, int]]:
    marks = [0, *(match.end() for match in _CLAUSES.finditer(text)), len(text)]
    return list(pairwise(marks))


def _is_one_of_a_pair(claim: Claim, figure: Figure) -> bool:
    text = claim.text
    return text[: figure.start].rstrip().endswith("/") or text[figure.end :].lstrip().startswith("/")


def _swapped(claim: Claim) -> str:
    """Two parts of one measurement printed in the other order: 84/152 mmHg."""
    for first, second in pairwise(claim.figures):
        if claim.text[first.end : second.start].strip() != "/":
            continue
        for source in claim.sources:
            numbers = [number for number, _ in source.measured]
            if numbers != [first.value, second.value] and numbers == [second.value, first.value]:
                return f"{first.printed} and {second.printed} stand in the other order in its source"
    return ""
