"""One token, one call: its id is burnt with whatever the call puts on record first, and no call ends without (T4).

The database is the truth, for it is one for all processes. What this process has seen itself, it knows without asking.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, TypeVar

from cds_service.errors import Unauthenticated
from ledger.records import Nonce

T = TypeVar("T")
_MOST_KNOWN: Final = 50_000  # some ten megabytes; who is forgotten for want of room is found in the database


class Nonces(Protocol):
    """Where token ids are burnt by themselves: ledger.nonces.Nonces."""

    def burn(self, issuer: str, jti: str, *, expires_at: datetime, timeout_s: float | None = None) -> bool:
        """Whether this was the first time. Raises LedgerError where that cannot be kept."""
        ...


class TokenUse:
    """The use that one call makes of its token; a call without a token, as the demo's, has nothing to burn."""

    def __init__(self, nonce: Nonce | None) -> None:
        self._nonce = nonce

    @property
    def is_open(self) -> bool:
        """Whether the token has still to be burnt."""
        return self._nonce is not None

    def within(self, write: Callable[[Nonce | None], T]) -> T:
        """What `write` returns, which burns the token it is given in its own transaction. Raises what `write` raises.

        A write that failed burnt nothing, so the next one is given the token again.
        """
        written = write(self._nonce)
        self._nonce = None
        return written


class KnownTokens:
    """The ids of the tokens that this process has let in. For one thread: the event loop's."""

    def __init__(self, *, most: int = _MOST_KNOWN) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, str], datetime] = OrderedDict()

    def claim(self, nonce: Nonce, *, now: datetime) -> None:
        """Let this token in, for the first time. Raises Unauthenticated for a replay."""
        self._forget(now)
        name = (nonce.issuer, nonce.jti)
        if name in self._known:
            raise Unauthenticated("replayed")
        self._known[name] = nonce.expires_at

    def release(self, nonce: Nonce) -> None:
        """Its call could put nothing on record, so the token was not used: the database says so too."""
        self._known.pop((nonce.issuer, nonce.jti), None)

    def _forget(self, now: datetime) -> None:
        """Let go of what nobody could use any more, oldest first, and of the oldest where there are too many."""
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest] > now and len(self._known) < self._most:
                return
            del self._known[oldest]
