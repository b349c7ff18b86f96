"""What a reader makes of one resource, before it has a place and a number in a history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Code, Kind, Reason, Standing, Value
from fhir_adapters.reading.elements import Details, Element


@dataclass(slots=True, kw_only=True)
class Draft:
    """An entry in the making; its fields mean what Entry's mean. Not frozen, for speed on the hot path."""

    kind: Kind
    title: str
    standing: Standing
    status: str
    line: str
    when: PartialDate | None = None
    until: PartialDate | None = None
    values: tuple[Value, ...] = ()
    details: Details = field(default_factory=list)
    codes: tuple[Code, ...] = ()
    passage: str = ""
    not_read: tuple[tuple[Reason, str], ...] = ()  # parts of the resource: (UNREADABLE, "application/pdf")
    ai_asserted: bool = False
    restricted: bool = False
    unread_modifier: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a resource is no entry."""

    reason: Reason
    detail: str = ""  # technical, without patient data


Reader: TypeAlias = Callable[[Element], Draft | LeftOut]

IN_ERROR = LeftOut(Reason.ENTERED_IN_ERROR)
CANCELLED = LeftOut(Reason.CANCELLED)


def in_brackets(text: str, *marks: str) -> str:
    """`text (mark, mark)`; empty marks are left out."""
    said = ", ".join(mark for mark in marks if mark)
    return f"{text} ({said})" if said else text
