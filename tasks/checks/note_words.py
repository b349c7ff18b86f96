"""The words, figures and marks of a note's sentence, as cues and terms are looked for in them."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?<![^\s(])\?(?=\s*\w)|\d+(?:[.,]\d+)*(?![^\W\d_])|[^\W_]+(?:['’][^\W_]+)*|(?<!\w)[-−–—+]|[,;:.?!()\[\]/=☐\n]"
)
ELLIPSIS = re.compile(r"\.{2,}|…")
_ASKS = re.compile(r"(?<![^\s(])\?(?=\s*\w)")
_CONTRACTION = re.compile(r"(.+)n['’]t|(ca|wo|do|does|did|is|was|are|were|has|have|had|could|would|should)nt")


def note_words(sentence: str) -> list[str]:
    """The words, figures and marks of a sentence, casefolded; "^" stands for its beginning; "n't" is "not"."""
    words = ["^"]
    plain = ELLIPSIS.sub(" : ", sentence.lstrip(" \n-*•·–#>"))
    for match in _TOKEN.finditer(plain):
        word = match[0].casefold().replace("’", "'")
        if word == "?" and _ASKS.match(plain, match.start()):
            words.append("query")
        elif word == "cannot":
            words += ["can", "not"]
        elif contracted := _CONTRACTION.fullmatch(word):
            words += [contracted[1] or contracted[2], "not"]
        else:
            words.append(word.removesuffix("'s"))
    return words
