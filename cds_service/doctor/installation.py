"""What a look at this installation finds, from its settings to its disk. Nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx2
from kombu.exceptions import OperationalError

from cds_service.client_keys import open_key_sets
from cds_service.clients import client_from
from cds_service.doctor.finding import Finding, Outcome, Rule, broken, kept, not_run, shall, should
from cds_service.errors import StartRefused
from cds_service.may_serve import check_issuers, check_serve, check_test_clients
from cds_service.metrics import Metrics
from cds_service.settings import Settings, load_settings
from hooks.discovery import find_services
from hooks.errors import StartupError
from ledger.errors import LedgerError
from ledger.opening import open_ledger
from ledger.verify import verify
from tasks.celery_app import make_celery

_BUSY_S: Final = 10.0
_BROKER_S: Final = 3
_LEAST_FREE: Final = 1_000_000_000
_LOCAL: Final = "local"


def inspect_installation(config: Path | None) -> tuple[Finding, ...]:
    """A finding for each part; without readable settings, that one alone."""
    rule = shall(_LOCAL, "settings", "the configuration can be read")
    try:
        settings = load_settings(config)
    except StartRefused as error:
        return (Finding.of(rule, broken(str(error))),)
    findings = [Finding.of(rule, kept("read"))]
    findings += [Finding.of(one, _outcome(look, settings)) for one, look in LOOKS]
    return tuple(findings)


def _outcome(look: Callable[[Settings], Outcome], settings: Settings) -> Outcome:
    try:
        return look(settings)
    except (StartRefused, StartupError, LedgerError) as error:
        return broken(str(error))  # written for operators, without values
    except OSError as error:
        return broken(f"{type(error).__name__}: {error.strerror}")


def _may_serve(settings: Settings) -> Outcome:
    check_serve(settings)
    return kept(f"profile {settings.profile}, {len(settings.clients)} clients")


def _clients(settings: Settings) -> Outcome:
    key_sets = open_key_sets(settings, http=httpx2.AsyncClient(trust_env=False), metrics=Metrics())
    clients = tuple(map(client_from, settings.clients, key_sets))
    check_issuers(clients)
    check_test_clients(clients, test_only=settings.test_clients)
    if not key_sets:
        return not_run("no client is configured")
    at_addresses = sum(1 for one in settings.clients if one.jwks_url)
    told = f"{sum(map(len, key_sets))} keys in files"
    return kept(f"{told}; those at {at_addresses} addresses were not asked for" if at_addresses else told)


def _services(settings: Settings) -> Outcome:
    return kept(f"{len(find_services(settings.services_dir))} services")


def _ledger(settings: Settings) -> Outcome:
    ledger = settings.ledger
    url = ledger.url.get_secret_value()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return not_run("there is no ledger yet where the configuration points")
    store = open_ledger(
        url,
        key_file=ledger.key_file,
        key_command=ledger.key_command,
        data_dir=ledger.data_dir,
        checkpoint=ledger.checkpoint,
        busy_timeout_s=_BUSY_S,
    )
    with closing(store):
        found = verify(store)
    told = f"{found.head} entries, checkpoint file {found.checkpoint}"
    return kept(told) if found.ok else broken(f"{told}: see `chartside ledger verify`")


def _broker(settings: Settings) -> Outcome:
    url = settings.broker.url.get_secret_value()
    if settings.engine.kind == "none":
        return not_run("no engine is configured, so no job is published")
    if url.startswith("filesystem://"):
        return kept("a folder on this machine")
    with make_celery(url).connection_for_write(connect_timeout=_BROKER_S) as connection:
        try:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=_BROKER_S)
        except (OperationalError, *connection.recoverable_connection_errors) as error:
            return broken(f"cannot be reached ({type(error).__name__})")
    return kept("reached")


def _time_zone(settings: Settings) -> Outcome:
    named = settings.time_zone
    return kept(named) if named != "UTC" else broken("UTC: where the hospital is elsewhere, its days begin otherwise")


def _disk(settings: Settings) -> Outcome:
    folder = settings.ledger.data_dir.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    told = f"{free / 1e9:.1f} GB free"
    return kept(told) if free >= _LEAST_FREE else broken(told)


LOOKS: Final[tuple[tuple[Rule, Callable[[Settings], Outcome]], ...]] = (
    (shall(_LOCAL, "may-serve", "`chartside serve` takes the settings"), _may_serve),
    (shall(_LOCAL, "clients", "each client's keys can be read"), _clients),
    (shall(_LOCAL, "services", "every service can be loaded"), _services),
    (shall(_LOCAL, "ledger", "the ledger can be read, and verifies"), _ledger),
    (shall(_LOCAL, "broker", "the broker can be reached"), _broker),
    (should(_LOCAL, "time-zone", "the hospital's time zone is set"), _time_zone),
    (should(_LOCAL, "disk", "a gigabyte is free where the ledger is"), _disk),
)
