"""MedGemma in this process, by transformers: offline, greedy, constrained, and never half-read.

Runs google/medgemma-27b-it and its kin from a directory on this machine, and the small random model of the tests on
the same path. Nothing is downloaded, no code of the directory runs, no other format than safetensors is read.
"""

from __future__ import annotations

import io
import re
import time
from collections import Counter
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor, StoppingCriteria, StoppingCriteriaList
from transformers.utils.logging import disable_progress_bar

from tasks.engine import Completion, StopReason
from tasks.engines.medgemma_constrain import Grammars
from tasks.engines.model_directory import inspect
from tasks.engines.thinking import without_thinking
from tasks.errors import EngineFailed, EngineUnusable, PromptRefused, PromptTooLarge
from tasks.prompt import ImagePart, Prompt
from tasks.summary import GenerationSettings, ModelVersion

MAX_NEW_TOKENS = 3_000  # 24 statements of 240 characters
BUDGET = 16_000
DEADLINE_S = 240.0
_CONTROLS = re.compile(r"<(?:unused\d+|mask)>|\[(?:multimodal|toxicity|@BOS@)\]")


class MedGemma:
    """One model, loaded once; one prompt at a time. Raises EngineUnusable where the directory cannot be used."""

    def __init__(
        self,
        path: Path,
        *,
        device_map: str | dict[str, Any] = "auto",
        digest: str | None = None,
        revision: str = "",
        max_new_tokens: int = MAX_NEW_TOKENS,
        budget: int = BUDGET,
        deadline_s: float = DEADLINE_S,
        seed: int = 0,
    ) -> None:
        directory = inspect(path, digest=digest)
        self.budget = budget
        self.settings = GenerationSettings(max_new_tokens=max_new_tokens, seed=seed)
        self._deadline_s = deadline_s
        self._processor, self._model = _load(path, device_map)
        self._tokenizer = self._processor.tokenizer
        self._end_of_turn = _token_id(self._tokenizer, "<end_of_turn>")
        self._ends = {self._end_of_turn, self._tokenizer.eos_token_id}
        self._controls = _control_ids(self._tokenizer)
        logits = self._model.get_output_embeddings().weight.shape[0]
        self._grammars = Grammars(self._tokenizer, n_vocab=logits, end_of_turn=self._end_of_turn)
        self.version = ModelVersion(
            name=path.resolve().name,
            revision=revision,
            digest=directory.digest,
            engine="transformers",
            engine_version=f"{package_version('transformers')} (torch {torch.__version__})",
        )

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, by the model's own tokenizer."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def generate(self, prompt: Prompt) -> Completion:
        """Answer one prompt, greedily and within its schema.

        Raises PromptRefused, PromptTooLarge, EngineFailed (out of memory, deadline), EngineUnusable (the device is
        lost), CompletionUnreadable (thinking without an end).
        """
        inputs = self._inputs(prompt)
        length = inputs["input_ids"].shape[1]
        clock = _Deadline(time.monotonic() + self._deadline_s)
        mask = self._grammars.mask_for(prompt.schema, prompt_length=length)
        written = self._run(inputs, mask, clock)[length:]
        if clock.passed:
            raise EngineFailed(f"no answer within {self._deadline_s:g} s. Try again, or allow more time.")
        ended = bool(written) and written[-1] in self._ends
        return Completion(
            text=without_thinking(self._tokenizer.decode(written, skip_special_tokens=True)),
            stop_reason=StopReason.END if ended else StopReason.LENGTH,
            prompt_tokens=length,
            completion_tokens=len(written),
            settings=self.settings,
        )

    def logits(self, prompt: Prompt) -> torch.Tensor:
        """Logits of the first token of the answer, float32 on the CPU: what the model makes of a prompt."""
        with torch.inference_mode():
            return self._model(**self._inputs(prompt)).logits[0, -1].float().cpu()

    def _inputs(self, prompt: Prompt) -> Any:  # noqa: ANN401 - a BatchFeature of transformers
        """The prompt as tensors on the model's device, its control tokens counted."""
        content = [_item(part) for part in prompt.parts]
        try:
            inputs = self._processor.apply_chat_template(
                [{"role": "user", "content": content}],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
            )
        except ValueError as error:  # more image tokens in the text than pictures beside it
            raise PromptRefused("the prompt's pictures and image tokens do not match") from error
        self._check_controls(inputs["input_ids"][0].tolist(), images=len(prompt.images))
        room = self._model.config.text_config.max_position_embeddings - self.settings.max_new_tokens
        if inputs["input_ids"].shape[1] > room:
            raise PromptTooLarge(f"the prompt has {inputs['input_ids'].shape[1]} tokens, the model has room for {room}")
        return inputs.to(self._model.device, dtype=self._model.dtype)

    def _check_controls(self, ids: list[int], *, images: int) -> None:
        """Belt and braces behind sanitising: the control tokens are exactly ours, so turns and pictures are, too."""
        found = Counter(token for token in ids if token in self._controls)
        expected = {"<bos>": 1, "<start_of_turn>": 2, "<end_of_turn>": 1}
        if images:
            soft = self._processor.image_seq_length * images
            expected |= {"<start_of_image>": images, "<end_of_image>": images, "<image_soft_token>": soft}
        if found != Counter({_token_id(self._tokenizer, token): count for token, count in expected.items()}):
            raise PromptRefused("the finished prompt holds control tokens that are not ours. Look at the record text.")

    def _run(self, inputs: Any, mask: Any, clock: _Deadline) -> list[int]:  # noqa: ANN401 - transformers is untyped here
        torch.manual_seed(self.settings.seed)
        try:
            with torch.inference_mode():
                output = self._model.generate(
                    **inputs,
                    do_sample=False,  # the shipped generation_config samples
                    top_k=None,
                    top_p=None,
                    max_new_tokens=self.settings.max_new_tokens,
                    eos_token_id=sorted(self._ends),
                    logits_processor=[mask],
                    stopping_criteria=StoppingCriteriaList([clock]),
                )
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise EngineFailed("the GPU is out of memory for this prompt. Lower the budget.") from error
        except torch.AcceleratorError as error:
            raise EngineUnusable("the GPU failed; this process cannot use it again") from error
        return [int(token) for token in output[0]]


