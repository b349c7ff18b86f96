"""What must not serve: the refusals to start, each with what to set (decisions 5 and 6)."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from cds_service.clients import CdsClient
from cds_service.errors import NotConfigured
from cds_service.settings import Settings
from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused

# The private key of this issuer is public (cds-hooks.md 9.2): whoever reads it could call.
_PUBLIC_KEY_ISSUERS: Final = frozenset({"https://sandbox.cds-hooks.org"})


def check_serve(settings: Settings) -> None:
    """Refuse what must not serve (decisions 5 and 6). Raises NotConfigured, which says what to set."""
    if settings.demo:
        raise NotConfigured("demo: `chartside serve` accepts no unsigned call; use `chartside demo`")
    if settings.profile is None:
        raise NotConfigured("profile: choose text-only (no pixel reaches a model) or imaging")
    if not settings.clients:
        raise NotConfigured("clients: configure at least one [[clients]] with an issuer and a jwks_file")
    if public := sorted(_PUBLIC_KEY_ISSUERS & {client.issuer for client in settings.clients}):
        raise NotConfigured(f"clients: the private key of {public[0]} is public; it must not call a real service")
    _check_public_url(settings.public_base_url)
    if settings.ledger.key_file is None and not settings.ledger.key_command:
        raise NotConfigured(
            "ledger.key_file: name a key file outside ledger.data_dir (`chartside keys create`), "
            "or ledger.key_command: what prints one"
        )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_issuers(clients: tuple[CdsClient, ...]) -> None:
    """Refuse clients that nobody could tell apart. Raises NotConfigured."""
    for name, values in (("id", [one.id for one in clients]), ("issuer", [one.issuer for one in clients])):
        if len(set(values)) != len(values):
            raise NotConfigured(f"clients: two clients have the same {name}")


def _check_public_url(url: str) -> None:
    try:
        read_base(url)
    except AddressRefused as error:
        raise NotConfigured(f"public_base_url: the address that clients call, as tokens name it. {error}") from None
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise NotConfigured("public_base_url: production runs over TLS only; give an https address (S1)")
