"""The same ledger on SQLite and on PostgreSQL, so that one test class runs on both."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_values import Ledger
from servers import fresh_database
from sqlalchemy.engine import make_url

from ledger.keys import KeyRing, create_key_file
from ledger.migrate import migrate


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "ledger.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return create_key_file(tmp_path_factory.mktemp("keys") / "ring.json")


@pytest.fixture
def sqlite_ledger(tmp_path: Path, migrated_file: Path, keys: KeyRing) -> Iterator[Ledger]:
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_file, tmp_path / "data" / "ledger.db")
    ledger = Ledger(url=f"sqlite:///{tmp_path}/data/ledger.db", folder=tmp_path, keys=keys)
    yield ledger
    ledger.close()


@pytest.fixture(scope="session")
def migrated_database(postgres_folder: Path) -> Iterator[str]:
    with fresh_database(postgres_folder) as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture
def postgres_ledger(postgres_folder: Path, migrated_database: str, tmp_path: Path, keys: KeyRing) -> Iterator[Ledger]:
    with fresh_database(postgres_folder, template=migrated_database) as url:
        ledger = Ledger(url=url, folder=tmp_path, keys=keys)
        yield ledger
        ledger.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    name = "sqlite_ledger" if request.param == "sqlite" else "postgres_ledger"
    found = request.getfixturevalue(name)
    assert isinstance(found, Ledger)
    return found
