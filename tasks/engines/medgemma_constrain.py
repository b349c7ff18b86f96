"""Decoding that can only write JSON of one schema, by llguidance: a grammar a request, a mask a token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer

from tasks.errors import EngineFailed, EngineUnusable

_BITS = 32


class Grammars:
    """Compiles schemas for one tokenizer. `n_vocab` is the number of logits, which exceeds the tokenizer's length."""

    def __init__(self, tokenizer: Any, *, n_vocab: int, end_of_turn: int) -> None:  # noqa: ANN401 - transformers is untyped here
        self.n_vocab = n_vocab
        self._tokenizer: LLTokenizer = from_tokenizer(tokenizer, n_vocab=n_vocab, eos_token=end_of_turn)

    def mask_for(self, schema: Mapping[str, Any], *, prompt_length: int) -> SchemaMask:
        """A logits processor for one generation. Raises EngineUnusable if the schema cannot be compiled."""
        grammar = LLMatcher.grammar_from_json_schema(
            json.dumps(schema), overrides={"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
        )
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise EngineUnusable("the answer schema cannot be compiled for constrained decoding")
        return SchemaMask(matcher, n_vocab=self.n_vocab, prompt_length=prompt_length)


class SchemaMask:
    """Lets only tokens through that keep the text within the schema; for a batch of one."""

    def __init__(self, matcher: LLMatcher, *, n_vocab: int, prompt_length: int) -> None:
        self._matcher = matcher
        self._seen = prompt_length
        self._bits = torch.full((1, -(-n_vocab // _BITS)), -1, dtype=torch.int32)
        self._shifts = torch.arange(_BITS, dtype=torch.int32)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Take in the tokens chosen since the last call, then mask the logits of the next one."""
        chosen = input_ids[0, self._seen :].tolist()
        self._seen = input_ids.shape[1]
        if chosen and not self._matcher.consume_tokens(chosen):
            raise EngineFailed("constrained decoding lost its place in the grammar")
        row = self._bits[0]
        self._matcher.unsafe_compute_mask_ptr(row.data_ptr(), row.numel() * row.element_size())
        if self._matcher.is_error():
            raise EngineFailed("constrained decoding could not go on")
        bits = row.to(scores.device).unsqueeze(-1) >> self._shifts.to(scores.device)
        allowed = (bits & 1).bool().reshape(1, -1)[:, : scores.shape[1]]
        return scores.masked_fill(~allowed, float("-inf"))
