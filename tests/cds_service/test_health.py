"""REL-7: alive, able to answer safely, and the figures; each metric is told of in docs/operating.md."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
from hook_desk import ENGINE, PUBLIC, Clock, ehr
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.crowd import Crowd
from cds_service.gauges import ServiceGauges
from cds_service.trust import Trust
from fhir_adapters.circuit import Circuit
from ledger import readiness
from ledger.errors import LedgerUnavailable
from ledger.readiness import Backlog, check_writable, read_backlog


def over(desk, **changes):
    return TestClient(create_app(replace(desk.parts, **changes)), base_url=PUBLIC)


def test_rel7_a_ledger_that_takes_a_write_is_ready(desk):
    http = over(desk, check_ledger=partial(check_writable, desk.store))
    assert http.get("/readyz").json() == {"status": "ready", "model": "none"}
    assert desk.kinds() == []  # the write changes nothing


def test_rel7_a_ledger_whose_lock_is_held_is_not_ready_and_the_process_is_alive(desk, tmp_path):
    http = over(desk, check_ledger=partial(check_writable, desk.store, timeout_s=0.05))
    with closing(sqlite3.connect(desk.store.engine.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = http.get("/readyz")
        assert (answer.status_code, answer.json()["ledger"]) == (503, "LedgerBusy")
        assert answer.headers["retry-after"] == "5"
        assert http.get("/healthz").status_code == 200
        other.execute("ROLLBACK")


def test_rel7_a_disk_without_room_is_not_ready(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1))
    with pytest.raises(LedgerUnavailable, match="free"):
        check_writable(desk.store, (tmp_path,))


def test_rel7_without_the_keys_of_any_client_nobody_can_be_let_in(desk, tmp_path):
    nobody = Trust((ehr(tmp_path, keys={}),), public_base_url=PUBLIC)
    answer = over(desk, trust=nobody).get("/readyz")
    assert (answer.status_code, answer.json()["clients"]) == (503, "no keys")


def test_rel7_readiness_is_looked_at_once_a_second_however_often_it_is_asked(desk):
    looks, clock = [], Clock()
    http = over(desk, check_ledger=lambda: looks.append(1), timer=lambda: clock().timestamp())
    for _ in range(5):
        http.get("/readyz")
    assert len(looks) == 1
    clock.forward(seconds=1)
    http.get("/readyz")
    assert len(looks) == 2


def test_the_ledger_is_asked_for_its_figures_once_in_five_seconds():
    asked, now = [], [0.0]

    def backlog():
        asked.append(1)
        return Backlog(jobs={}, oldest_s=0, relay_lag_s=0, head=7, verified_s=None)

    gauges = ServiceGauges(circuits={}, crowd=Crowd(), backlog=backlog, timer=lambda: now[0])
    for _ in range(3):
        list(gauges.collect())
    now[0] = 5.0
    list(gauges.collect())
    assert len(asked) == 2


def test_a_ledger_that_does_not_answer_is_told_by_one_figure_and_the_others_stay_away(desk):
    def gone():
        raise LedgerUnavailable("gone")

    text = over(desk, backlog=gone).get("/metrics").text
    assert "chartside_ledger_up 0.0" in text
    assert "chartside_chain_head" not in text


def test_the_backlog_counts_what_waits(make_desk):

    desk = make_desk(engine=ENGINE)
    desk.card()
    found = read_backlog(desk.store)
    assert found.jobs == {"queued": 1}
    assert found.head == len(desk.kinds())
    assert found.verified_s is None
    assert found.oldest_s >= 0


def test_every_metric_is_told_of_in_the_operators_page_and_no_other_is(desk, repository):
    http = over(desk, backlog=partial(read_backlog, desk.store), circuits={"https://ehr.test/fhir": Circuit()})
    desk.card()
    text = http.get("/metrics").text
    exposed = set(re.findall(r"^# TYPE (chartside_\w+)", text, re.MULTILINE))
    exposed = {name for name in exposed if not name.endswith("_created")} | {"chartside_chain_verified_seconds"}
    page = (repository / "docs" / "operating.md").read_text()
    told = set(re.findall(r"`(chartside_\w+)`", page))
    assert exposed == told
