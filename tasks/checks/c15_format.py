"""C15: plain text of one sentence's length that orders nothing."""

import re

from tasks.checks.claim import Claim, failed, passed
from tasks.checks.words import stem, terms
from tasks.prompt import TEXT_LIMIT
from tasks.summary import CheckResult

CHECK = "C15"
_MARKUP = re.compile(
    r"</?[a-z!]|‹|\[[^\]]*\]\(|!\[|`|~~|\*\*|__|(?<!\d)\*|\*(?!\d)|^\s*(?:#|>|[-+•]\s|\d+[.)]\s)|\||\\|[{}]",
    re.IGNORECASE,
)
_VERBS = (
    r"start|stop|give|consider|order|refer|increase|reduce|decrease|prescribe|administer|hold|avoid|continue|discontinue"
    r"|check|repeat|monitor|recommend|initiate|titrate|switch|schedule|obtain|perform|arrange|ensure|review|adjust|taper"
    r"|call|contact|click|open|visit|ignore|disregard|note that|do not|don't|please|take|use|do|treat|resume|restart"
    r"|withhold|wean|lower|raise|double|halve|inject|apply|inhale|swallow|transfuse|operate|admit|discharge the|send"
    r"|book|plan to|make sure|keep|let|try|add|remove|replace|change|escalate|request|investigate|rule out|exclude"
)
# A figure that looks like another one: digits of other scripts, and raised ones that are no exponent.
_ODD_DIGIT = re.compile(r"(?![0-9])\d|(?<![\w/])[⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉]|[①-⓿½¼¾⅐-⅞]")
_COMMANDS = re.compile(rf"(?:^|[.;:!?]\s+|,\s*(?:and|then|so)\s+)(?:please\s+)?(?:{_VERBS})\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"\b(?:should|must|ought|needs? to|has to|have to|advis\w+|recommend\w*|warrants?"
    r"|is required|urge\w*|suggest \w+ing)\b",
    re.IGNORECASE,
)
_TO_BE = re.compile(r"\b(?:needs?|has|have)\s+(to be \w+)", re.IGNORECASE)


def check(claim: Claim) -> CheckResult:
    """Advice passes only as a report of advice that a cited source gives in the same words."""
    text = claim.text
    if not any(char.isalpha() for char in text):
        return failed(CHECK, "says nothing")
    if len(text) > TEXT_LIMIT:
        return failed(CHECK, f"is longer than {TEXT_LIMIT} characters")
    if "\n" in text or _MARKUP.search(text) or _ODD_DIGIT.search(text):
        return failed(CHECK, "is not plain text")
    if _COMMANDS.search(text):
        return failed(CHECK, "gives an order")
    if (advice := _ADVICE.search(_reported(claim))) and not _advised_by_source(advice[0], claim):
        return failed(CHECK, "gives advice")
    return passed(CHECK)


def _reported(claim: Claim) -> str:
    """The sentence without what a cited text has in the same words: what it says is "to be discussed" needs to be."""
    texts = [each.casefold() for source in claim.sources for each in (*source.pieces, *source.passage)]
    return _TO_BE.sub(lambda match: " " if any(match[1].casefold() in text for text in texts) else match[0], claim.text)


def _advised_by_source(word: str, claim: Claim) -> bool:
    core = stem(word.casefold())
    named = set(claim.terms) - {core}
    return any(
        core in {stem(each) for each in re.findall(r"\w+", sentence.casefold())} and named & set(terms(sentence))
        for source in claim.sources
        for sentence in (*source.pieces, *source.passage)
    )
