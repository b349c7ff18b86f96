"""The migrations make the tables that the code works with, once, whoever calls them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from ledger_values import KEY, Ledger, an_issuance, now
from sqlalchemy import create_engine, inspect, select

from ledger import migrations
from ledger.errors import LedgerError
from ledger.keys import create_key_file
from ledger.kinds import LedgerEvent
from ledger.migrate import migrate
from ledger.purge import purge
from ledger.schema import RARE_KINDS, audit_entry, metadata


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/deep/down/ledger.db"
    return str(request.getfixturevalue("postgres_url"))


def test_the_migrations_equal_the_schema(empty_url: str) -> None:
    migrate(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        for table in metadata.sorted_tables:  # what Alembic does not compare
            present = [column["name"] for column in inspect(connection).get_columns(table.name)]
            assert present == [column.name for column in table.c]
            assert inspect(connection).get_pk_constraint(table.name)["constrained_columns"] == [
                column.name for column in table.primary_key
            ]
    engine.dispose()


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    assert is_current(empty_url)


def test_a_ledger_of_the_first_version_goes_on_after_the_migration(empty_url: str, tmp_path: Path) -> None:
    to_revision(empty_url, "r0001")
    assert not is_current(empty_url)
    ledger = Ledger(url=empty_url, folder=tmp_path, keys=create_key_file(tmp_path / "keys" / "ring.json"))
    ledger.fill()
    ledger.close()
    migrate(empty_url)
    assert is_current(empty_url)
    again = Ledger(url=empty_url, folder=tmp_path, keys=ledger.keys)
    snapshot = ("snapshot", f"{again.store.cipher.key_index(KEY)}/f1")
    assert purge(again.store, [snapshot], by="retention", at=now(), reason="time") == 1
    again.cards.issue(an_issuance(snapshot=b"again", switched_off=("model:m-1",)), timeout_s=20)
    assert again.cards.snapshot(KEY, "f1") == b"again"
    assert again.verify().ok
    again.close()


def is_current(url: str) -> bool:
    """Whether the database has this version's tables."""
    engine = create_engine(url)
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return present == ScriptDirectory.from_config(config).get_current_head()


def to_revision(url: str, revision: str) -> None:
    """Migrate an empty database so far only, as an earlier version did."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_ch_16_four_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrate, [empty_url] * 4))
    assert is_current(empty_url)


def test_a_migration_of_what_is_no_database_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be taken for one" * 99)
    with pytest.raises(LedgerError):
        migrate(f"sqlite:///{tmp_path}/ledger.db")


def test_the_two_kinds_that_are_looked_for_are_found_by_their_index(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        for kind in (LedgerEvent.LEDGER_VERIFIED.value, LedgerEvent.PAYLOAD_PURGED.value):
            wanted = select(audit_entry.c.bound).where(audit_entry.c.kind == kind, RARE_KINDS)
            sql = str(wanted.compile(engine, compile_kwargs={"literal_binds": True}))
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}").all()
            assert any("ix_audit_entry_kind" in str(step) for step in plan)
            assert f"'{kind}'" in RARE_KINDS.text
    engine.dispose()
