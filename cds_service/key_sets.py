"""A client's public keys as they are now: read in the background, kept when the next reading fails (T3)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Final

import structlog

from cds_service.errors import BadKeys, KeysOutOfReach
from cds_service.jwks import PublicKey, read_key_set
from cds_service.key_sources import KeySource

_JITTER: Final = 0.1  # so that the hosts of a site do not all ask in the same second

log = structlog.get_logger(__name__)


class KeySet(Mapping[str, PublicKey]):
    """The newest good keys of one client, by kid. Looking up asks nobody; `look` and `watch` are the event loop's."""

    def __init__(
        self,
        client_id: str,
        source: KeySource,
        *,
        timer: Callable[[], float],
        failed: Callable[[str], object] = lambda _why: None,
    ) -> None:
        """Empty until the first look. `failed` is told the code of each look that brought nothing to use."""
        self.client_id = client_id
        self.source = source
        self._timer, self._failed = timer, failed
        self._keys: Mapping[str, PublicKey] = {}
        self._content: bytes | None = None
        self._failing = ""
        self._read_at: float | None = None
        self._asked = asyncio.Event()

    def __getitem__(self, kid: str) -> PublicKey:
        """The key of this id."""
        return self._keys[kid]

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._keys)

    def __len__(self) -> int:
        """How many keys there are."""
        return len(self._keys)

    @property
    def age_s(self) -> float | None:
        """Seconds since the source was last found to hold these keys; None where it never was."""
        return None if self._read_at is None else self._timer() - self._read_at

    def look_again(self) -> None:
        """A key id came that is not here: look soon, but no sooner than the source allows."""
        self._asked.set()

    def take(self, content: bytes) -> None:
        """Use what the source holds. Raises BadKeys, and keeps what was there."""
        if content != self._content:
            self._keys = read_key_set(content, place=f"client {self.client_id}: {self.source.name}")
            self._content = content
        self._read_at, self._failing = self._timer(), ""

    async def look(self) -> None:
        """Read the source once; what cannot be read or used is logged, and changes nothing."""
        try:
            self.take(await self.source.read())
        except KeysOutOfReach as error:
            self._tell(error.why)
        except BadKeys as error:
            self._tell("not-a-key-set", words=str(error))
        except Exception as error:  # noqa: BLE001 - whatever was published must not end the watch over it (T3)
            self._tell("failed", words=type(error).__name__)

    async def watch(self) -> None:
        """Look again and again, for as long as the application lives."""
        while True:
            await asyncio.sleep(self.source.pause_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_next()):
                    await self._asked.wait()
            self._asked.clear()
            await self.look()

    def _until_next(self) -> float:
        every_s = self.source.every_s * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        return max(0.0, every_s - self.source.pause_s)

    def _tell(self, why: str, *, words: str = "") -> None:
        self._failed(why)
        if why == self._failing:
            return  # said once; the metrics count on
        self._failing = why
        told = {"words": words} if words else {}
        log.warning("keys.not_read", client=self.client_id, why=why, keys=len(self._keys), **told)


def start_watching(key_sets: tuple[KeySet, ...]) -> Callable[[AsyncExitStack], Awaitable[None]]:
    """What begins with the application: a first look at every source, then a watch over each, in the background.

    A source that does not answer keeps no application from starting: its clients get 401 until it does.
    """

    async def start(opened: AsyncExitStack) -> None:
        await asyncio.gather(*(one.look() for one in key_sets))
        watches = [asyncio.create_task(one.watch()) for one in key_sets]
        opened.push_async_callback(_stop, watches)

    return start


async def _stop(watches: list[asyncio.Task[None]]) -> None:
    for one in watches:
        one.cancel()
    await asyncio.gather(*watches, return_exceptions=True)
