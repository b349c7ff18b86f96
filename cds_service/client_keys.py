"""Each client's key set, from what the settings say: a file that must be good now, or an address to be asked later."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import httpx2

from cds_service.client_settings import ClientSettings
from cds_service.errors import KeysOutOfReach, NotConfigured
from cds_service.key_sets import KeySet
from cds_service.key_sources import KeyAddress, KeyFile
from cds_service.metrics import Metrics
from cds_service.settings import Settings


def open_key_sets(settings: Settings, *, http: httpx2.AsyncClient, metrics: Metrics) -> tuple[KeySet, ...]:
    """The key set of every client, in their order and in the metrics. Asks no address yet. Raises NotConfigured."""
    opened = tuple(
        key_set_from(
            client, http=http, every_s=settings.tokens.jwks_every_s, failed=partial(_count, metrics, client.id)
        )
        for client in settings.clients
    )
    for one in opened:
        metrics.key_set_age.labels(one.client_id).set_function(partial(_age_of, one))
    return opened


def key_set_from(
    settings: ClientSettings,
    *,
    http: httpx2.AsyncClient,
    every_s: float,
    timer: Callable[[], float] = time.monotonic,
    failed: Callable[[str], object] = lambda _why: None,
) -> KeySet:
    """The keys of this client: those of its file, or none yet where they are published at an address.

    Raises NotConfigured for a file that cannot be used, or an address that must not be asked.
    """
    place = f"client {settings.id}"
    if settings.jwks_file is None:
        try:
            address = KeyAddress(settings.jwks_url, http=http, every_s=every_s)
        except NotConfigured as error:
            raise NotConfigured(f"{place}: {error}") from None
        return KeySet(settings.id, address, timer=timer, failed=failed)
    file = KeyFile(settings.jwks_file)
    keys = KeySet(settings.id, file, timer=timer, failed=failed)
    try:
        keys.take(file.read_now())
    except KeysOutOfReach:
        raise NotConfigured(f"{place}: its key file {file.name} cannot be read") from None
    return keys


def _count(metrics: Metrics, client_id: str, why: str) -> None:
    metrics.key_set_failures.labels(client_id, why).inc()


def _age_of(keys: KeySet) -> float:
    """Infinite where the keys were never read, so that an alarm on the age sounds."""
    return float("inf") if keys.age_s is None else keys.age_s
