"""Words as the checks compare them: stems of clinical terms, with spelling and true synonyms folded together."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

# "Ex-smoker" and "non-Hodgkin" are one word each: without its prefix it would say the opposite. So is "co-codamol",
# and "hospital-acquired", which is not of every hospital.
_TOKEN = re.compile(
    r"(?:\b(?:(?:ex|non)[-‐‑ ]|co[-‐‑]|(?:hospital|community|healthcare|ventilator)[-‐‑ ](?=acquired\b)))?"
    r"[^\W_]+(?:['’][^\W_]+)?",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?;])\s+")
_SUFFIXES = ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s", "ly")
_SHORTEST_STEM = 4
# British and American spelling folded into one, whichever it is: only ever compared with itself.
_SPELLINGS = (
    ("aem", "em"), ("oedem", "edem"), ("oesoph", "esoph"), ("oestr", "estr"), ("rrhoea", "rrhea"), ("pnoea", "pnea"),
    ("paed", "ped"), ("faec", "fec"), ("caec", "cec"), ("caesar", "cesar"), ("coeli", "celi"), ("foet", "fet"),
    ("anaesth", "anesth"), ("leuco", "leuko"), ("sulph", "sulf"), ("tumour", "tumor"), ("labour", "labor"),
    ("colour", "color"), ("behaviour", "behavior"), ("centre", "center"), ("fibre", "fiber"), ("lysed", "lyzed"),
)  # fmt: skip
_ISE = re.compile(r"(?<=\w{4})is(?=(?:e[ds]?|ing|ations?)$)")
_NESS = re.compile(r"(?<=\w{4})(i?)ness(?:es)?$")
_WORD_LENGTH = 3  # shorter lower-case words are no terms; shorter capitals are: MI, CT, hepatitis B


@cache
def function_words() -> frozenset[str]:
    """Words without clinical meaning, which need no source (lexicon/ordinary.txt)."""
    return frozenset(word for line in _lines("ordinary.txt") for word in line.split())


@cache
def bound_words() -> frozenset[str]:
    """Words that may be said only where a cited entry shows it (lexicon/bound.txt, shown by word_rules.py)."""
    return frozenset(word for line in _lines("bound.txt") for word in line.split())


@cache
def ordinary() -> frozenset[str]:
    """Words that name no clinical thing: function words, and those whose truth a rule decides."""
    return function_words() | bound_words()


@cache
def synonyms() -> tuple[tuple[tuple[str, ...], ...], ...]:
    """Groups of expressions that mean the same, each expression as its plain words (lexicon/synonyms.txt)."""
    groups = (line.split(" = ") for line in _lines("synonyms.txt"))
    return tuple(tuple(tuple(tokens(expression)) for expression in group) for group in groups)


@cache
def abbreviations() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each abbreviation with each expression that it stands for, as plain words (lexicon/abbreviations.txt)."""
    groups = (line.split(" = ") for line in _lines("abbreviations.txt"))
    return tuple((short, tuple(tokens(meant))) for short, *each in groups for meant in each)


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, casefolded, hyphens taken apart but for those of "ex-" and "non-"."""
    return [_plain(match[0]) for match in _TOKEN.finditer(text)]


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of free text; a line end ends one, too."""
    return tuple(part.strip() for part in _SENTENCE_END.split(text) if part.strip())


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The comparable core of one casefolded word: plural and verb endings off, one spelling of a synonym."""
    core = _core(word.removesuffix("'s").removesuffix("’s"))
    return _single_synonyms().get(core, core)


def terms(text: str) -> tuple[str, ...]:
    """The stems of a text's clinical terms in order: no ordinary words, no bare numbers."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        plain = _plain(word)
        if word.isdigit() or plain in ordinary() or plain.removesuffix("'s") in ordinary():
            continue
        if len(word) >= _WORD_LENGTH or word.isupper() or not word.isascii() or _is_abbreviation(word):
            found.append(stem(plain))
    return tuple(found)


def vocabulary(text: str) -> frozenset[str]:
    """Every stem of a text, those of each expression that means the same as one in it, and its abbreviations."""
    stems = [stem(word) for word in tokens(text)]
    found = set(stems)
    run = f" {' '.join(stems)} "
    for expressions, meant in _meanings():
        if any(f" {expression} " in run for expression in expressions):
            found |= meant
    return frozenset(found)


@cache
def _meanings() -> tuple[tuple[tuple[str, ...], frozenset[str]], ...]:
    """Expressions as runs of stems, with all the stems that a text has which has one of them."""
    same = [[tuple(map(stem, expression)) for expression in group] for group in synonyms()]
    found = [(tuple(map(" ".join, group)), frozenset(word for each in group for word in each)) for group in same]
    found += [((" ".join(map(stem, meant)),), frozenset({stem(short)})) for short, meant in abbreviations()]
    return tuple(found)


def _plain(word: str) -> str:
    return re.sub(r"[‐‑ ]", "-", word.casefold())


def _is_abbreviation(word: str) -> bool:
    """Whether a short word is one of the table, printed as such: Na, Hb."""
    plain = word.casefold()
    return word[0].isupper() and (plain in _single_synonyms() or any(plain == short for short, _ in abbreviations()))


def _core(word: str) -> str:
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    word = _NESS.sub(lambda match: "y" if match[1] else "", _ISE.sub("iz", word))
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_STEM and not word.endswith("ss"):
            return word.removesuffix(suffix) + ("y" if suffix in {"ies", "ied"} else "")
    if len(word) == _SHORTEST_STEM and word.endswith("s") and not word.endswith("ss") and word != "aids":
        return word.removesuffix("s")  # nuts, ribs, eggs
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word  # "fractures" are many of a "fracture"


@cache
def _single_synonyms() -> dict[str, str]:
    """The core of each single word of a group, with that of the group's first single word."""
    found: dict[str, str] = {}
    for group in synonyms():
        singles = [_core(expression[0]) for expression in group if len(expression) == 1]
        for word in singles:
            found.setdefault(word, singles[0])
    return found


def _lines(name: str) -> list[str]:
    text = files("tasks.checks").joinpath("lexicon", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
