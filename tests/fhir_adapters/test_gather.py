"""Gathering one patient: in parallel, under one deadline, and every type that fails is said."""

import asyncio
import contextlib
import dataclasses
import logging

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_fhir import BASE, TinyFhir, answer, bundle, observation, outcome, patient

from fhir_adapters.errors import (
    AccessDenied,
    AddressRefused,
    PatientMissing,
    RequestRefused,
    ServerFailed,
    UnreadableRecord,
    WrongPatient,
)
from fhir_adapters.fhir_http import HttpFhirServer
from fhir_adapters.gather import ALL_TYPES, SEARCHES, SearchResult, gather_history, read_together
from fhir_adapters.history import AlarmKind, Coverage, Reason
from fhir_adapters.secret import Secret

CANARY = "canary-token-77"
CHART = (
    patient(),
    *(observation(number) for number in range(7)),
    {
        "resourceType": "Condition",
        "id": "c1",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "Hypertension"},
        "clinicalStatus": {"coding": [{"code": "active"}]},
    },
)


@contextlib.asynccontextmanager
async def server_of(tiny):
    async with tiny.client() as client:
        yield HttpFhirServer(BASE, client=client, token=Secret(CANARY))


async def gather(tiny, patient_id="p1", **more):
    async with server_of(tiny) as server:
        return await gather_history(server, patient_id, **{"timeout_s": 30, **more})


def references(gathered):
    return {entry.reference for entry in gathered.history.entries}


async def test_everything_of_one_patient_is_gathered_and_every_read_is_recorded():
    tiny = TinyFhir(CHART)
    gathered = await gather(tiny)
    assert references(gathered) == {"Condition/c1", *(f"Observation/o{number}" for number in range(7))}
    assert dict(gathered.history.coverage) == dict.fromkeys(ALL_TYPES, Coverage.WHOLE)
    assert not gathered.history.omissions
    assert gathered.access_records[0].what == "Patient/p1"
    assert {record.outcome for record in gathered.access_records} == {"ok"}
    assert {one["id"] for one in gathered.resources} == {one["id"] for one in CHART}


async def test_t25_every_request_names_the_patient_and_no_other():
    tiny = TinyFhir(CHART)
    await gather(tiny)
    for request in tiny.asked:
        if request.url.path != "/fhir/Patient/p1":
            assert request.url.params.get_list("patient") == ["p1"]
    assert {request.url.path.removeprefix("/fhir/") for request in tiny.asked} == {"Patient/p1", *ALL_TYPES}


def test_every_search_asks_for_a_page_of_a_size_of_ours():
    assert all("_count" in parameters for parameters in SEARCHES.values())


@pytest.mark.parametrize(
    ("status", "reason"), [(401, Reason.REFUSED), (403, Reason.REFUSED), (404, Reason.FAILED), (429, Reason.FAILED),
                           (500, Reason.FAILED), (503, Reason.FAILED)]
)  # fmt: skip
async def test_a_type_that_fails_is_an_omission_and_the_others_stand(status, reason):
    gathered = await gather(TinyFhir(CHART, instead={"/Observation": lambda _: answer(b"", status)}))
    assert references(gathered) == {"Condition/c1"}
    assert gathered.history.covers("Observation") is Coverage.NONE
    assert gathered.history.covers("Condition") is Coverage.WHOLE
    assert [(one.what, one.reason, one.detail) for one in gathered.history.omissions] == [
        ("Observation", reason, f"HTTP {status}")
    ]
    assert f"HTTP {status}" in {record.outcome for record in gathered.access_records}


async def test_a_type_of_which_a_page_fails_is_covered_in_part():
    second = lambda _: answer(b"", 500)  # noqa: E731
    gathered = await gather(TinyFhir(CHART, instead={"_offset=5": second}))
    assert len(references(gathered)) == 6
    assert gathered.history.covers("Observation") is Coverage.PART
    assert [one.what for one in gathered.history.omissions] == ["Observation, page 2 and after"]