class _Deadline(StoppingCriteria):  # type: ignore[misc] # transformers is untyped here
    """Stops between two tokens once the time is up."""

    def __init__(self, at: float) -> None:
        self._at = at
        self.passed = False

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:  # noqa: ANN401, ARG002 - the signature is transformers'
        self.passed = self.passed or time.monotonic() > self._at
        return torch.full((input_ids.shape[0],), self.passed, dtype=torch.bool, device=input_ids.device)


def _load(path: Path, device_map: str | dict[str, Any]) -> tuple[Any, Any]:
    """Processor and model from local files alone. bfloat16 on a GPU, float32 on a CPU, never float16 (garbage)."""
    disable_progress_bar()
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        processor = AutoProcessor.from_pretrained(path, **local)
        model = AutoModelForImageTextToText.from_pretrained(
            path, dtype=dtype, device_map=device_map, use_safetensors=True, attn_implementation="sdpa", **local
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise EngineUnusable(f"the model directory cannot be loaded ({type(error).__name__})") from error
    return processor, model.eval()


def _control_ids(tokenizer: Any) -> frozenset[int]:  # noqa: ANN401 - transformers is untyped here
    """Ids of every token that controls something: the special ones, and the unused and marker tokens beside them."""
    added = tokenizer.get_added_vocab().items()
    return frozenset([*tokenizer.all_special_ids, *(number for token, number in added if _CONTROLS.fullmatch(token))])


def _token_id(tokenizer: Any, token: str) -> int:  # noqa: ANN401 - transformers is untyped here
    number = tokenizer.convert_tokens_to_ids(token)
    if number is None or number == tokenizer.unk_token_id:
        raise EngineUnusable(f"the tokenizer has no {token}: this is no model of the Gemma 3 family")
    return int(number)


def _item(part: Any) -> dict[str, Any]:  # noqa: ANN401 - either part of a prompt
    if isinstance(part, ImagePart):
        return {"type": "image", "image": Image.open(io.BytesIO(part.png)).convert("RGB")}
    return {"type": "text", "text": part.text}
