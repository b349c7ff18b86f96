"""Who is let in, and that once: token, rate and the token's id, before anything of the body is read.

A hook's token is burnt in the transaction of what the hook puts on record, which saves the busiest path a write. Until
then it is claimed in this process, so that of two calls with one token the second ends here; in another process it ends
at the database, before an answer leaves and with nothing on record. Every other way out of a hook burns it as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request

from cds_service.clients import Caller
from cds_service.errors import OutOfTime, TooManyCalls, Unauthenticated
from cds_service.parts import Parts
from cds_service.rates import CallRates
from cds_service.token_use import KnownTokens, Nonces, TokenUse
from ledger.errors import AlreadyUsed, LedgerError
from ledger.records import Nonce

_LAST_MOMENT_S: Final = 0.25  # to burn the token of a refused call, however late it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A call that was let in."""

    caller: Caller
    use: TokenUse


class Admission:
    """The door of the three endpoints. For one thread: the event loop's."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rates = CallRates(parts.timer)
        self._known = KnownTokens()

    @asynccontextmanager
    async def once(self, request: Request, *, ends: float) -> AsyncIterator[Admitted]:
        """A hook call under its token. Raises Unauthenticated, TooManyCalls, LedgerError, OutOfTime.

        Where nothing could be put on record the token is not used up: its client may come again with it.
        """
        caller, nonce = self._judge(request)
        use = TokenUse(nonce)
        try:
            try:
                yield Admitted(caller=caller, use=use)
            except (LedgerError, OutOfTime):
                raise
            except Exception:
                await self._burn(use, ends=ends)
                raise
            await self._burn(use, ends=ends)
        except AlreadyUsed:
            raise Unauthenticated("replayed") from None
        except (LedgerError, OutOfTime):
            if nonce is not None and use.is_open:
                self._known.release(nonce)
            raise

    async def at_once(self, request: Request) -> Caller:
        """The caller of discovery or feedback, its token burnt before anything else is done."""
        parts = self._parts
        async with self.once(request, ends=parts.timer() + parts.pace.cap_s) as admitted:
            return admitted.caller

    def _judge(self, request: Request) -> tuple[Caller, Nonce | None]:
        parts, now = self._parts, self._parts.clock()
        judged = parts.trust.judge(request.headers.getlist("authorization"), path=request.scope["path"], now=now)
        if isinstance(judged, Caller):
            return judged, None
        client = judged.caller.client
        self._known.claim(judged.nonce, now=now)
        try:
            self._rates.take(client.id, client.rate)  # once claimed: a replay empties nobody's bucket (T23)
        except TooManyCalls:
            self._known.release(judged.nonce)
            raise
        return judged.caller, judged.nonce

    async def _burn(self, use: TokenUse, *, ends: float) -> None:
        """Burn the token by itself, unless what is on record did. Raises AlreadyUsed, LedgerError, OutOfTime."""
        if not use.is_open:
            return
        parts = self._parts
        left = max(ends - parts.timer(), _LAST_MOMENT_S)
        burn = partial(_burn, parts.nonces, timeout_s=left)
        # Where nobody waits any more it may still be burnt; the database knows.
        await parts.lanes.hooks.take_turn(left, lambda _turn: use.within(burn))


def _burn(nonces: Nonces, nonce: Nonce | None, *, timeout_s: float) -> None:
    if nonce is None:
        return
    if not nonces.burn(nonce.issuer, nonce.jti, expires_at=nonce.expires_at, timeout_s=timeout_s):
        raise AlreadyUsed
