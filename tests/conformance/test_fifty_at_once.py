"""Fifty identical calls at once on the running service: one card, one job, fifty equal answers, all on record."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hook_desk import ENGINE, hook_body
from running_service import running_service
from sqlalchemy import func, select

from ledger import schema
from ledger.verify import verify

CALLS = 50


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def url(request):
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


def test_ch_13_fifty_identical_calls_at_once_are_one_card_and_one_job(url, tmp_path, fhir):
    body, ready = hook_body(), Barrier(CALLS)

    def call(token):
        ready.wait(30)
        headers = {"Authorization": f"Bearer {token}"}
        return desk.http.post("/cds-services/chart-summary", json=body, headers=headers)

    with running_service(tmp_path, fhir, url=url, engine=ENGINE) as desk:
        tokens = [desk.token("/cds-services/chart-summary") for _ in range(CALLS)]
        with ThreadPoolExecutor(CALLS) as pool:
            answers = list(pool.map(call, tokens))
        assert {one.status_code for one in answers} == {200}
        assert len({one.content for one in answers}) == 1
        counts = [desk.store.rows(select(func.count().label("n")).select_from(table))[0]["n"] for table in TABLES]
        assert counts == [1] * len(TABLES)
        kinds = Counter(desk.kinds())
        assert (kinds["hook.received"], kinds["hook.gathered"]) == (CALLS, CALLS)
        assert (kinds["card.issued"], kinds["card.repeated"], kinds["job.queued"]) == (1, CALLS - 1, 1)
        found = verify(desk.store)
        assert (found.first_broken, found.notes) == (None, ())


TABLES = (schema.card, schema.card_identity, schema.job, schema.snapshot)
