"""What must not serve: the refusals to start, each with what to set (decisions 5 and 6)."""

from __future__ import annotations

from collections.abc import Container
from typing import Final
from urllib.parse import urlsplit

import structlog

from cds_service.clients import CdsClient, capabilities_from
from cds_service.errors import NotConfigured
from cds_service.loopback import is_loopback
from cds_service.settings import Settings
from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused
from hooks.capabilities import capability_warnings

# The private keys of these issuers are public (the CDS Hooks Sandbox, the specification's example): whoever has read
# one could call.
_PUBLIC_KEY_ISSUERS: Final = frozenset({"https://sandbox.cds-hooks.org", "https://fhir-ehr.example.com/"})
_ADVICE: Final = "its calls prove nothing about who sent them: synthetic patients only, never in production"

log = structlog.get_logger(__name__)


def check_serve(settings: Settings) -> None:
    """Refuse what must not serve (decisions 5 and 6). Raises NotConfigured, which says what to set."""
    if settings.demo:
        raise NotConfigured("demo: `chartside serve` accepts no unsigned call; use `chartside demo`")
    if settings.profile is None:
        raise NotConfigured("profile: choose text-only (no pixel reaches a model) or imaging")
    if not settings.clients:
        raise NotConfigured("clients: configure at least one [[clients]] with an issuer and a jwks_file or jwks_url")
    _check_public_issuers(settings)
    _check_public_url(settings.public_base_url)
    if settings.ledger.key_file is None and not settings.ledger.key_command:
        raise NotConfigured(
            "ledger.key_file: name a key file outside ledger.data_dir (`chartside keys create`), "
            "or ledger.key_command: what prints one"
        )


def check_issuers(clients: tuple[CdsClient, ...]) -> None:
    """Refuse clients that nobody could tell apart. Raises NotConfigured."""
    for name, values in (("id", [one.id for one in clients]), ("issuer", [one.issuer for one in clients])):
        if len(set(values)) != len(values):
            raise NotConfigured(f"clients: two clients have the same {name}")


def check_test_clients(clients: tuple[CdsClient, ...], *, test_only: Container[str]) -> None:
    """Refuse a test client that names a real one's FHIR server. Raises NotConfigured."""
    real = {base.url for one in clients if one.id not in test_only for base in one.fhir_bases}
    for one in clients:
        if one.id in test_only and not real.isdisjoint(base.url for base in one.fhir_bases):
            raise NotConfigured(
                f"clients: {one.id} is test_only, and names the FHIR server of a client that is not; "
                "give it a server with synthetic patients"
            )


def has_public_key(issuer: str) -> bool:
    """Whether anybody could sign in this issuer's name."""
    return issuer in _PUBLIC_KEY_ISSUERS


def tell_test_clients(settings: Settings) -> None:
    """Say loudly, at each start, who is believed without good reason."""
    for client in settings.clients:
        if client.test_only:
            log.warning("client.test_only", client=client.id, public_key=has_public_key(client.issuer), advice=_ADVICE)


def tell_capabilities(settings: Settings) -> None:
    """Say at each start what a site should know of its clients' screens."""
    for client in settings.clients:
        for warning in capability_warnings(capabilities_from(client)):
            log.warning("client.capabilities", client=client.id, warning=warning)


def _check_public_issuers(settings: Settings) -> None:
    for client in settings.clients:
        if has_public_key(client.issuer) and not client.test_only:
            raise NotConfigured(
                f"clients: the private key of {client.issuer} is public: whoever has read it could call. "
                "Never for patients; to try it out with synthetic ones, set test_only = true for this client"
            )


def _check_public_url(url: str) -> None:
    try:
        read_base(url)
    except AddressRefused as error:
        raise NotConfigured(f"public_base_url: the address that clients call, as tokens name it. {error}") from None
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise NotConfigured("public_base_url: production runs over TLS only; give an https address (S1)")
