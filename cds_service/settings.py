"""The one source of configuration: chartside.toml and CHARTSIDE_* variables; a bad one stops the start and says where.

Only composition roots read this. Nested names of the environment are joined by two underscores:
CHARTSIDE_LEDGER__URL. The environment wins over the file; paths in the file are relative to the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cds_service.client_settings import ClientSettings
from cds_service.errors import BadSettings
from cds_service.section import Section
from cds_service.toml_lines import Place, line_of, lines_of
from cds_service.zone import hospital_zone
from tasks.profile import Profile

DEFAULT_FILE: Final = "chartside.toml"
_SQLITE: Final = "sqlite:///"  # a fourth slash makes the path absolute, and joining keeps it so
_PREFIX: Final = "CHARTSIDE_"
_NAMES_THE_FILE: Final = "CHARTSIDE_CONFIG"
_PATHS: Final = ("_file", "_folder", "_dir", "checkpoint", "folder")

_ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_IMPLIED_PORT: Final = re.compile(r"https://.*:443|http://.*:80")  # left out by browsers: it would match no page


class LedgerSettings(Section):
    """Where the ledger and its keys are."""

    url: SecretStr = SecretStr("sqlite:///.chartside/data/ledger.db")
    data_dir: Path = Path(".chartside/data")  # keys must lie outside it
    key_file: Path | None = None
    key_command: tuple[str, ...] = ()  # a vault's own client, which prints what a key file would hold; no shell runs it
    checkpoint: Path = Path(".chartside/checkpoint.log")

    @model_validator(mode="after")
    def _has_one_source_of_keys(self) -> LedgerSettings:
        if self.key_file is not None and self.key_command:
            raise ValueError("give key_file or key_command, not both")
        return self


class BrokerSettings(Section):
    """Where job ids are published; with a folder, Celery's filesystem transport."""

    url: SecretStr = SecretStr("filesystem://")
    folder: Path | None = Path(".chartside/queue")


class EngineSettings(Section):
    """Which engine the workers have; the service only needs to know whether there is one, and which."""

    kind: Literal["none", "scripted", "medgemma"] = "none"
    model_dir: Path | None = None
    completions_dir: Path | None = None  # scripted: one completion per chart
    model: str = ""
    revision: str = ""

    @model_validator(mode="after")
    def _has_its_folder(self) -> EngineSettings:
        """A hook must not queue a job that no worker could ever begin."""
        needed = {"scripted": "completions_dir", "medgemma": "model_dir"}.get(self.kind)
        if needed is not None and getattr(self, needed) is None:
            raise ValueError(f"kind {self.kind} needs {needed}")
        return self


class DeadlineSettings(Section):
    """Seconds. S16 asks for about half a second in all, REL-1 caps it at one and a half."""

    gather_s: float = Field(default=0.4, gt=0, le=5)
    cap_s: float = Field(default=1.5, gt=0, le=10)


class LimitSettings(Section):
    """How much of a request is taken (T11)."""

    body_bytes: int = Field(default=10_000_000, ge=1_000, le=100_000_000)
    entries: int = Field(default=1_000, ge=1)
    hooks_at_once: int = Field(default=50, ge=1)  # calls under way; one more is answered 503 before its body is read


class TokenSettings(Section):
    """How client tokens are judged (T4, T22). Seconds."""

    leeway_s: int = Field(default=30, ge=0, le=60)
    lifetime_s: int = Field(default=900, ge=1, le=3_600)
    jwks_every_s: int = Field(default=300, ge=60, le=86_400)  # how often a client's jwks_url is read


