"""The chart brief: a deterministic digest of a history, each line with its sources. No model is involved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Section(StrEnum):
    """The parts of a brief in reading order."""

    ORDERS = "About these orders"  # what of the chart bears on them; the whole chart's brief has none
    STAY = "This encounter"
    ALLERGIES = "Allergies"
    CHANGES = "What changed lately"
    PROBLEMS = "Active problems"
    MEDICINES = "Current medicines"
    RESULTS = "Abnormal and trending results"
    IMAGING = "Imaging"
    CARE = "Care, procedures and plans"
    PREVENTION = "Immunizations and screening"
    NOT_SEEN = "Not seen"


class Weight(StrEnum):
    """How a line is marked: a word and a colour, never a colour alone."""

    PLAIN = "plain"
    NOTABLE = "notable"
    ABNORMAL = "abnormal"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefLine:
    """One line of the brief. Lines about the record itself ("not recorded") may stand without a citation."""

    section: Section
    lead: str  # the few words in bold: "Metformin", "Kidney function falling"
    text: str  # the rest of the line: "500 mg oral twice daily, since May 2021"
    entry_ids: tuple[str, ...]
    weight: Weight = Weight.PLAIN

    @property
    def plain(self) -> str:
        """The whole line as text."""
        return f"{self.lead}: {self.text}" if self.text else self.lead


class CautionKind(StrEnum):
    """What a caution is about."""

    PATIENT = "patient"
    ALLERGIES = "allergies"  # not seen, or none recorded: the allergy line says so too
    CONTRADICTION = "contradiction"
    NOT_SEEN = "not-seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """What must come first on the card: "Allergies were not seen"."""

    kind: CautionKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartBrief:
    """The digest of one history as of one moment."""

    lines: tuple[BriefLine, ...]  # in reading order: by section, then by importance
    headline: tuple[str, ...]  # phrases for the card's summary line, most important first, each under 60 characters
    top: tuple[int, ...]  # indices of the three lines the card shows
    cautions: tuple[Caution, ...]
    entries_read: int
    fingerprint: str
    as_of: datetime
    rules: str  # version of these rules

    @property
    def warnings(self) -> tuple[str, ...]:
        """The cautions in words."""
        return tuple(caution.text for caution in self.cautions)

    def of(self, section: Section) -> tuple[BriefLine, ...]:
        """The lines of one section."""
        return tuple(line for line in self.lines if line.section is section)
