"""The scripted twin of a model: completions written by hand, found by patient, said to be scripted wherever they go."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from tasks.engine import Completion, StopReason
from tasks.errors import CompletionMissing, EngineUnusable
from tasks.prompt import Prompt
from tasks.prompt_budget import estimate_tokens
from tasks.summary import ModelVersion

ENGINE_VERSION = "1"
BUDGET = 32_000  # tokens by estimate

Answer = Sequence[Mapping[str, Any]]


class Scripted:
    """Answers from a folder of `*.json`: {"patient_id", "statements": [{"kind", "text", "refs": ["Observation/a"]}]}.

    References are turned into the entry ids of the prompt at hand; one that the prompt does not have stays as it is,
    so that reading withholds the statement. Raises EngineUnusable if the folder cannot be read.
    """

    def __init__(self, folder: Path, *, budget: int = BUDGET) -> None:
        self.budget = budget
        self._answers, self.version = _load(folder)

    @staticmethod
    def fixed(text: str | bytes, *, stop_reason: StopReason = StopReason.END, budget: int = BUDGET) -> FixedAnswer:
        """One that answers every prompt with `text`, whatever it is; bytes that are no UTF-8 become U+FFFD."""
        words = text if isinstance(text, str) else text.decode(errors="replace")
        return FixedAnswer(words, stop_reason=stop_reason, budget=budget)

    def generate(self, prompt: Prompt) -> Completion:
        """The words for the prompt's patient. Raises CompletionMissing where there are none."""
        if prompt.patient_id not in self._answers:
            raise CompletionMissing("no completion is scripted for this patient. Add a file to the folder.")
        ids = {reference: entry_id for entry_id, reference in prompt.references.items()}
        statements = [
            {**statement, "refs": [ids.get(reference, reference) for reference in statement["refs"]]}
            for statement in self._answers[prompt.patient_id]
        ]
        return _completion(orjson.dumps({"statements": statements}).decode(), prompt, StopReason.END)


class FixedAnswer:
    """Answers every prompt with the same words."""

    def __init__(self, text: str, *, stop_reason: StopReason, budget: int) -> None:
        self.budget = budget
        self.version = _version(hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())
        self._text = text
        self._stop_reason = stop_reason

    def generate(self, prompt: Prompt) -> Completion:
        """The words."""
        return _completion(self._text, prompt, self._stop_reason)


def _completion(text: str, prompt: Prompt, stop_reason: StopReason) -> Completion:
    return Completion(
        text=text,
        stop_reason=stop_reason,
        prompt_tokens=estimate_tokens(prompt.text),
        completion_tokens=estimate_tokens(text),
    )


def _load(folder: Path) -> tuple[dict[str, Answer], ModelVersion]:
    answers: dict[str, Answer] = {}
    digest = hashlib.sha256()
    try:
        for path in sorted(folder.glob("*.json")):
            content = path.read_bytes()
            digest.update(hashlib.sha256(content).digest())
            script = orjson.loads(content)
            for statement in script["statements"]:
                list(statement["refs"])
            answers[script["patient_id"]] = script["statements"]
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError) as error:
        raise EngineUnusable(f"the scripted completions cannot be read ({type(error).__name__})") from error
    if not answers:
        raise EngineUnusable("there is no scripted completion in this folder")
    return answers, _version(digest.hexdigest())


def _version(digest: str) -> ModelVersion:
    return ModelVersion(
        name="scripted completions",
        revision="written by hand",
        digest=digest,
        engine="scripted",
        engine_version=ENGINE_VERSION,
        is_scripted=True,
    )
