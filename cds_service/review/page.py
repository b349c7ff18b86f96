"""The review page as a value: all that is shown of a chart, from which alone its HTML is rendered and its hash taken.

Who is looking, what was answered and how far a job is stand beside it (`surroundings.py`): they are no part of what a
clinician reviews, so they change neither the hash nor the validity of an answer.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from cds_service.surface import sha256
from fhir_adapters.stored import canonical

LAYOUT: Final = 1  # of these values: another layout is another surface


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """Who the page is about; stands at its top while the rest scrolls."""

    name: str
    born: str  # "14-Mar-1951 (75 years)"; says so where it is not recorded
    sex: str
    identifier: str
    died: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One source of a line: where on this page its evidence stands."""

    entry: str  # "E12"; "S3" for an entry that the summary's worker read beyond the card's own read
    kind: str  # "Result"; empty where the chip before it says the same
    date: str
    title: str  # in words, for who does not see the page
    anchor: str  # id of the evidence, or of the one sentence in it; empty where the source is no longer kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check that ran on a statement."""

    name: str  # "numbers"
    outcome: str  # "passed", "failed"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One statement of the summary, or one line of the brief."""

    lead: str
    text: str
    weight: str  # of the brief: "plain", "notable", "abnormal", "critical"
    mark: str  # of the summary: "verified", "cited"; empty in the brief
    checks: tuple[Check, ...]
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Lines under one heading."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBack:
    """A withheld sentence, shown struck with its reasons."""

    text: str
    reasons: tuple[str, ...]
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that the model was given."""

    ordinal: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Which model, how asked, and what it cannot do."""

    facts: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPart:
    """An AI summary as shown."""

    label: str  # "AI summary", or that its words were written by hand
    maker: str
    counts: str  # "14 verified, 3 cited, 1 withheld"
    made_at: str
    groups: tuple[Group, ...]
    withheld: tuple[HeldBack, ...]
    not_used: tuple[str, ...]
    pictures: tuple[Picture, ...]
    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of a source."""

    label: str
    text: str
    reference_range: str
    flag: str  # a word: "high", "low", "critical high", "abnormal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a free text; `anchor` is set where a line of this page rests on it."""

    text: str
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One source with its own fields, as the record has them."""

    entry: str
    kind: str
    title: str
    facts: tuple[tuple[str, str], ...]  # status, dates, dose …
    rows: tuple[Row, ...]
    passage: tuple[tuple[Sentence, ...], ...]  # paragraphs
    origin: tuple[tuple[str, str], ...]  # reference, version, last change, author


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """The chart moved on: a later card stands on other content."""

    card_id: str
    issued_at: str
    changes: str  # "3 newer or changed entries, 1 removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """A summary of an earlier state of this chart, folded away."""

    difference: str  # "3 newer entries"
    part: SummaryPart


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """Everything that a clinician reviews on one page."""

    card_id: str
    banner: Banner
    as_of: str
    state: str  # "ready", "stale", "preparing", "failed", "absent"
    state_words: str
    withdrawal: str  # why the AI summary is not shown, in a sentence; empty while none is in force
    warnings: tuple[str, ...]
    allergies: Group  # always shown, first, in words
    coverage: str
    not_seen: tuple[str, ...]
    summary: SummaryPart | None
    brief: tuple[Group, ...]
    brief_maker: str
    older: Older | None
    newer: Newer | None
    evidence: tuple[Evidence, ...] = field(repr=False)
    layout: int = LAYOUT

    @property
    def shows_summary(self) -> bool:
        """Whether statements of a model come first; otherwise the brief does."""
        return self.summary is not None and bool(self.summary.groups)


def surface_of(page: ReviewPage) -> bytes:
    """The page in its one form: equal pages are equal bytes."""
    plain: dict[str, Any] = asdict(page)
    return canonical(plain)


def surface_hash(page: ReviewPage) -> str:
    """What an answer is bound to (T15)."""
    return sha256(surface_of(page))
