"""What can go wrong while making a summary.

SummaryError
 +-- UncitedStatement     a statement without a source; it cannot be built
 +-- PromptTooLarge       even the pinned facts do not fit the model's budget
 +-- PromptRefused        the finished prompt holds control tokens that are not ours
 +-- CompletionMissing    the scripted twin has no words for this patient
 +-- CompletionUnreadable the completion is not the JSON that was asked for, or was cut off
 +-- SummaryUnreadable    a stored summary cannot be read by this version
 +-- EngineFailed         the engine failed on this job; another attempt may help
 +-- EngineUnusable       the engine cannot serve any job: the worker must stop
 +-- ModelMissing         this worker has no engine
 +-- WrongPatientData     something of another patient, or of another chart, was met: no AI summary (T24)
 +-- PayloadUnreadable    the job's payload is not what a hook writes
     +-- PayloadOfLater  it is of a later schema: a newer worker can read it (CH-16)
"""

from typing import ClassVar

from tasks.reasons import FailureReason


class SummaryError(Exception):
    """Root of every error that tasks lets out. Messages never hold record or model text."""

    retryable: ClassVar[bool] = False
    reason: ClassVar[FailureReason] = FailureReason.SUMMARY_ERROR  # the code that a failed job carries


class UncitedStatement(SummaryError):
    """A statement needs at least one citation."""

    reason = FailureReason.UNCITED_STATEMENT


class PromptTooLarge(SummaryError):
    """The record's pinned facts exceed the model's budget."""

    reason = FailureReason.PROMPT_TOO_LARGE


class PromptRefused(SummaryError):
    """The finished prompt has more turns, images or other control tokens than we put there."""

    reason = FailureReason.PROMPT_REFUSED


class CompletionMissing(SummaryError):
    """The scripted twin has no completion for this patient."""

    reason = FailureReason.COMPLETION_MISSING


class CompletionUnreadable(SummaryError):
    """The completion is not the JSON that was asked for, or it was cut off."""

    reason = FailureReason.COMPLETION_UNREADABLE


class SummaryUnreadable(SummaryError):
    """What is stored is no summary that this version can read."""

    reason = FailureReason.SUMMARY_UNREADABLE


class EngineFailed(SummaryError):
    """The engine failed on this job."""

    retryable = True
    reason = FailureReason.ENGINE_FAILED


class EngineUnusable(SummaryError):
    """The engine cannot serve any job."""

    reason = FailureReason.ENGINE_UNUSABLE


class WrongPatientData(SummaryError):
    """A resource or an image of another patient was met; one mismatch stops the AI summary (T24)."""

    reason = FailureReason.WRONG_PATIENT_DATA


class PayloadUnreadable(SummaryError):
    """The job's payload cannot be read by this version."""

    reason = FailureReason.PAYLOAD_UNREADABLE


class PayloadOfLater(PayloadUnreadable):
    """The payload was written by a newer service: left to a newer worker (CH-16)."""

    retryable = True


class ModelMissing(SummaryError):
    """The worker has no engine; the job ends, and the card says why."""

    reason = FailureReason.NO_MODEL
