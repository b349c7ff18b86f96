"""Every status of FHIR however it is written: FHIR's own word for it, else what stands there, which no table knows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from fhir_adapters.history import Standing
from fhir_adapters.reading.concepts import tidy
from fhir_adapters.reading.elements import Element, child, children, text_of
from fhir_adapters.reading.plain_text import one_line

ENTERED_IN_ERROR: Final = "entered-in-error"
REFUTED: Final = "refuted"
NOT_UNDERSTOOD: Final = "not understood"

# Of everything that is asked for or planned: https://hl7.org/fhir/R4/valueset-request-status.html
REQUEST_STATUSES: Final = {
    "draft": Standing.PLANNED,
    "active": Standing.CURRENT,
    "on-hold": Standing.ON_HOLD,
    "revoked": Standing.PAST,
    "completed": Standing.PAST,
}

_GAPS = re.compile(r"[\s_-]+")
_DASHES = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2212), "-")  # as word processors write a hyphen
# Other words for a code of FHIR. The first two groups stand in any status: missing them does most harm (C5).
_VOID = {
    **dict.fromkeys(("enteredinerror", "inerror", "eie", "erroneous", "nullified"), ENTERED_IN_ERROR),
    **dict.fromkeys(("refuted", "ruledout", "disproved", "disproven"), REFUTED),
}
_SAME = {
    "canceled": "cancelled",
    "discontinued": "stopped",
    "held": "on-hold",
    "notgiven": "not-done",
    "notperformed": "not-done",
    "nottaking": "not-taken",
    "suspended": "on-hold",
    "verified": "confirmed",
    # SNOMED CT's own codes for the course of a problem, where no name stands beside them
    "55561003": "active",
    "73425007": "inactive",
    "413322009": "resolved",
}
# "Problem resolved", "In remission", and what dates a word: "Resolved 2020", "resolved (May 2020)"
_LEAD = re.compile(r"^(?:problem|condition|diagnosis|disease|disorder|allergy|in)[\s_-]+", re.IGNORECASE)
_DATED = re.compile(r"[\s,:;(-]+(?=[^)]*\d)[\w./, -]{2,20}\)?$")
# "Refuted by patient", "Entered in error: wrong chart"; a question mark makes a question of it.
_VOID_FIRST = re.compile(
    r"(entered[\s_-]*in[\s_-]*error|refuted|ruled[\s_-]*out)\s*(?:by\b|[:;,.(\u2014-])[^?]*", re.IGNORECASE
)
_MAY_VOID = re.compile(r"error|eie|erroneous|nullified|refuted|ruled|disprov|[^A-Za-z()/]", re.IGNORECASE)
_VOID_INSIDE = re.compile(r"entered[\s_-]*in[\s_-]*error|refuted|ruled[\s_-]*out", re.IGNORECASE)


def status_at(element: Element, known: Mapping[str, object], name: str = "status", system: str = "") -> str:
    """The status at `name` in FHIR's spelling, lower case; empty where nothing stands there.

    `known` maps FHIR's codes to what they mean, `system` is the last part of their code system's address. A code of
    that system decides over local codes and displays, and over a text unless that says the status of another meaning;
    "entered in error" and "refuted" win wherever they stand.
    Codes that contradict each other are joined ("active or resolved"), what is not understood comes back as written,
    and what only an extension says is named as such: no table knows these, so that they count as unknown.
    """
    value = element.get(name)
    if isinstance(value, str) and value in known:
        return value
    if code := _plainly(value, known, system):
        return code
    words = list(_words(value, system))
    if words:
        return _decided(words, known, texts=_texts(value), has_hierarchy=bool(system))
    return NOT_UNDERSTOOD if _holds_something(value) else _by_extension(element, known, name)


def _plainly(value: object, known: Mapping[str, object], system: str) -> str:
    """The one code of a CodeableConcept whose other words leave it alone: nearly all are so; else empty.

    They do where they say the same, and beside a code of FHIR's own system where none can mean "in error" or "refuted".
    """
    if not isinstance(value, dict):
        return ""
    codings = value.get("coding")
    if not (isinstance(codings, list) and len(codings) == 1 and isinstance(codings[0], dict)):
        return ""
    code = codings[0].get("code")
    if not isinstance(code, str):
        return ""
    is_own = bool(system) and text_of(codings[0], "system").rpartition("/")[2] == system
    if code not in known and not (is_own and _is_unknown(code, known)):
        return ""
    for word, is_text in ((codings[0].get("display"), False), (value.get("text"), True)):
        if word is None or (isinstance(word, str) and word.lower().replace(" ", "-") == code):
            continue
        is_plain = is_own and isinstance(word, str) and word.isascii() and not _MAY_VOID.search(_GAPS.sub("", word))
        if not is_plain or (is_text and _may_contradict(word, code, known)):
            return ""
    return code


def _may_contradict(text: str, code: str, known: Mapping[str, object]) -> bool:
    plain = _GAPS.sub("", text.lower())
    return any(one in plain for one in _SAME) or any(one.replace("-", "") in plain for one in known if one != code)


def _is_unknown(code: str, known: Mapping[str, object]) -> bool:
    """Whether a code is a plain word that stands for none that is known, in any spelling."""
    if not (code.isascii() and code.islower() and code.isalpha()) or code in _SAME or _MAY_VOID.search(code):
        return False
    return not any(one.replace("-", "") == code for one in known)


def _texts(value: object) -> list[str]:
    return [text_of(item, "text").translate(_DASHES) for item in children({"at": value}, "at")]


def _decided(
    words: list[tuple[bool, str]], known: Mapping[str, object], *, texts: list[str], has_hierarchy: bool
) -> str:
    """The one code that counts; in a CodeableConcept a narrower one of equal meaning may stand beside it."""
    meant = [(own, _meaning(word, known), word) for own, word in words]
    meanings = {code for _, code, _ in meant}
    for void in (ENTERED_IN_ERROR, REFUTED):
        if void in meanings:
            return void
    own = [code or word.lower() for is_own, code, word in meant if is_own]
    if own:
        said = [_meaning(_DATED.sub("", text) or text, known) for text in texts if text]
        own += [code for code in said if code in known and known[code] != known.get(own[0], known[code])]
    codes = own or [code for _, code, _ in meant if code]
    doubts = [word.lower() for _, code, word in meant if not code and _VOID_INSIDE.search(word)]
    if not codes and not doubts:
        return words[0][1].lower()
    distinct = [*dict.fromkeys((*codes, *doubts))]
    if has_hierarchy and not doubts and all(code in known for code in distinct):
        distinct = distinct[:1] if len({known[code] for code in distinct}) == 1 else distinct
    return " or ".join(distinct)


def _meaning(word: str, known: Mapping[str, object]) -> str:
    """The code that a word is or stands for, by itself or behind what it is said of; empty where none is known."""
    word = tidy(word)
    return _bare_meaning(word, known) or _bare_meaning(_LEAD.sub("", word), known)


def _bare_meaning(word: str, known: Mapping[str, object]) -> str:
    code = _GAPS.sub("-", word.lower())
    if code in known:
        return code
    compact = code.replace("-", "")
    if compact in _VOID:
        return _VOID[compact]
    first = _VOID_FIRST.fullmatch(word)
    if first:
        return _VOID[_GAPS.sub("", first[1].lower())]
    same = _SAME.get(compact, "")
    return same if same in known else next((one for one in known if one.replace("-", "") == compact), "")


def _words(value: object, system: str) -> Iterator[tuple[bool, str]]:
    """What is said of a status, codes before displays before text, each with whether FHIR's own system says it."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            if word := one_line(item).translate(_DASHES):
                yield False, word
        elif isinstance(item, dict):
            for coding in children(item, "coding") or [item]:
                yield from _words_of(coding, system)
            if text := text_of(item, "text").translate(_DASHES):
                yield False, text


