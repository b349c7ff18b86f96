"""What a site says of each CDS client that may call: who it is, where its FHIR servers are, what its screens show."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from cds_service.section import Section
from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused
from hooks.capabilities import Preset
from hooks.card import require_absolute
from hooks.client_reasons import ClientReasons, ReasonMapping

Algorithm = Literal["ES384", "RS384", "ES256", "RS256"]  # S34: asymmetric only


def _base(url: str) -> str:
    """The same, once it is known to be a base that can be called (T5)."""
    try:
        read_base(url)
    except AddressRefused as error:
        raise ValueError(str(error)) from None
    return url


class FhirBaseSettings(Section):
    """One FHIR server of a client, and where its images are."""

    url: Annotated[str, AfterValidator(_base)]
    fhir_folder: Path | None = None  # a folder of Bundles instead of HTTP: for the embedded demo and for tests
    dicomweb_url: str | None = None
    dicomweb_folder: Path | None = None


class CapabilitySettings(Section):
    """What the client's screens show; see hooks.capabilities. What is not given is as the preset has it."""

    preset: Preset = "standard"
    bare_suggestions: bool | None = None
    selection_behavior: Literal["any", "at-most-one"] | None = None
    links: bool | None = None
    registered_links: tuple[str, ...] | None = None
    smart_links: bool | None = None
    app_context: bool | None = None
    override_menu: bool | None = None
    topic_keyed: bool | None = None
    static_topic: bool | None = None

    @field_validator("registered_links")
    @classmethod
    def _are_addresses(cls, links: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for link in links or ():
            require_absolute(link)
        return links


class ReasonSettings(Section):
    """One code of the client's own for an override reason of ours; with a display it is offered in our code's place."""

    reason: str
    system: str = Field(min_length=1)
    code: str = Field(min_length=1)
    display: str = ""


class ClientSettings(Section):
    """One CDS client: an EHR that may call."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    issuer: str = Field(min_length=1)
    jwks_file: Path | None = None
    jwks_url: str = ""  # instead of the file: read in the background, never while a hook waits
    jku: str = ""  # if a token carries one, it must be exactly this, else jwks_url; it is never fetched (T2)
    algorithms: tuple[Algorithm, ...] = ("ES384", "RS384")
    tenants: tuple[str, ...] = ()
    fhir_bases: tuple[FhirBaseSettings, ...] = Field(min_length=1)
    capabilities: CapabilitySettings = CapabilitySettings()
    override_reasons: tuple[ReasonSettings, ...] = ()
    silent_while_preparing: bool = False
    potentially_long_running: bool = False  # discovery says so of services that ask for an AI summary
    rate_per_second: float = Field(default=50, gt=0)  # calls, for as long as it likes
    burst: int = Field(default=200, ge=1)  # calls at once, after a pause
    test_only: bool = False  # accepts an issuer whose private key is public: for trying things out, never in production
    suppress_minutes: float = Field(default=0, ge=0, le=1_440)  # the same card to the same user again: not before

    @model_validator(mode="after")
    def _maps_reasons_of_ours(self) -> ClientSettings:
        reasons_from(self.override_reasons)
        return self

    @model_validator(mode="after")
    def _has_one_source_of_keys(self) -> ClientSettings:
        if (self.jwks_file is None) == (not self.jwks_url):
            raise ValueError("give jwks_file or jwks_url, one of the two")
        return self


def reasons_from(settings: Iterable[ReasonSettings]) -> ClientReasons:
    """The client's own override reasons. Raises ValueError where they contradict each other or mean none of ours."""
    return ClientReasons(tuple(ReasonMapping(**one.model_dump()) for one in settings))
