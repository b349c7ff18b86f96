"""On which line of a TOML text a place is written, so that whoever wrote it finds it; tomllib does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

Place = tuple[str | int, ...]

_KEY: Final = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEYS: Final = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_KEYS})\s*\]\]?\s*(?:#.*)?")
_PAIR: Final = re.compile(rf"\s*({_KEYS})\s*=")
_ONE_KEY: Final = re.compile(_KEY)
_LONG_STRING: Final = re.compile(r'"""(?:[^\\]|\\.)*?"""|' + r"'''.*?'''", re.DOTALL)
_SHORT_STRING_OR_COMMENT: Final = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*""")


def lines_of(text: str) -> Mapping[Place, int]:
    """The line of every table, element of an array of tables, and key that begins a line of `text`, which is TOML."""
    found: dict[Place, int] = {}
    sizes: dict[Place, int] = {}
    table: Place = ()
    for number, line in _lines_with_keys(text):
        if header := _HEADER.fullmatch(line):
            table = _open(header[1], _names(header[2]), sizes)
            found.setdefault(table, number)
        elif pair := _PAIR.match(line):
            for place in _down_to((*table, *_names(pair[1])), above=table):
                found.setdefault(place, number)
    return found


def line_of(place: Place, lines: Mapping[Place, int]) -> int | None:
    """The line of this place, or of the nearest one around it: what is missing has no line of its own.

    An array of tables begins where its first element does.
    """
    for end in range(len(place), 0, -1):
        for one in (place[:end], (*place[:end], 0)):
            if one in lines:
                return lines[one]
    return None


def _lines_with_keys(text: str) -> Iterator[tuple[int, str]]:
    """Each line that may begin with a table or a key: none within a long string or a value that goes on."""
    depth = 0
    plain = _LONG_STRING.sub(lambda long: '""' + "\n" * long[0].count("\n"), text)
    for number, line in enumerate(plain.split("\n"), start=1):
        if not depth:
            yield number, line
        if depth or not _HEADER.fullmatch(line):
            bare = _SHORT_STRING_OR_COMMENT.sub("", line)
            depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))


def _open(brackets: str, names: tuple[str, ...], sizes: dict[Place, int]) -> Place:
    """The place of a table: within an array of tables, that of the newest element."""
    place: Place = ()
    for name in names[:-1]:
        place = _newest((*place, name), sizes)
    place = (*place, names[-1])
    if brackets == "[[":
        sizes[place] = sizes.get(place, 0) + 1
    return _newest(place, sizes)


def _newest(place: Place, sizes: Mapping[Place, int]) -> Place:
    return (*place, sizes[place] - 1) if place in sizes else place


def _down_to(place: Place, *, above: Place) -> Iterator[Place]:
    for end in range(len(above) + 1, len(place) + 1):
        yield place[:end]


def _names(keys: str) -> tuple[str, ...]:
    return tuple(one.strip("\"'") for one in _ONE_KEY.findall(keys))
