"""What a check finds: a verdict, and one line in our own words.

A finding never carries what the service sent but for a short, quoted name: an answer may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_LONGEST_NAME: Final = 40


class Level(StrEnum):
    """How strongly a requirement asks."""

    SHALL = "SHALL"
    SHOULD = "SHOULD"


class Verdict(StrEnum):
    """What became of a check."""

    PASS = "PASS"  # noqa: S105 - a verdict
    FAIL = "FAIL"
    WARN = "WARN"  # a SHOULD that is not kept
    NOT_RUN = "NOT RUN"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a requirement is kept, None where it could not be asked; and why, in one line."""

    is_kept: bool | None
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement as it is asked here: its id, a name of its own within that id, and how strongly it asks."""

    requirement: str
    name: str
    asks: str
    level: Level = Level.SHALL


def shall(requirement: str, name: str, asks: str) -> Rule:
    """A rule that fails where it is not kept."""
    return Rule(requirement=requirement, name=name, asks=asks)


def should(requirement: str, name: str, asks: str) -> Rule:
    """A rule that warns where it is not kept."""
    return Rule(requirement=requirement, name=name, asks=asks, level=Level.SHOULD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule, and what was found."""

    rule: Rule
    verdict: Verdict
    told: str

    @classmethod
    def of(cls, rule: Rule, outcome: Outcome) -> Finding:
        """The verdict follows from the outcome and the rule's level."""
        broken = Verdict.FAIL if rule.level is Level.SHALL else Verdict.WARN
        verdict = {True: Verdict.PASS, False: broken, None: Verdict.NOT_RUN}[outcome.is_kept]
        return cls(rule=rule, verdict=verdict, told=outcome.told)


def kept(told: str) -> Outcome:
    """The requirement is kept."""
    return Outcome(is_kept=True, told=told)


def broken(told: str) -> Outcome:
    """The requirement is not kept."""
    return Outcome(is_kept=False, told=told)


def not_run(told: str) -> Outcome:
    """The requirement could not be asked."""
    return Outcome(is_kept=None, told=told)


def judged(problems: Iterable[str], *, looked_at: str) -> Outcome:
    """Kept where there is no problem, else broken, with the first problem and how many more there are."""
    found = list(problems)
    if not found:
        return kept(looked_at)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return broken(f"{found[0]}{more}")


def quoted(name: object) -> str:
    """A name that the service chose, short and harmless: letters, digits and a few marks, in quotation marks."""
    text = "".join(one if one.isascii() and (one.isalnum() or one in "-_./:{}% ") else "?" for one in str(name))
    return f"'{text[:_LONGEST_NAME]}{'…' if len(text) > _LONGEST_NAME else ''}'"
