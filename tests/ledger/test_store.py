"""Budgets are kept, errors are ours, guards stand, and a failed write leaves nothing (CH-9)."""

import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest
from ledger_values import KEY, Ledger, a_job, an_event, an_issuance
from sqlalchemy import create_engine, text

from ledger.cards import Cards
from ledger.chain import draft
from ledger.errors import LedgerBusy, LedgerError, LedgerUnavailable
from ledger.events import record
from ledger.keys import KeyRing
from ledger.migrate import migrate
from ledger.schema import nonce
from ledger.store import LedgerStore, open_store


def hold_the_lock(ledger: Ledger, until: threading.Event, held: threading.Event) -> None:
    with ledger.reopen().write() as transaction:
        transaction.execute(text("SELECT 1"))
        held.set()
        until.wait(20)


@pytest.fixture
def locked(ledger: Ledger):
    until, held = threading.Event(), threading.Event()
    holder = threading.Thread(target=hold_the_lock, args=(ledger, until, held))
    holder.start()
    assert held.wait(20)
    yield ledger
    until.set()
    holder.join()


def test_ch_9_a_lock_held_by_another_process_ends_the_wait_within_the_budget(locked: Ledger) -> None:
    began = time.monotonic()
    with pytest.raises(LedgerBusy):
        locked.cards.issue(an_issuance(), timeout_s=0.2)
    assert time.monotonic() - began < 10
    assert locked.count("card") == 0


def test_reading_waits_for_no_writer(locked: Ledger) -> None:
    assert locked.cards.situation(KEY, focus="f", fingerprint="f").job is None


def test_a_budget_used_up_before_the_write_begins_writes_nothing(ledger: Ledger) -> None:
    with ledger.store.write() as outer:
        outer.execute(text("SELECT 1"))
        waiting = threading.Thread(target=busy, args=(ledger.store, raised := []))
        waiting.start()
        waiting.join()
    assert raised == [LedgerBusy]


def busy(store: LedgerStore, raised: list[type[Exception]]) -> None:
    try:
        record(store, [an_event()], timeout_s=0.0)
    except LedgerError as error:
        raised.append(type(error))


def test_an_error_inside_a_write_takes_all_of_it_back(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_stumble(ledger.store)
    assert ledger.count("nonce") == 0
    record(ledger.store, [an_event()])
    assert ledger.verify().ok


def write_and_stumble(store: LedgerStore, statement: str = "") -> None:
    with store.write() as transaction:
        transaction.execute(text("INSERT INTO nonce (token, expires_at) VALUES ('t', 1)"))
        if statement:
            transaction.execute(text(statement))
        raise ZeroDivisionError


def fill_the_disk(store: LedgerStore) -> None:
    with store.write() as transaction:
        pages = transaction.execute(text("PRAGMA page_count")).scalar()
        transaction.execute(text(f"PRAGMA max_page_count = {pages}"))
        for number in range(500):
            transaction.execute(nonce.insert(), {"token": f"{number}" * 99, "expires_at": 1})


def test_a_database_that_was_never_migrated_says_so(tmp_path: Path, keys: KeyRing) -> None:
    store = open_store(f"sqlite:///{tmp_path}/new.db", keys=keys, checkpoint=tmp_path / "c", busy_timeout_s=1)
    with pytest.raises(LedgerUnavailable, match="migrate"):
        record(store, [an_event()])
    store.close()


@pytest.mark.servers
def test_a_postgresql_that_was_never_migrated_says_so(postgres_url: str, tmp_path: Path, keys: KeyRing) -> None:
    store = open_store(postgres_url, keys=keys, checkpoint=tmp_path / "c", busy_timeout_s=5)
    with pytest.raises(LedgerUnavailable, match="migrate"):
        record(store, [an_event()])
    store.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path, keys: KeyRing) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database at all, but long enough to be taken for one" * 99)
    store = open_store(f"sqlite:///{tmp_path}/ledger.db", keys=keys, checkpoint=tmp_path / "c", busy_timeout_s=1)
    with pytest.raises(LedgerUnavailable):
        record(store, [an_event()])
    with pytest.raises(LedgerUnavailable):
        store.rows(text("SELECT 1 FROM card"))
    store.close()


def test_a_server_that_is_not_there_is_unavailable_and_its_password_unsaid(tmp_path: Path, keys: KeyRing) -> None:
    url = "postgresql+psycopg://u:hidden-word@127.0.0.1:1/none"
    store = open_store(url, keys=keys, checkpoint=tmp_path / "c", busy_timeout_s=1)
    with pytest.raises(LedgerUnavailable) as caught:
        record(store, [an_event()])
    assert "hidden-word" not in str(caught.value)
    store.close()


@pytest.mark.parametrize("url", ["", "ledger.db", "mysql://u:hidden-word@h/d", "nonsense://hidden-word"])
def test_a_url_of_another_kind_is_refused_without_repeating_it(tmp_path: Path, keys: KeyRing, url: str) -> None:
    with pytest.raises(LedgerError) as caught:
        open_store(url, keys=keys, checkpoint=tmp_path / "c", busy_timeout_s=1)
    assert "hidden-word" not in str(caught.value)


