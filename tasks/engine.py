"""The port to a model: a prompt in, a completion out, and which model it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tasks.prompt import Prompt
from tasks.summary import GenerationSettings, ModelVersion

END = "end"  # the model ended its turn; anything else means that the text was cut
LENGTH = "length"
UNDECODED = GenerationSettings(max_new_tokens=0, seed=0, constrained=False)  # no model decoded anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What an engine wrote for one prompt, thinking cut off."""

    text: str = field(repr=False)
    stop_reason: str  # END, LENGTH, or an engine's own word
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