def _words_of(coding: Element, system: str) -> Iterator[tuple[bool, str]]:
    is_own = bool(system) and text_of(coding, "system").rpartition("/")[2] == system
    code, display = (text_of(coding, name).translate(_DASHES) for name in ("code", "display"))
    if code:
        yield is_own, code
    if display:
        yield is_own and not code, display


def _holds_something(value: object, depth: int = 4) -> bool:
    """Whether anything but an extension or a system's address stands where a status belongs."""
    if isinstance(value, dict):
        value = [value[name] for name in value if name not in {"extension", "id", "system"}]
    if isinstance(value, list):
        return bool(value) and (depth == 0 or any(_holds_something(item, depth - 1) for item in value))
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _by_extension(element: Element, known: Mapping[str, object], name: str) -> str:
    """What an extension alone says. Its meaning is its author's: it is shown and never believed."""
    holders = (child(element, f"_{name}"), child(element, name))
    for extension in chain.from_iterable(children(holder, "extension") for holder in holders):
        if text_of(extension, "url").endswith("/data-absent-reason"):
            continue
        for value in (extension[key] for key in extension if key.startswith("value")):
            if word := next((word for _, word in _words(value, "")), ""):
                return f"{_meaning(word, known) or word.lower()}, by an extension only"
    return ""
