"""What each configured client may do, as the service would judge it, and what a site should know of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial

import httpx2
from joserfc.jwk import RSAKey

from cds_service.client_keys import key_set_from
from cds_service.client_settings import ClientSettings
from cds_service.clients import CdsClient, client_from
from cds_service.errors import BadKeys, KeysOutOfReach, NotConfigured
from cds_service.jwks import PublicKey, signs_with
from cds_service.key_sets import KeySet
from cds_service.loopback import is_loopback
from cds_service.may_serve import check_issuers, check_serve, check_test_clients, has_public_key
from cds_service.settings import Settings
from hooks.capabilities import ClientCapabilities, capability_warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReport:
    """One key of a client."""

    kid: str
    kind: str
    thumbprint: str  # RFC 7638, to compare with the client's team
    algorithms: tuple[str, ...]  # in which this client may sign with it


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientReport:
    """One client: what its tokens must say, where it may send us, and what is wrong or remarkable."""

    id: str
    issuer: str
    keys_from: str
    keys: tuple[KeyReport, ...]
    jku: str
    algorithms: tuple[str, ...]
    audiences: tuple[str, ...]
    tenants: tuple[str, ...]
    fhir_bases: tuple[str, ...]
    capabilities: str
    rate: str
    errors: tuple[str, ...]
    warnings: tuple[str, ...]


async def report_clients(settings: Settings, *, services: Iterable[str]) -> tuple[ClientReport, ...]:
    """A report of every client, its keys read now from where they are. Writes nothing."""
    audiences = tuple(_audiences(settings.public_base_url, services))
    async with httpx2.AsyncClient(follow_redirects=False, trust_env=False) as http:
        return tuple([await _report(one, http, audiences, settings.tokens.jwks_every_s) for one in settings.clients])


def faults_of(settings: Settings) -> tuple[str, ...]:
    """Why `serve` would refuse these settings, as far as clients are concerned or not; empty where it would start."""
    found = []
    clients = tuple(map(client_from, settings.clients))
    for check in (
        partial(check_serve, settings),
        partial(check_issuers, clients),
        partial(check_test_clients, clients, test_only=settings.test_clients),
    ):
        try:
            check()
        except NotConfigured as error:
            found.append(str(error))
    return tuple(found)


def _audiences(base: str, services: Iterable[str]) -> Iterable[str]:
    """The `aud` of each endpoint (S35)."""
    root = f"{base.rstrip('/')}/cds-services"
    yield root
    for service_id in services:
        yield f"{root}/{service_id}"
        yield f"{root}/{service_id}/feedback"


async def _report(
    settings: ClientSettings, http: httpx2.AsyncClient, audiences: tuple[str, ...], every_s: float
) -> ClientReport:
    keys, errors = await _keys(settings, http, every_s)
    client = client_from(settings, keys)
    found = tuple(_key(kid, key, client) for kid, key in client.keys.items())
    return ClientReport(
        id=client.id,
        issuer=client.issuer,
        keys_from=str(settings.jwks_file or settings.jwks_url),
        keys=found,
        jku=client.jku,
        algorithms=client.algorithms,
        audiences=audiences,
        tenants=client.tenants,
        fhir_bases=tuple(base.url for base in client.fhir_bases),
        capabilities=_shown(client.capabilities),
        rate=f"{settings.rate_per_second:g} a second, {settings.burst} at once, in each process",
        errors=errors,
        warnings=(
            *_key_warnings(client, found),
            *_warnings(settings, client),
            *capability_warnings(client.capabilities),
        ),
    )


async def _keys(
    settings: ClientSettings, http: httpx2.AsyncClient, every_s: float
) -> tuple[KeySet | None, tuple[str, ...]]:
    try:
        keys = key_set_from(settings, http=http, every_s=every_s)
        if not keys:
            keys.take(await keys.source.read())
    except (BadKeys, NotConfigured) as error:
        return None, (str(error),)
    except KeysOutOfReach as error:
        return None, (f"its keys cannot be read now ({error.why}); until they are, its calls get 401",)
    return keys, ()


def _key(kid: str, key: PublicKey, client: CdsClient) -> KeyReport:
    usable = tuple(name for name in client.algorithms if name in signs_with(key))
    return KeyReport(kid=kid, kind=_kind(key), thumbprint=key.thumbprint(), algorithms=usable)


def _kind(key: PublicKey) -> str:
    return f"RSA {key.public_key.key_size} bits" if isinstance(key, RSAKey) else f"EC {key.curve_name}"


def _key_warnings(client: CdsClient, keys: tuple[KeyReport, ...]) -> Iterable[str]:
    for key in keys:
        if not key.algorithms:
            yield f"key {key.kid} ({key.kind}) signs in none of its algorithms: no call with it can be accepted"
    for name in client.algorithms:
        if keys and not any(name in key.algorithms for key in keys):
            yield f"none of its keys can sign in {name}"


def _shown(can: ClientCapabilities) -> str:
    """What its screens can do, in the names of the settings; its override codes have a page of their own."""
    plain = {one.name: getattr(can, one.name) for one in fields(can) if one.name != "reasons"}
    return ", ".join(f"{name}={value}" for name, value in plain.items() if value != ())


def _warnings(settings: ClientSettings, client: CdsClient) -> Iterable[str]:
    if settings.test_only:
        yield "test_only: its calls prove nothing about who sent them; synthetic patients only, never in production"
    elif has_public_key(settings.issuer):
        yield "the private key of this issuer is public: `chartside serve` refuses it"
    if settings.jwks_url and settings.jku and settings.jku != settings.jwks_url:
        yield "jku and jwks_url differ: a token that names the address its keys are read from gets 401"
    for base in client.fhir_bases:
        if base.fhir_folder is None and base.base.scheme == "http" and not is_loopback(base.base.host):
            yield "a FHIR base is http: patient data and access tokens cross the network in the clear"
    if not client.capabilities.links:
        yield "links are off: its cards lead to no page"
