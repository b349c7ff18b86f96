"""The port to a model: a prompt in, a completion out, and which model it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from tasks.prompt import Prompt
from tasks.summary import GenerationSettings, ModelVersion

UNDECODED = GenerationSettings(max_new_tokens=0, seed=0, constrained=False)  # no model decoded anything


class StopReason(StrEnum):
    """Why the model stopped writing; the audit entry of the answer keeps it."""

    END = "end"  # it ended its turn
    LENGTH = "length"  # it was cut off: whatever it wrote is not read


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What an engine wrote for one prompt, thinking cut off."""

    text: str = field(repr=False)
    stop_reason: StopReason
    prompt_tokens: int
    completion_tokens: int
    settings: GenerationSettings = UNDECODED


class ModelEngine(Protocol):
    """A model that can be asked. Twin: tasks.engines.scripted."""

    @property
    def version(self) -> ModelVersion:
        """Which model, exactly."""
        ...

    @property
    def budget(self) -> int:
        """Tokens that a prompt may have, images included."""
        ...

    def generate(self, prompt: Prompt) -> Completion:
        """Answer one prompt.

        Raises EngineFailed (another attempt may help), EngineUnusable (the worker must stop), PromptTooLarge,
        PromptRefused, CompletionUnreadable.
        """
        ...
