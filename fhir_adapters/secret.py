"""An access token that can be used but never seen: not in a log, a traceback, a repr or a pickle (T6)."""

from __future__ import annotations

import hmac
import re
from typing import Never, Self

# RFC 6750 section 2.1 asks for b64token; every visible ASCII character is let through, because tokens of real
# servers stray from it. What is not visible ASCII could end the header line, and the HTTP library would then quote
# the token in its error message.
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


class Secret:
    """One token, held for one request.

    Raises ValueError, without the value, for what cannot stand in an Authorization header.
    """

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        """Keep `value`; nothing but `reveal` gives it back."""
        if not isinstance(value, str) or _VISIBLE_ASCII.fullmatch(value) is None:
            raise ValueError("a token is one or more visible ASCII characters")
        self._value = value

    def reveal(self) -> str:
        """The token itself: for the Authorization header and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, with secrets only."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a secret is no dictionary key

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        """Itself: `dataclasses.asdict` copies deeply, and a copy would be a second place to leak from."""
        return self

    def __reduce__(self) -> Never:
        raise TypeError("a secret is never stored or sent to another process (T6)")
