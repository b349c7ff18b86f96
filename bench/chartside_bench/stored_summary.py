"""A ledger that holds a checked summary of the sample chart, so that the calls to come are answered with it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.main import build_parts, open_ledger
from chartside_bench.calls import PATH, Body, Ehr, of_another_user
from chartside_bench.hook_servers import ORIGIN, bench_settings
from chartside_bench.load import LoadFailed
from chartside_sandbox.samples import COMPLETIONS
from ledger.events import record
from ledger.jobs import Jobs
from ledger.store import LedgerStore
from tasks.engines.scripted import Scripted
from tasks.profile import Profile
from tasks.runner import Runner
from tasks.summarise import Workshop
from tasks.worker import sources_for

SUMMARY_MARK: Final = b"AI summary ("  # stands in every answer that shows the stored summary


def store_summary(folder: Path, body: Body, ehr: Ehr) -> None:
    """One hook call and one job, so that the calls to come find a stored summary; LoadFailed where they do not."""
    (folder / "jwks.json").write_bytes(ehr.jwks())
    settings = bench_settings(folder, 0)
    store = open_ledger(settings)
    client = TestClient(create_app(build_parts(settings, store)), base_url=ORIGIN)
    _call(client, ehr, body)
    for job_id in Jobs(store).due():
        _runner(store).run(job_id)
    answer = _call(client, ehr, body)
    store.close()
    if SUMMARY_MARK not in answer:
        raise LoadFailed("no summary was stored; the hot path cannot be measured")


def _call(client: TestClient, ehr: Ehr, body: Body) -> bytes:
    head, _, content = ehr.request(of_another_user(body), origin=ORIGIN).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return client.post(PATH, content=content, headers=headers).raise_for_status().content


def _runner(store: LedgerStore) -> Runner:
    now = partial(datetime.now, UTC)
    workshop = Workshop(engine=Scripted(COMPLETIONS), sources=sources_for(()), profile=Profile.TEXT_ONLY, clock=now)
    return Runner(
        jobs=Jobs(store),
        record=partial(record, store),
        workshop=workshop,
        worker="bench",
        lease_s=60,
        clock=now,
        new_id=lambda: str(uuid.uuid4()),
    )
