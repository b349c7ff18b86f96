"""Summarise: a cited, checked summary, away from the request path; and the brief that needs no model."""

from tasks.brief import BriefLine, ChartBrief, Section, Weight
from tasks.errors import SummaryError
from tasks.states import Absent, Failed, Preparing, Ready, Stale, State
from tasks.summary import (
    CheckOutcome,
    CheckResult,
    Citation,
    GenerationSettings,
    ModelVersion,
    Statement,
    StatementKind,
    Summary,
    Verdict,
    Withheld,
)

__all__ = [
    "Absent",
    "BriefLine",
    "ChartBrief",
    "CheckOutcome",
    "CheckResult",
    "Citation",
    "Failed",
    "GenerationSettings",
    "ModelVersion",
    "Preparing",
    "Ready",
    "Section",
    "Stale",
    "State",
    "Statement",
    "StatementKind",
    "Summary",
    "SummaryError",
    "Verdict",
    "Weight",
    "Withheld",
]
