import asyncio
import gc
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hook_desk import BASE, bundle, condition, hook_body, patient, prefetch

from cds_service.recent import RecentCharts, Seen
from fhir_adapters.fhir_server import SearchResult
from fhir_adapters.history import AccessRecord
from fhir_adapters.prefetch import history_for_hook
from ledger.records import PatientKey
from tasks.brief_plain import brief_from_plain

NOW = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
KEY = PatientKey(client="ehr", tenant="", fhir_base=BASE, patient_id="p1")


def read(**changes):
    return asyncio.run(history_for_hook(prefetch(**changes), patient_id="p1", server=None, timeout_s=1))


@pytest.fixture
def seen():
    return Seen.of(read(), now=NOW)


def kept(recent, seen, *, key=KEY, asked="chart-summary", sent=None, now=NOW):
    recent.keep(recent.address(key, asked, sent or prefetch(), now=now), seen)
    return recent


def test_the_same_prefetch_of_the_same_patient_is_read_once(seen):
    recent = kept(RecentCharts(), seen)
    later = NOW + timedelta(minutes=5)
    found = recent.find(recent.address(KEY, "chart-summary", prefetch(), now=later), now=later)

    assert found.gathered is seen.gathered
    assert found.brief == replace(seen.brief, as_of=later)
    assert brief_from_plain(found.brief_plain) == found.brief
    assert brief_from_plain(seen.brief_plain) == seen.brief


@pytest.mark.parametrize(
    "change",
    [
        {"key": replace(KEY, patient_id="p2")},
        {"key": replace(KEY, client="other")},
        {"key": replace(KEY, tenant="north")},
        {"key": replace(KEY, fhir_base="https://ehr.test/other")},
        {"asked": "another-service"},
        {"sent": prefetch(conditions=bundle(condition(number=2)))},
        {"now": NOW + timedelta(hours=1)},  # the next day: ages and windows of the brief move
    ],
)
def test_t24_anything_else_is_another_chart(seen, change):
    recent = kept(RecentCharts(), seen)
    asked = {"key": KEY, "asked": "chart-summary", "sent": prefetch(), "now": NOW} | change
    address = recent.address(asked["key"], asked["asked"], asked["sent"], now=asked["now"])

    assert recent.find(address, now=asked["now"]) is None


def test_t6_what_a_token_let_us_read_is_not_kept(seen):
    read = AccessRecord(system="fhir", interaction="search", what="Condition", outcome="ok")
    with_read = replace(seen, gathered=replace(seen.gathered, access_records=(read,)))
    recent = kept(RecentCharts(), with_read)

    assert recent.find(recent.address(KEY, "chart-summary", prefetch(), now=NOW), now=NOW) is None


def test_the_budget_holds_and_the_oldest_goes_first(seen):
    size = RecentCharts().address(KEY, "s", prefetch(), now=NOW).size
    recent = RecentCharts(budget_bytes=3 * size)
    keys = [replace(KEY, patient_id=f"p{number}") for number in range(5)]
    for key in keys:
        kept(recent, seen, key=key)
    found = [recent.find(recent.address(key, "chart-summary", prefetch(), now=NOW), now=NOW) for key in keys]

    assert [one is not None for one in found] == [False, False, True, True, True]


def test_a_large_chart_and_a_budget_of_nothing_keep_nothing(seen):
    for recent in (RecentCharts(largest_bytes=10), RecentCharts(budget_bytes=0)):
        kept(recent, seen)
        assert recent.find(recent.address(KEY, "chart-summary", prefetch(), now=NOW), now=NOW) is None


def test_a_gap_without_a_server_is_read_as_soon_as_there_is_one(make_desk):
    class Server:
        async def read(self, reference, *, until=None):
            return patient()

        async def search(self, resource_type, parameters, *, until=None):
            found = (condition(),) if resource_type == "Condition" else ()
            return SearchResult(resources=found, complete=True)

    desk = make_desk(open_server=lambda base, token: Server())
    body = hook_body(prefetch=prefetch(conditions=...))

    assert "Not seen: problems" in desk.card(body)["detail"]
    assert "diabetes" in desk.card(body | {"fhirServer": BASE})["detail"]


def test_a_call_for_another_user_has_its_own_card_and_every_call_its_entries(desk):
    context = hook_body()["context"] | {"userId": "Practitioner/u2"}
    first, again, other = desk.card(), desk.card(), desk.card(hook_body(context=context))

    assert first["uuid"] == again["uuid"]
    assert first["uuid"] != other["uuid"]
    assert desk.kinds().count("hook.gathered") == 3


def test_an_equal_chart_read_again_brings_the_same_history_and_another_one_its_own():
    recent = RecentCharts()
    first, again, other = (recent.alike(gathered) for gathered in (read(), read(), read(conditions=bundle())))

    assert again.history is first.history
    assert other.history is not first.history
    assert other.history != first.history


def test_t24_an_equal_fingerprint_does_not_make_two_histories_one():
    recent = RecentCharts()
    first = recent.alike(read())
    other = read(conditions=bundle())
    forged = replace(other, history=replace(other.history, fingerprint=first.history.fingerprint))

    assert recent.alike(forged).history is forged.history
    assert recent.alike(read()).history is first.history


def test_a_history_that_nothing_else_holds_is_not_held_for_the_next():
    recent = RecentCharts()
    history = weakref.ref(recent.alike(read()).history)
    gc.collect()

    assert history() is None
