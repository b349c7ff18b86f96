"""A client's own override reasons for ours: how they are offered to it, and what its answers mean (S23, S31).

Epic takes a reason only where the site has mapped its code to an acknowledgment reason of its own.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from hooks.card import Coding
from hooks.reasons import OVERRIDE_REASONS, WRONG_PATIENT
from hooks.wrong_patient import says_wrong_patient

_OURS = {reason.code: reason for reason in OVERRIDE_REASONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonMapping:
    """One code of a client, and the reason of ours that it means. With a display it is offered in our code's place."""

    reason: str
    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class ClientReasons:
    """The mappings of one client. Raises ValueError where they contradict each other or name no reason of ours."""

    mappings: tuple[ReasonMapping, ...] = ()

    def __post_init__(self) -> None:
        """Each code means one reason, and each reason is offered in one way."""
        if {one.reason for one in self.mappings} - _OURS.keys():
            raise ValueError(f"override_reasons: reason must be one of {', '.join(_OURS)}")
        _require_once("maps the same system and code twice", ((one.system, one.code) for one in self.mappings))
        _require_once("offers two displays for one reason", (one.reason for one in self.mappings if one.display))
        if any(published(text) not in {"", one.reason} for one in self.mappings for text in (one.code, one.display)):
            # Offered as "wrong patient" and counted as another, nobody would hear of it: a code comes back alone.
            raise ValueError("override_reasons: a code or display that says one reason of ours cannot mean another")
        self.offered(OVERRIDE_REASONS)  # a display that no card may carry is found at the start

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.mappings)

    def offered(self, reasons: tuple[Coding, ...]) -> tuple[Coding, ...]:
        """The reasons of a card as this client is offered them. Raises InvalidCard, a ValueError, for a bad display."""
        theirs = {one.reason: one for one in self.mappings if one.display}
        return tuple(
            Coding(system=own.system, code=own.code, display=own.display)
            if (own := theirs.get(reason.code)) is not None and reason == _OURS.get(reason.code)
            else reason
            for reason in reasons
        )

    def unmapped(self, reasons: tuple[Coding, ...]) -> tuple[str, ...]:
        """The codes of those that the client would be offered as they are."""
        theirs = {one.reason for one in self.mappings if one.display}
        return tuple(reason.code for reason in reasons if reason.code not in theirs)

    def reason_of(self, system: str, code: str) -> str:
        """Our reason for this code; without a system, if the code can mean one only. Empty where it means none."""
        found = {one.reason for one in self.mappings if one.code == code and system in {"", one.system}}
        return found.pop() if code and len(found) == 1 else ""

    def reason_said(self, text: str) -> str:
        """Our reason for the words that the client shows for it, whatever their case and blanks."""
        wanted = bare(text)
        return next((one.reason for one in self.mappings if one.display and bare(one.display) == wanted), "")


def published(text: str) -> str:
    """The code of the published reason that `text` is, by code or display, or says; empty where it is none."""
    return _PUBLISHED.get(bare(text), "") or (WRONG_PATIENT if says_wrong_patient(text) else "")


def is_published(text: str) -> bool:
    """Whether `text` is a published reason and no word more."""
    return bare(text) in _PUBLISHED


def bare(text: str) -> str:
    """The letters and digits of a text, so that case, blanks and marks make no difference."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _require_once(fault: str, values: Iterable[object]) -> None:
    given = list(values)
    if len(set(given)) != len(given):
        raise ValueError(f"override_reasons {fault}")


_PUBLISHED = {bare(text): one.code for one in OVERRIDE_REASONS for text in (one.code, one.display)}