async def test_a_server_that_knows_no_include_is_asked_the_plain_question():
    order = {
        "resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
        "subject": {"reference": "Patient/p1"}, "medicationCodeableConcept": {"text": "Metformin 500 mg"},
    }  # fmt: skip

    def strict(request):
        return (
            answer(outcome("error", "not-supported"), 400)
            if "_include" in request.url.params
            else answer(bundle(order))
        )

    gathered = await gather(TinyFhir(CHART, instead={"/MedicationRequest": strict}))
    assert "MedicationRequest/r1" in references(gathered)
    assert gathered.history.covers("MedicationRequest") is Coverage.WHOLE


async def test_a_refusal_of_the_question_is_told_by_its_kind_not_by_its_words():
    asked = []

    class Strict:
        async def read(self, reference, *, until=None):
            return patient()

        async def search(self, resource_type, parameters, *, until=None):
            asked.append(sorted(parameters))
            if len(parameters) > 1:
                raise RequestRefused("no such parameter", outcome="refused")
            return SearchResult(resources=(), complete=True)

    gathered = await gather_history(Strict(), "p1", timeout_s=5, types=("Condition",))
    assert gathered.history.covers("Condition") is Coverage.WHOLE
    assert asked == [["_count", "patient"], ["patient"]]


async def test_t5_a_next_link_to_elsewhere_is_an_alarm_and_part_of_the_type():
    elsewhere = answer(bundle(observation(1), next_url="https://evil.test/fhir/Observation?page=2"))
    tiny = TinyFhir(CHART, instead={"/Observation": elsewhere})
    gathered = await gather(tiny)
    assert [alarm.kind for alarm in gathered.alarms] == [AlarmKind.ADDRESS_REFUSED]
    assert not gathered.stops_summary
    assert gathered.history.covers("Observation") is Coverage.PART
    assert {request.url.host for request in tiny.asked} == {"ehr.test"}


async def test_t5_a_redirect_is_an_alarm_and_nothing_of_the_type():
    away = lambda _: answer(b"", 302, Location="https://evil.test/")  # noqa: E731
    gathered = await gather(TinyFhir(CHART, instead={"/Observation": away}))
    assert [alarm.kind for alarm in gathered.alarms] == [AlarmKind.ADDRESS_REFUSED]
    assert gathered.history.covers("Observation") is Coverage.NONE


async def test_t24_a_resource_of_another_patient_is_dropped_counted_and_an_alarm():
    mixed = answer(bundle(observation(1), observation(2, patient="p2")))
    gathered = await gather(TinyFhir(CHART, instead={"/Observation": mixed}))
    assert "Observation/o2" not in references(gathered)
    assert [one.reason for one in gathered.history.omissions] == [Reason.OTHER_PATIENT]
    assert gathered.stops_summary


async def test_t24_another_patient_in_place_of_ours_is_refused():
    with pytest.raises(WrongPatient):
        await gather(TinyFhir(CHART, instead={"Patient/p1": answer(patient("p2"))}))


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (lambda _: answer(b"", 404), PatientMissing), (lambda _: answer(b"", 403), AccessDenied),
        (lambda _: answer(b"", 503), ServerFailed), (lambda _: answer(b"{"), UnreadableRecord),
        (lambda _: answer(b"", 301, Location="/x"), AddressRefused),
    ],
)  # fmt: skip
async def test_s13_without_the_patient_there_is_no_history(sent, error):
    with pytest.raises(error):
        await gather(TinyFhir(CHART, instead={"Patient/p1": sent}))


@pytest.mark.parametrize("patient_id", ["", "..", "a/b", "a?b", "p1&patient=p2", "é", "x" * 200])
async def test_a_patient_id_that_cannot_be_one_asks_for_nothing(patient_id):
    tiny = TinyFhir(CHART)
    with pytest.raises(PatientMissing):
        await gather(tiny, patient_id)
    assert not tiny.asked


async def test_only_the_types_asked_for_are_read():
    tiny = TinyFhir(CHART)
    gathered = await gather(tiny, types=("Condition", "Patient"))
    assert len(tiny.asked) == 2
    assert dict(gathered.history.coverage) == {"Condition": Coverage.WHOLE}


