"""A summary as a value: statements with their sources, verdicts and the checks that ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tasks.errors import UncitedStatement
from tasks.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One source of a statement. `entry_id` holds inside the history of that fingerprint only."""

    entry_id: str
    reference: str
    content_hash: str


class StatementKind(StrEnum):
    """The groups of the review page."""

    PROBLEM = "problem"
    MEDICINE = "medicine"
    ALLERGY = "allergy"
    RESULT = "result"
    IMAGING = "imaging"
    COURSE = "course"  # encounters, procedures, plans
    QUESTION = "question"  # what the chart leaves open


class Verdict(StrEnum):
    """What the checks say of a statement. The display word for contradicted is "withheld"."""

    VERIFIED = "verified"
    CITED = "cited"
    CONTRADICTED = "contradicted"


class CheckOutcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check on one statement."""

    check: str  # "C2"
    outcome: CheckOutcome
    reason: str = ""  # for a reader: "50 mg stands in none of its sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence about the patient, with the entries it rests on. Without a citation it cannot be built."""

    kind: StatementKind
    text: str
    citations: tuple[Citation, ...]
    verdict: Verdict
    checks: tuple[CheckResult, ...]

    def __post_init__(self) -> None:
        """No source, no sentence."""
        if not self.citations:
            raise UncitedStatement  # without the text: it may hold PHI


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """A sentence that is not shown as a statement: contradicted, or citing what does not exist."""

    text: str
    reasons: tuple[str, ...]
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """Which model, exactly."""

    name: str
    revision: str
    digest: str  # SHA-256 over every file of the model directory
    engine: str
    engine_version: str
    quantisation: str = "none"
    is_scripted: bool = False  # the twin: its words were written by hand, no model made them


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """How the completion was decoded."""

    max_new_tokens: int
    seed: int
    do_sample: bool = False
    constrained: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the model said of one history, checked. Only `statements` may reach a card."""

    statements: tuple[Statement, ...]
    withheld: tuple[Withheld, ...]
    fingerprint: str
    manifest: tuple[tuple[str, str], ...]  # (reference, content hash) of every entry the model was given
    left_out: tuple[tuple[str, str], ...] = ()  # the same of entries known but kept from it: cut, restricted, AI-made
    covered: tuple[str, ...]  # resource types seen whole or in part
    not_used: tuple[str, ...]  # omissions, in words, and entries cut by the budget
    images: tuple[str, ...]  # labels of the pictures the model was given
    model: ModelVersion
    prompt_hash: str
    settings: GenerationSettings
    profile: Profile
    made_at: datetime
    schema_version: int = field(default=1)
    patient_hash: str = ""  # of the patient's facts it was made of; empty where an earlier version made it

    def __hash__(self) -> int:
        """By what names its making; equal summaries share it."""
        return hash((self.fingerprint, self.prompt_hash, self.made_at))

    def count(self, verdict: Verdict) -> int:
        """How many shown statements carry a verdict."""
        return sum(statement.verdict is verdict for statement in self.statements)