class Settings(BaseSettings):
    """Everything that a site can choose."""

    model_config = SettingsConfigDict(
        env_prefix="CHARTSIDE_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    profile: Profile | None = None
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    public_base_url: str = ""
    time_zone: str = "UTC"  # IANA name: what "today" is in briefs, pages and prompts; UTC unless a site says otherwise
    services_dir: Path | None = None
    cors_origins: tuple[str, ...] = ()  # browser pages that may call the CDS Hooks endpoints, each named exactly
    clients: tuple[ClientSettings, ...] = ()
    ledger: LedgerSettings = LedgerSettings()
    broker: BrokerSettings = BrokerSettings()
    engine: EngineSettings = EngineSettings()
    deadlines: DeadlineSettings = DeadlineSettings()
    limits: LimitSettings = LimitSettings()
    tokens: TokenSettings = TokenSettings()
    card_hours: float = Field(default=24, gt=0)
    job_hours: float = Field(default=24, gt=0)

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        hospital_zone(name)
        return name

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if _ORIGIN.fullmatch(origin) is None or _IMPLIED_PORT.fullmatch(origin):
                raise ValueError("an origin is scheme, host and port as a browser writes them, without a path or a *")
        return origins

    @property
    def test_clients(self) -> frozenset[str]:
        """The ids of the clients that are for trying things out."""
        return frozenset(one.id for one in self.clients if one.test_only)

    @property
    def zone(self) -> tzinfo:
        """The hospital's time zone."""
        return hospital_zone(self.time_zone)

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - pydantic-settings calls it so
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the file says; no other place."""
        return env_settings, init_settings


def load_settings(path: Path | None = None) -> Settings:
    """The settings of `path`, else of the file that CHARTSIDE_CONFIG names, else of ./chartside.toml if there is one.

    Raises BadSettings, which names the file, the place in it and the rule, and repeats no value.
    """
    environment = os.environ  # noqa: TID251 - here only
    _refuse_unknown(environment)
    named = path or (Path(given) if (given := environment.get(_NAMES_THE_FILE)) else None)
    file = named or Path(DEFAULT_FILE)
    text, plain = _read(file) if named is not None or file.is_file() else ("", {})
    return read_settings(str(file), text, **plain)


def read_settings(source: str = "settings", text: str = "", /, **plain: Any) -> Settings:  # noqa: ANN401 - TOML
    """The settings of these values and the environment, which wins.

    Raises BadSettings, which names `source`, and the line of its `text` where there is one.
    """
    try:
        return Settings(**plain)
    except ValidationError as error:
        lines = lines_of(text)
        places = "; ".join(
            f"{_place(problem['loc'], lines)}: {problem['msg']}" for problem in error.errors(include_input=False)
        )
        raise BadSettings(f"{source} or CHARTSIDE_* variables: {places}") from None
    except ValueError as error:
        # A CHARTSIDE_* variable that is no JSON where a table is wanted; the message may hold its value.
        raise BadSettings(f"a CHARTSIDE_* variable cannot be read ({type(error).__name__})") from None


def _refuse_unknown(environment: Iterable[str]) -> None:
    """Refuse a variable that would set nothing: CHARTSIDE_LEDGER_URL, meant for CHARTSIDE_LEDGER__URL."""
    given = {name for name in environment if name.upper().startswith(_PREFIX)} - {_NAMES_THE_FILE}
    known = {f"{_PREFIX}{name}".upper() for name in Settings.model_fields}
    if unknown := sorted(name for name in given if name.upper().partition("__")[0] not in known):
        raise BadSettings(
            f"{', '.join(unknown)}: no such setting; two underscores join nested names, as in CHARTSIDE_LEDGER__URL"
        )


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        plain = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file}: cannot be read ({type(error).__name__})") from None
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file}: not TOML: {error}") from None
    return text, {name: _anchored(name, value, file.resolve().parent) for name, value in plain.items()}


def _anchored(name: str, value: Any, folder: Path) -> Any:  # noqa: ANN401 - TOML
    """`value` with every relative path in it made relative to the file's folder."""
    match value:
        case dict():
            return {inner: _anchored(inner, one, folder) for inner, one in value.items()}
        case list():
            return [_anchored(name, one, folder) for one in value]
        case str() if value and name.endswith(_PATHS):
            return str(folder / value)
        case str() if name == "url" and value.startswith(_SQLITE):
            return f"{_SQLITE}{folder / value.removeprefix(_SQLITE)}"
        case _:
            return value


def _place(location: Place, lines: Mapping[Place, int]) -> str:
    name = ".".join(map(str, location)) or "settings"
    line = None if _is_set_outside(location) else line_of(location, lines)
    return name if line is None else f"line {line}, {name}"


def _is_set_outside(location: Place) -> bool:
    """Whether the environment says something of this: then the file's line may not be where the fault is."""
    start = f"{_PREFIX}{location[0]}".upper() if location else ""
    return any(name.upper().partition("__")[0] == start for name in os.environ)  # noqa: TID251 - here only
