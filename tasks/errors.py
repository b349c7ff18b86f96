"""What can go wrong while making a summary.

SummaryError
 +-- UncitedStatement     a statement without a source; it cannot be built
 +-- PromptTooLarge       even the pinned facts do not fit the model's budget
 +-- CompletionUnreadable the completion is not the JSON that was asked for, or was cut off
 +-- EngineFailed         the engine failed on this job; another attempt may help
 +-- EngineUnusable       the engine cannot serve any job: the worker must stop
"""

from typing import ClassVar


class SummaryError(Exception):
    """Root of every error that tasks lets out. Messages never hold record or model text."""

    retryable: ClassVar[bool] = False
    reason: ClassVar[str] = "summary-error"  # the code that a failed job carries


class UncitedStatement(SummaryError):
    """A statement needs at least one citation."""

    reason = "uncited-statement"


class PromptTooLarge(SummaryError):
    """The record's pinned facts exceed the model's budget."""

    reason = "prompt-too-large"


class CompletionUnreadable(SummaryError):
    """The completion is not the JSON that was asked for, or it was cut off."""

    reason = "completion-unreadable"


class EngineFailed(SummaryError):
    """The engine failed on this job."""

    retryable = True
    reason = "engine-failed"


class EngineUnusable(SummaryError):
    """The engine cannot serve any job."""

    reason = "engine-unusable"