async def test_a_limit_leaves_the_rest_as_an_omission():
    gathered = await gather(TinyFhir(CHART), limit=3)
    assert len(gathered.history.entries) == 3
    assert Reason.OVER_LIMIT in {omission.reason for omission in gathered.history.omissions}


class Stuck:
    """A server whose searches never end, whatever the deadline; `slow` types only."""

    def __init__(self, *slow, patient_too=False):
        self.slow, self.patient_too = slow, patient_too
        self.now, self.most = 0, 0

    async def read(self, reference, *, until=None):
        if self.patient_too:
            await asyncio.Event().wait()
        return patient()

    async def search(self, resource_type, parameters, *, until=None):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        try:
            if resource_type in self.slow:
                await asyncio.Event().wait()
            found = (observation(1),) if resource_type == "Observation" else ()
            return SearchResult(resources=found, complete=True)
        finally:
            self.now -= 1

    async def follow(self, resource_type, next_url, *, until=None):
        await asyncio.Event().wait()


async def test_one_deadline_stands_over_all_and_what_came_is_kept():
    gathered = await gather_history(Stuck("Condition", "Procedure"), "p1", timeout_s=0.1)
    assert references(gathered) == {"Observation/o1"}
    assert [(one.what, one.reason, one.detail) for one in gathered.history.omissions] == [
        ("Condition", Reason.FAILED, "timed out"),
        ("Procedure", Reason.FAILED, "timed out"),
    ]


async def test_a_server_that_is_stuck_altogether_ends_at_the_deadline():
    gathered = await gather_history(Stuck(*ALL_TYPES), "p1", timeout_s=0.05)
    assert set(dict(gathered.history.coverage).values()) == {Coverage.NONE}
    assert len(gathered.history.omissions) == len(ALL_TYPES)
    with pytest.raises(ServerFailed) as late:
        await gather_history(Stuck(patient_too=True), "p1", timeout_s=0.05)
    assert late.value.outcome == "timed out"


async def test_only_a_few_requests_are_in_flight_at_once():
    server = Stuck()
    await gather_history(server, "p1", timeout_s=30)
    assert 1 < server.most <= 8


async def test_pages_that_came_before_the_deadline_are_kept():
    async def handler(request):
        if "page=2" in str(request.url):
            await asyncio.Event().wait()
        return tiny(request)

    first = answer(bundle(observation(1), next_url=f"{BASE}/Observation?page=2"))
    tiny = TinyFhir(CHART, instead={"/Observation": first})
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(handler), trust_env=False) as client:
        gathered = await gather_history(HttpFhirServer(BASE, client=client), "p1", timeout_s=0.3)
    assert references(gathered) == {"Condition/c1", "Observation/o1"}
    assert gathered.history.covers("Observation") is Coverage.PART
    assert [one.detail for one in gathered.history.omissions] == ["timed out"]


async def test_a_mistake_of_ours_is_not_taken_for_a_failing_server():
    async def mistaken():
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        await read_together(mistaken)
    assert raised.group_contains(ZeroDivisionError)


async def test_t6_the_token_is_in_nothing_that_is_gathered(caplog):
    caplog.set_level(logging.DEBUG)
    gathered = await gather(TinyFhir(CHART, instead={"/Condition": lambda _: answer(b"", 401)}))
    shown = repr(gathered) + repr(dataclasses.asdict(gathered)) + caplog.text
    assert CANARY not in shown


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.integers(0, 40)), max_size=25), st.integers(1, 7))
def test_t24_no_interleaving_lets_one_patients_resource_into_anothers_history(drawn, page):
    resources = [
        observation(number, patient=of, id=f"{of}-o{number}", code={"text": f"canary of {of}"}) for of, number in drawn
    ]
    tiny = TinyFhir((patient("p1"), patient("p2"), *resources), page=page)

    async def both():
        async with server_of(tiny) as server:
            return await asyncio.gather(*(gather_history(server, of, timeout_s=30) for of in ("p1", "p2", "p1")))

    for gathered, of in zip(asyncio.run(both()), ("p1", "p2", "p1"), strict=True):
        assert references(gathered) == {f"Observation/{one['id']}" for one in resources if one["id"].startswith(of)}
        assert all(f"canary of {of}" in entry.line for entry in gathered.history.entries)
