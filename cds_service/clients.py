"""The CDS clients that may call: their keys, their tenants, and the only FHIR bases they may name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from cds_service.errors import NotConfigured
from cds_service.rates import Rate
from cds_service.settings import ClientSettings, FhirBaseSettings
from fhir_adapters.addresses import Base, read_base
from fhir_adapters.errors import AddressRefused
from hooks.capabilities import ClientCapabilities
from hooks.errors import MalformedRequest

PublicKey = ECKey | RSAKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirBase:
    """One FHIR server of a client. `url` is the form that every key of a patient holds."""

    base: Base
    fhir_folder: Path | None = None
    dicomweb_url: str | None = None
    dicomweb_folder: Path | None = None

    @property
    def url(self) -> str:
        """The base in its one spelling."""
        return str(self.base)


@dataclass(frozen=True, slots=True, kw_only=True)
class CdsClient:
    """One EHR."""

    id: str
    issuer: str
    keys: Mapping[str, PublicKey] = field(repr=False)  # by kid
    algorithms: tuple[str, ...]
    jku: str = ""
    tenants: tuple[str, ...] = ()
    fhir_bases: tuple[FhirBase, ...]
    capabilities: ClientCapabilities = field(default_factory=ClientCapabilities)
    silent_while_preparing: bool = False
    suppress_for: timedelta = timedelta(0)  # for so long the same card is not sent to the same user again
    rate: Rate | None = None  # None: as fast as it likes

    def base_of(self, fhir_server: str) -> FhirBase:
        """The base that a request is about: the one it names, or the client's only one.

        Raises AddressRefused for any other (T5), MalformedRequest where none is named and the client has several.
        """
        if not fhir_server:
            if len(self.fhir_bases) == 1:
                return self.fhir_bases[0]
            raise MalformedRequest("fhirServer is required: this client has several FHIR servers")
        named = read_base(fhir_server)
        for one in self.fhir_bases:
            if one.base == named:
                return one
        raise AddressRefused("fhirServer is not a configured base of this client", outcome="address refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is calling: a client, and the tenant that its token names."""

    client: CdsClient
    tenant: str = ""


def client_from(settings: ClientSettings) -> CdsClient:
    """The client that these settings describe, with its keys read. Raises NotConfigured."""
    return CdsClient(
        id=settings.id,
        issuer=settings.issuer,
        keys=read_keys(settings.jwks_file, client=settings.id),
        algorithms=settings.algorithms,
        jku=settings.jku,
        tenants=settings.tenants,
        fhir_bases=tuple(_base_from(base, client=settings.id) for base in settings.fhir_bases),
        capabilities=ClientCapabilities(**settings.capabilities.model_dump()),
        silent_while_preparing=settings.silent_while_preparing,
        suppress_for=timedelta(minutes=settings.suppress_minutes),
    )


def read_keys(jwks_file: Path, *, client: str) -> dict[str, PublicKey]:
    """The public keys of a JWKS file by kid. Raises NotConfigured, naming client, file and key.

    A private or a symmetric key has no business in this file and stops the start.
    """
    try:
        plain = orjson.loads(jwks_file.read_bytes())
        entries = plain["keys"]
    except OSError:
        raise NotConfigured(f"client {client}: its key file {jwks_file} cannot be read") from None
    except (orjson.JSONDecodeError, TypeError, KeyError):
        raise NotConfigured(f"client {client}: {jwks_file} is not a JSON Web Key Set") from None
    keys: dict[str, PublicKey] = {}
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        place = f"client {client}: {jwks_file}, key {number}"
        kid = entry.get("kid") if isinstance(entry, dict) else None
        if not isinstance(kid, str) or not kid or kid in keys:
            raise NotConfigured(f"{place}: needs a kid of its own")
        if "d" in entry:
            raise NotConfigured(f"{place}: is a private key; give the client's public keys only")
        keys[kid] = _public_key(entry, place)
    if not keys:
        raise NotConfigured(f"client {client}: {jwks_file} holds no key, so no call could ever be accepted")
    return keys


def _public_key(entry: dict[str, str], place: str) -> PublicKey:
    kinds: dict[object, type[ECKey | RSAKey]] = {"EC": ECKey, "RSA": RSAKey}
    kind = kinds.get(entry.get("kty"))
    if kind is None:
        raise NotConfigured(f"{place}: only EC and RSA keys can be used (S34)")
    try:
        # An unknown or private-use member of a key is of no concern to us.
        return kind.import_key({name: value for name, value in entry.items() if name in _MEMBERS})
    except (JoseError, ValueError, TypeError) as error:
        raise NotConfigured(f"{place}: cannot be read ({type(error).__name__})") from None


_MEMBERS = frozenset({"kty", "kid", "crv", "x", "y", "n", "e"})


def _base_from(settings: FhirBaseSettings, *, client: str) -> FhirBase:
    try:
        base = read_base(settings.url)
    except AddressRefused as error:
        raise NotConfigured(f"client {client}: fhir_bases url: {error}") from None
    return FhirBase(
        base=base,
        fhir_folder=settings.fhir_folder,
        dicomweb_url=settings.dicomweb_url,
        dicomweb_folder=settings.dicomweb_folder,
    )
