"""REL-1: a database that is locked, hangs or is gone gives 503 in time; what was not sent is never on record."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from hook_desk import hook_body
from servers import fresh_database
from sqlalchemy import select
from whole_service import is_outcome, wait_for, whole_service

from ledger import schema

HURRIED = {"gather_s": 0.4, "cap_s": 1.0}
PATIENT = {"gather_s": 0.4, "cap_s": 10}
CHAIN_LOCK = 0x43484152545349

HOLDER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
database.execute("ROLLBACK")
"""


@contextmanager
def held_by_another_process(service, folder, url):
    """The lock that every write needs; the name in the `with` lets it go."""
    if url.startswith("postgresql"):
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (CHAIN_LOCK,))
            yield connection.rollback
        return
    file = folder / "service" / "data" / "ledger.db"
    command = [sys.executable, "-c", HOLDER, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:  # noqa: S603
        assert holder.stdout.readline() == "held\n"

        def let_go():
            holder.communicate("\n")

        yield let_go
        if holder.poll() is None:
            let_go()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/service/data/ledger.db"
    return request.getfixturevalue("postgres_url")


def refused_in_time(answer):
    """503, to be asked again, as an OperationOutcome that names no cause behind it."""
    assert answer.status_code == 503
    assert answer.headers["retry-after"].isdigit()
    assert is_outcome(answer, "transient") or is_outcome(answer, "timeout")


def nothing_is_under_way(service):
    return service.metric("chartside_hooks_under_way") == 0


def cards(service):
    return [row["id"] for row in service.store.rows(select(schema.card.c.id))]


def test_rel1_a_lock_held_beyond_the_cap_is_503_and_a_late_release_makes_no_card(tmp_path, url):
    with whole_service(tmp_path / "service", url=url, deadlines=HURRIED) as service:
        with held_by_another_process(service, tmp_path, url) as let_go:
            refused_in_time(service.hook())
            let_go()
        assert service.seconds_within("5.0", "refused") == 1
        assert service.hook().status_code == 200  # behind whatever the refused one might still have written
        assert len(cards(service)) == 1
        assert service.kinds().count("hook.received") == 1


def test_rel1_a_lock_released_in_time_is_waited_for_and_the_card_that_is_on_record_is_the_one_that_left(tmp_path, url):
    with whole_service(tmp_path / "service", url=url, deadlines=PATIENT) as service, ThreadPoolExecutor() as pool:
        with held_by_another_process(service, tmp_path, url) as let_go:
            waiting = pool.submit(service.hook)
            wait_for(lambda: service.metric("chartside_hooks_under_way") == 1)
            time.sleep(0.2)  # it now waits for the lock, whatever it did before
            let_go()
        answer = waiting.result(30)
        assert answer.status_code == 200
        assert [card["uuid"] for card in answer.json()["cards"]] == cards(service)


@contextmanager
def stopped(folder: Path):
    """The whole PostgreSQL server hangs: connections stand, and nothing answers."""
    main = int((folder / "postmaster.pid").read_text().splitlines()[0])
    everybody = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    family = [main, *(pid for pid in everybody if parent(pid) == main)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(family):
            os.kill(pid, signal.SIGCONT)


def parent(pid):
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


@pytest.mark.servers
def test_rel1_a_database_that_hangs_is_503_at_the_cap_and_makes_no_card_when_it_wakes(tmp_path, postgres_folder):
    with (
        fresh_database(postgres_folder) as url,
        whole_service(tmp_path / "service", url=url, deadlines=HURRIED) as service,
    ):
        assert service.hook().status_code == 200  # its connections are open
        with stopped(postgres_folder):
            refused_in_time(service.hook(hook_body("p2")))
        wait_for(lambda: nothing_is_under_way(service))
        assert service.hook(hook_body("p3")).status_code == 200
        assert len(cards(service)) == 2


@pytest.mark.servers
def test_rel1_a_database_that_is_gone_is_503_and_not_ready_and_both_end_when_it_is_back(tmp_path, postgres_folder):
    with (
        fresh_database(postgres_folder) as url,
        whole_service(tmp_path / "service", url=url, deadlines=PATIENT) as service,
        psycopg.connect(host=str(postgres_folder), user="postgres", dbname="postgres", autocommit=True) as admin,
    ):
        assert service.http.get("/readyz").status_code == 200
        name = url.partition("@/")[2].partition("?")[0]
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        refused_in_time(service.hook())
        wait_for(lambda: service.http.get("/readyz").status_code == 503)
        assert service.http.get("/readyz").json()["ledger"] == "LedgerUnavailable"
        assert service.http.get("/healthz").status_code == 200
        wait_for(lambda: service.metric("chartside_ledger_up") == 0)

        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        wait_for(lambda: service.http.get("/readyz").status_code == 200)
        assert service.hook().status_code == 200
        assert len(cards(service)) == 1


def test_rel1_a_hook_that_waits_for_the_lock_holds_up_no_answer_that_needs_none(tmp_path, url):
    with whole_service(tmp_path / "service", url=url, deadlines=PATIENT) as service, ThreadPoolExecutor() as pool:
        with held_by_another_process(service, tmp_path, url) as let_go:
            waiting = pool.submit(service.hook)
            wait_for(lambda: service.metric("chartside_hooks_under_way") == 1)
            assert service.http.get("/healthz").status_code == 200
            assert not waiting.done()
            let_go()
        assert waiting.result(30).status_code == 200
