"""Whether words say that data of the wrong patient were shown, in any of the ways that people write it."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

# A false hold costs an auditor a look and clinicians an AI summary for a while, with the brief beside it. A missed one
# leaves another person's data on every card of this patient. So whatever is near enough counts, unless it is plainly
# denied just before: "not the wrong patient", "no patient mismatch".
_PATIENT: Final = r"(?:pat(?:ie|ei|i|e)nts?|pts?|person)"
_DATA: Final = r"(?:data|information|chart|record|results?|labs?|history|notes?|summary|images?)"
_SOMEBODY_ELSE: Final = r"(?:someone|somebody|anyone|anybody) else"
_DENIED: Final = r"(?:not|no|never|nor|without) (?:(?:an?|the|any|of|case|sign|for|from|about) )*"
_NEAR: Final = (
    rf"(?:wrong|worng|incorrect|different|another|mistaken|mismatched|misidentified) ?{_PATIENT}",
    r"other (?:patient|pt|person)",
    rf"{_PATIENT} (?:is|was) (?:the )?(?:wrong|incorrect|different|not (?:right|correct|mine|the (?:right|same)))",
    rf"not (?:the )?(?:right|correct|same|intended) {_PATIENT}",
    rf"not (?:(?:about|for|of|from|match|matching|belong to|belonging to) )?(?:this|that|my|our) {_PATIENT}",
    rf"not (?:about|of|from|match|matching|belong to|belonging to) the {_PATIENT}",
    rf"not the {_PATIENT}(?! (?:s|who) )",
    rf"not belong to {_PATIENT}",
    rf"{_PATIENT} (?:\w+ )?(?:mismatch\w*|mix ?up|mixed up|swap\w*|confusion|confused|do(?:es)? not match)",
    rf"(?:mismatch\w*|mix ?up|mixed up|mixing up|swap\w*|confus\w+|misidentif\w+) (?:of |the |two |with )*{_PATIENT}",
    rf"{_SOMEBODY_ELSE} s (?:\w+ )?{_DATA}",
    rf"(?:{_DATA} (?:is |are )?(?:of|from|for|about)|belongs?(?:ing)? to|is|are|was|mixed up with) {_SOMEBODY_ELSE}",
)
_SAID: Final = re.compile(rf"\b(?P<denied>{_DENIED})?(?:{'|'.join(_NEAR)})\b")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TAG: Final = re.compile(r"<[^<>]{0,200}>")
_STOP: Final = re.compile(r"[,;:.!?]+(?=\s|$)")  # "right patient, wrong dose" says nothing of a wrong patient
_BETWEEN: Final = re.compile(r"[\W_]+")
_NOT: Final = re.compile(r"\b(?:ca|wo|is|was|are|were|does|do|did|has)n ?t\b")


def says_wrong_patient(text: str) -> bool:
    """Whether `text` says so anywhere, whatever its case, blanks and marks. Raises nothing."""
    read = html.unescape(unicodedata.normalize("NFKC", text))
    # Without its tags, for "wrong <b>patient</b>"; and with them, for "<wrong patient>", which is none.
    readings = {_plain(_TAG.sub(" ", read)), _plain(read)}
    return any(not one["denied"] for plain in readings for one in _SAID.finditer(plain))


def _plain(text: str) -> str:
    """Lower-case words with single blanks; where a clause ends stands a bar."""
    clauses = _STOP.sub("\n", _CAMEL.sub(" ", text).casefold()).splitlines()
    words = " | ".join(_BETWEEN.sub(" ", clause).strip() for clause in clauses)
    return _NOT.sub("not", words) + " "
