"""Codings and extensions, wherever they stand in a card (S26, S27)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cds_service.doctor.members import Object, missing, obj, objects

_MEMBERS: Final = frozenset({"code", "system", "display", "extension"})
_REVERSE_DNS: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+")


def codings(card: Object) -> Iterator[tuple[str, object]]:
    """Every Coding of a card, with where it stands; the one of `source.topic` is its source's."""
    yield from (("overrideReasons", reason) for reason in objects(card, "overrideReasons"))
    if "topic" in obj(card, "source"):
        yield "source.topic", obj(card, "source")["topic"]


def coding_problems(coding: object, place: str) -> Iterator[str]:
    """What a Coding lacks, and that it has more than the standard gives it."""
    if not isinstance(coding, dict):
        yield f"{place} is no Coding"
        return
    yield from (f"{place}.{name} is missing" for name in missing(coding, "code", "system"))
    if set(coding) - _MEMBERS:
        yield f"{place} has members that a CDS Hooks Coding does not have"


def extensions(card: Object) -> Iterator[object]:
    """Every `extension` of a card and of its parts."""
    parts = [card, obj(card, "source"), *objects(card, "suggestions"), *objects(card, "links")]
    parts += [action for one in objects(card, "suggestions") for action in objects(one, "actions")]
    yield from (part["extension"] for part in parts if "extension" in part)


def extension_problems(card: Object) -> Iterator[str]:
    """An extension that is no object."""
    yield from ("an extension is no object" for one in extensions(card) if not isinstance(one, dict))


def unreversed_names(card: Object) -> Iterator[str]:
    """Names that are not in reverse-DNS form."""
    for one in extensions(card):
        names = one if isinstance(one, dict) else ()
        yield from ("an extension's name is not reverse-DNS" for name in names if not _REVERSE_DNS.fullmatch(str(name)))
