"""How facts are written for a clinician: tidy text, dates at their own precision, quotations as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.history import Entry
from fhir_adapters.visible import one_line

# "(disorder)", "(finding)" and their kin are SNOMED CT's semantic tags: sorting marks, not words for a reader.
_TAG = re.compile(
    r"\s*\((?:disorder|finding|situation|procedure|substance|organism|regime/therapy|record artifact|person|"
    r"morphologic abnormality|event|product|medicinal product|physical object|observable entity|qualifier value)\)\s*$"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])|\n+")
_NEAR = 3
STAGE = re.compile(r"[ ,]+(?:stage|grade|class)\s+(?:\d\w?|[IV]+)\b", re.IGNORECASE)
_SITE_LIMIT = 60
_WORDS = re.compile(r"\w+")
_LONG_WORD = 4
_SIDE = re.compile(r"\b(?:left|right|bilateral|both)\b", re.IGNORECASE)
_NOWHERE = re.compile(r"\b(?:not specified|unspecified|unknown)\b", re.IGNORECASE)
_PLAIN_WORD = re.compile(r"[A-Z][a-z]+(?:['’]s|-[a-z]+)*[,;:]?")
_EPONYMS = frozenset(
    [
        *("Alzheimer's", "Parkinson's", "Crohn's", "Hodgkin", "Hodgkin's", "Graves", "Addison's", "Cushing's"),
        *("Huntington's", "Barrett's", "Down", "Marfan", "Sjogren's", "Raynaud's", "Bell's", "Paget's", "Wilson's"),
        *("Glasgow", "Doppler"),
    ]
)


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between words and marked where it is cut."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def titled(entries: Iterable[Entry]) -> dict[str, str]:
    """The titles of entries by their id, with the site where it names a side, or tells apart what is called alike.

    A side must not be lost (check C8); "acute MI, heart structure" would only be noise.
    """
    sites: dict[str, set[str]] = {}
    found = [(entry, _site(entry)) for entry in entries]
    for entry, site in found:
        sites.setdefault(unstaged(entry.title), set()).add(site)
    return {
        entry.id: f"{entry.title}, {clip(site, _SITE_LIMIT)}"
        if site and (_SIDE.search(site) or len(sites[unstaged(entry.title)]) > 1)
        else entry.title
        for entry, site in found
    }


def unstaged(title: str) -> str:
    """What the stages of one disease share: "chronic kidney disease" of "Chronic kidney disease stage 3"."""
    return STAGE.sub("", title).lower()


def _site(entry: Entry) -> str:
    """Where, in lower case, unless the title says it; empty where nobody says."""
    for label, text in entry.details:
        if label == Detail.BODY_SITE and not _NOWHERE.search(text):
            said = set(_WORDS.findall(text.lower())) <= set(_WORDS.findall(entry.title.lower()))
            return "" if said else text.lower()
    return ""


def coded_otherwise(entry: Entry) -> str:
    """The first name that an entry's codes give it, where none of them has a word in common with its title."""
    names = [one_line(code.display) for code in entry.codes if code.display]
    words = _long_words(entry.title)
    return names[0] if names and not any(words & _long_words(name) for name in names) else ""


def _long_words(text: str) -> set[str]:
    return {word for word in _WORDS.findall(text.lower()) if len(word) >= _LONG_WORD}


def semantic_tag(title: str) -> str:
    """The SNOMED CT semantic tag of a title: "finding"; empty where it has none."""
    found = _TAG.search(title) if title.endswith(")") else None
    return found.group().strip(" ()") if found else ""


def untagged(title: str) -> str:
    """A title without SNOMED CT's semantic tag."""
    return _TAG.sub("", one_line(title))


def lowered(title: str) -> str:
    """A title inside a sentence: "Penicillin V" as "penicillin V"; "HbA1c", "COPD" and "Alzheimer's" as they are."""
    first = title.partition(" ")[0]
    if first in _EPONYMS or not _PLAIN_WORD.fullmatch(first):
        return title
    return title[0].lower() + title[1:]


def lowered_name(name: str) -> str:
    """A name inside a sentence, each plain word in lower case: "Atrial Fibrillation", but "Penicillin V", "HbA1c"."""
    return " ".join(lowered(word) for word in name.split(" "))


def capitalised(name: str) -> str:
    """A name at the start of a line: "urine ACR" as "Urine ACR", "eGFR" as it is."""
    return name[:1].upper() + name[1:] if name.partition(" ")[0].islower() else name


def day(when: PartialDate | None) -> str:
    """A date as the screens write it, or "undated"."""
    return str(when) if when else "undated"


def month(when: PartialDate | None, recent: str) -> str:
    """A date in full from `recent` (an ISO day) on, by month before it: blunter, never sharper, than the record."""
    if when is None:
        return "undated"
    if not when.is_day or when.text >= recent:
        return str(when)
    return str(PartialDate(when.text[:7]))


def since(when: PartialDate | None, recent: str) -> str:
    """`since May 2021`; empty where the record gives no date."""
    return f"since {month(when, recent)}" if when else ""


def span(first: PartialDate | None, last: PartialDate | None, recent: str) -> str:
    """`Jan 2023 to 02-Nov-2026`, in full where both lie within three months, or the one date that both share."""
    near = first is not None and last is not None and _months(last) - _months(first) < _NEAR
    start, end = day(first) if near else month(first, recent), day(last)
    return end if start in {end, "undated"} or day(first) == end else f"{start} to {end}"


def _months(when: PartialDate) -> int:
    return int(when.text[:4]) * 12 + int(when.text[5:7] or 1)


def sentences(text: str) -> list[str]:
    """The sentences and lines of a passage, tidied, empty ones left out."""
    return [tidied for part in _SENTENCE_END.split(text) if (tidied := one_line(part))]


def quoted(text: str, limit: int) -> str:
    """A passage in quotation marks, in its own words, cut only between sentences where it is too long (check C14)."""
    whole = one_line(text)
    if len(whole) <= limit:
        return f"“{whole}”"
    kept = ""
    for sentence in sentences(text):
        if kept and len(kept) + len(sentence) + 1 > limit:
            break
        kept = f"{kept} {sentence}".strip()
    return f"“{clip(kept, limit)}” (continues in the source)"


def joined(parts: Iterable[str], separator: str = ", ") -> str:
    """The parts that are not empty."""
    return separator.join(part for part in parts if part)


def listed(texts: Sequence[str], most: int = 5) -> str:
    """The texts, at most `most` of them, the rest as a count."""
    more = f"; and {len(texts) - most} more" if len(texts) > most else ""
    return "; ".join(texts[:most]) + more


def noted(entry: Entry, limit: int = 140) -> str:
    """What its author wrote beside an entry, quoted: `note: “Tonight's dose not given.”`; empty where there is none."""
    said = entry.detail.get(Detail.NOTE, "")
    return f"note: {quoted(said, limit)}" if said else ""