@pytest.mark.servers
def test_ch_9_connections_cut_by_the_server_are_replaced(postgres_ledger: Ledger) -> None:
    record(postgres_ledger.store, [an_event()])
    engine = create_engine(postgres_ledger.url)
    with engine.connect() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'chartside-ledger'"
        assert connection.execute(text(cut)).all()
    engine.dispose()
    record(postgres_ledger.store, [an_event()])
    assert postgres_ledger.verify().ok


@pytest.mark.servers
def test_ch_9_a_connection_cut_in_the_middle_of_a_write_is_unavailable_and_writes_nothing(
    postgres_ledger: Ledger,
) -> None:
    with pytest.raises(LedgerUnavailable):
        write_and_stumble(postgres_ledger.store, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert postgres_ledger.count("nonce") == 0


def test_ch_9_a_full_disk_is_unavailable_and_leaves_a_whole_ledger(sqlite_ledger: Ledger) -> None:
    with pytest.raises(LedgerUnavailable):
        fill_the_disk(sqlite_ledger.store)
    assert sqlite_ledger.count("nonce") == 0
    fresh = sqlite_ledger.reopen()
    record(fresh, [an_event()])
    assert sqlite_ledger.verify().ok


def test_t21_the_guards_refuse_what_the_ledger_never_does(ledger: Ledger) -> None:
    ledger.fill()
    refused = [
        "DELETE FROM audit_entry",
        "DELETE FROM card",
        "DELETE FROM job",
        "DELETE FROM acknowledgment",
        "DELETE FROM withdrawal",
        "DELETE FROM switch",
        "UPDATE audit_entry SET kind = 'x'",
        "UPDATE audit_entry SET payload = payload",
        "UPDATE card SET content = who",
        "UPDATE summary SET made_at = 0",
    ]
    for statement in refused:
        with pytest.raises(LedgerError), ledger.store.chore() as chore:
            chore.execute(text(statement))
    assert ledger.verify().ok


def test_the_files_are_for_their_owner_alone(tmp_path: Path, keys: KeyRing) -> None:
    url = f"sqlite:///{tmp_path}/data/ledger.db"
    migrate(url)
    ledger = Ledger(url=url, folder=tmp_path, keys=keys)
    record(ledger.store, [an_event()])
    files = [*(tmp_path / "data").iterdir(), ledger.checkpoint]
    assert len(files) == 4  # the database, its two journal files, the checkpoint
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    ledger.close()


def test_sqlite_keeps_what_was_committed_through_a_power_cut(sqlite_ledger: Ledger) -> None:
    record(sqlite_ledger.store, [an_event()])
    with sqlite_ledger.store.write() as transaction:
        modes = [transaction.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
    assert modes == ["wal", 2]  # FULL: NORMAL could lose entries that the checkpoint file already knows
    with sqlite_ledger.store.chore() as chore:
        assert chore.execute(text("PRAGMA synchronous")).scalar() == 1


def test_a_checkpoint_file_that_cannot_be_written_is_healed_by_the_next_line(ledger: Ledger) -> None:
    ledger.checkpoint.mkdir(parents=True)  # a folder in its place
    with pytest.raises(LedgerUnavailable, match="checkpoint file"):
        record(ledger.store, [an_event()])
    assert ledger.count("audit_entry") == 0  # found out before anything was written
    ledger.checkpoint.rmdir()
    record(ledger.store, [an_event()])
    assert ledger.verify().anchored_to == 1


def test_an_error_never_shows_what_was_to_be_written(ledger: Ledger) -> None:
    issuance = an_issuance(job=a_job())
    ledger.cards.issue(issuance, timeout_s=20)
    with pytest.raises(LedgerError) as caught:
        Cards(ledger.store).issue(issuance, timeout_s=20)
    shown = str(caught.value) + str(caught.value.__cause__)
    assert KEY.patient_id not in shown
    assert issuance.user not in shown


def test_a_foreign_sqlite_reader_sees_no_lock(sqlite_ledger: Ledger) -> None:
    record(sqlite_ledger.store, [an_event()])
    path = sqlite_ledger.url.removeprefix("sqlite:///")
    with sqlite_ledger.store.write() as transaction:
        transaction.execute(text("SELECT 1"))
        outsider = sqlite3.connect(path, timeout=0.1)
        assert outsider.execute("SELECT count(*) FROM audit_entry").fetchone() == (1,)
        outsider.close()


def test_a_failed_write_leaves_neither_its_lock_nor_its_short_time_out_behind(sqlite_ledger: Ledger) -> None:
    store = sqlite_ledger.store
    record(store, [an_event()])

    def fail() -> None:
        with store.write(0.05) as transaction:
            transaction.add(draft(an_event(), store.cipher))
            raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail()
    assert record(store, [an_event()]) == (2,)
    assert store.rows(text("PRAGMA busy_timeout"))[0]["timeout"] == 20_000
