"""The CDS clients that may call: their keys, their tenants, and the only FHIR bases they may name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from cds_service.client_settings import ClientSettings, FhirBaseSettings, reasons_from
from cds_service.errors import NotConfigured
from cds_service.jwks import PublicKey
from cds_service.key_sets import KeySet
from cds_service.rates import Rate
from fhir_adapters.addresses import Base, read_base
from fhir_adapters.errors import AddressRefused
from hooks.capabilities import PRESETS, ClientCapabilities
from hooks.errors import MalformedRequest


def _nowhere() -> None:
    """Where the keys are fixed there is nothing to look at again."""


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
    keys: Mapping[str, PublicKey] = field(repr=False)  # by kid, as they are now
    look_again: Callable[[], object] = field(default=_nowhere, repr=False)  # for the keys, when a kid is unknown
    algorithms: tuple[str, ...]
    jku: str = ""
    tenants: tuple[str, ...] = ()
    fhir_bases: tuple[FhirBase, ...]
    capabilities: ClientCapabilities = field(default_factory=ClientCapabilities)
    silent_while_preparing: bool = False
    potentially_long_running: bool = False
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


def client_from(settings: ClientSettings, keys: KeySet | None = None) -> CdsClient:
    """The client that these settings describe. Raises NotConfigured. Without keys it can be served, never believed."""
    return CdsClient(
        id=settings.id,
        issuer=settings.issuer,
        keys=keys if keys is not None else {},
        look_again=keys.look_again if keys is not None else _nowhere,
        algorithms=settings.algorithms,
        jku=settings.jku or settings.jwks_url,
        tenants=settings.tenants,
        fhir_bases=tuple(_base_from(base, client=settings.id) for base in settings.fhir_bases),
        capabilities=capabilities_from(settings),
        silent_while_preparing=settings.silent_while_preparing,
        potentially_long_running=settings.potentially_long_running,
        rate=Rate(per_second=settings.rate_per_second, burst=settings.burst),
        suppress_for=timedelta(minutes=settings.suppress_minutes),
    )


def capabilities_from(settings: ClientSettings) -> ClientCapabilities:
    """What the preset says, but for what the site says itself."""
    given = settings.capabilities.model_dump(exclude_none=True, exclude={"preset"})
    preset = PRESETS[settings.capabilities.preset]
    return replace(preset, **given, reasons=reasons_from(settings.override_reasons))


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
