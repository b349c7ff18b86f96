"""The JSON of a completion as values, strictly of the shape that was asked for, or a named failure."""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

from tasks.engine import Completion, StopReason
from tasks.errors import CompletionUnreadable
from tasks.prompt import STATEMENTS_LIMIT
from tasks.summary import StatementKind

SIZE_LIMIT = 100_000  # characters; the schema admits far less
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEYS = {"kind", "text", "refs"}
_KINDS = [kind.value for kind in StatementKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement as the model wrote it."""

    kind: StatementKind
    text: str
    refs: tuple[str, ...]


def read_json(completion: Completion) -> tuple[Said, ...]:
    """The statements of a completion. Raises CompletionUnreadable: cut off, no JSON, or another shape."""
    if completion.stop_reason is not StopReason.END:
        raise CompletionUnreadable("the completion did not come to its end. Give more room, or a smaller chart.")
    if len(completion.text) > SIZE_LIMIT:
        raise CompletionUnreadable("the completion is longer than any answer can be")
    try:
        content = orjson.loads(_CONTROL.sub("", completion.text))
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise CompletionUnreadable("the completion is no JSON") from error
    if not isinstance(content, dict) or content.keys() != {"statements"}:
        raise CompletionUnreadable("the completion is not an object with statements alone")
    statements = content["statements"]
    if not isinstance(statements, list) or len(statements) > STATEMENTS_LIMIT:
        raise CompletionUnreadable(f"the statements are not a list of at most {STATEMENTS_LIMIT}")
    return tuple(_said(each) for each in statements)


def _said(plain: object) -> Said:
    if not isinstance(plain, dict) or plain.keys() != _KEYS:
        raise CompletionUnreadable("a statement has not exactly a kind, a text and refs")
    kind, text, refs = plain["kind"], plain["text"], plain["refs"]
    if kind not in _KINDS or not isinstance(text, str):
        raise CompletionUnreadable("a statement has an unknown kind, or a text that is none")
    if not isinstance(refs, list) or not all(isinstance(ref, str) for ref in refs):
        raise CompletionUnreadable("the refs of a statement are not a list of ids")
    return Said(kind=StatementKind(kind), text=text, refs=tuple(dict.fromkeys(refs)))
