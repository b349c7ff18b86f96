"""What a service answered, as values: whatever it is, it can be looked at without harm."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_UNREADABLE: Final = object()


class NoAnswer(Exception):
    """The service gave no answer that could be taken; the message says why, in our own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, its body within the size limit. `document` is its JSON, where it is JSON."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)
    seconds: float
    document: Any = field(repr=False, default=_UNREADABLE)

    @classmethod
    def read(
        cls, method: str, path: str, *, status: int, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Answer:
        """The answer, its JSON read strictly: no comments, no trailing commas, no NaN, no byte order mark (S1, S3)."""
        try:
            document = json.loads(body.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError):
            document = _UNREADABLE
        return cls(
            method=method,
            path=path,
            status=status,
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            seconds=seconds,
            document=document,
        )

    @property
    def is_json(self) -> bool:
        """Whether the body could be read as JSON."""
        return self.document is not _UNREADABLE

    @property
    def is_success(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP

    @property
    def is_refusal(self) -> bool:
        """Any 4xx: the service says that the call was wrong."""
        return 400 <= self.status < 500  # noqa: PLR2004 - HTTP

    @property
    def media_type(self) -> str:
        """Without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def cards(self) -> Sequence[Mapping[str, Any]]:
        """The cards that are objects; none where there is no list of cards."""
        listed = self.document.get("cards") if isinstance(self.document, dict) else None
        return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _refuse(_constant: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")
