"""S12: what the EHR sent is used first, "no data" is no gap, and every gap is read from its server or said."""

import asyncio
import contextlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_fhir import BASE, TinyFhir, answer, broken_fhir, bundle, observation, outcome, patient

from fhir_adapters.errors import AdapterError, PatientMissing, WrongPatient
from fhir_adapters.fhir_http import HttpFhirServer
from fhir_adapters.gather import ALL_TYPES
from fhir_adapters.history import AlarmKind, Coverage, Reason
from fhir_adapters.prefetch import PREFETCH, history_for_hook, triage, type_of
from fhir_adapters.secret import Secret

CONDITION = {
    "resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"}, "code": {"text": "Hypertension"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
}  # fmt: skip
KEYS = {
    "patient", "conditions", "allergies", "medicationRequests", "medicationStatements", "observations",
    "diagnosticReports", "procedures", "immunizations", "encounters", "carePlans", "documents", "imagingStudies",
}  # fmt: skip
EMPTY = bundle(total=0)
# Epic's answer to a search that finds nothing.
EPIC_EMPTY = bundle(total=0, outcome={"resourceType": "OperationOutcome", "issue": [
    {"severity": "warning", "code": "processing", "details": {"coding": [{"code": "4101"}]}}]})  # fmt: skip


def whole(**given):
    """A prefetch with every key, empty where not given."""
    return dict.fromkeys(PREFETCH, EMPTY) | {"patient": patient()} | given


@contextlib.asynccontextmanager
async def server_of(tiny):
    async with tiny.client() as client:
        yield HttpFhirServer(BASE, client=client, token=Secret("canary"))


async def history(prefetch, tiny=None, **more):
    asked = {"patient_id": "p1", "timeout_s": 30} | more
    if tiny is None:
        return await history_for_hook(prefetch, server=None, **asked)
    async with server_of(tiny) as server:
        return await history_for_hook(prefetch, server=server, **asked)


def references(gathered):
    return {entry.reference for entry in gathered.history.entries}


def test_s9_the_templates_use_what_the_standard_allows_and_nothing_more():
    assert set(PREFETCH) == KEYS
    for template in PREFETCH.values():
        assert re.findall(r"\{\{(.*?)\}\}", template) == ["context.patientId"]
        _, _, query = template.partition("?")
        names = [parameter.partition("=")[0] for parameter in query.split("&") if parameter]
        assert set(names) <= {"patient", "_sort", "_count"}
    assert {type_of(template) for template in PREFETCH.values()} == {"Patient", *ALL_TYPES}


@pytest.mark.parametrize("prefetch", [None, {}])
def test_s12_without_a_prefetch_every_key_is_missing(prefetch):
    found = triage(prefetch)
    assert set(found.missing) == KEYS
    assert set(found.coverage.values()) == {Coverage.NONE}
    assert not found.omissions


@pytest.mark.parametrize("nothing", [None, EMPTY, EPIC_EMPTY, {"resourceType": "Bundle"}, bundle()])
def test_s12_no_data_is_seen_whole_and_not_asked_again(nothing):
    found = triage(whole(allergies=nothing))
    assert found.coverage["allergies"] is Coverage.WHOLE
    assert not found.missing
    assert not found.omissions
    assert [one.count for one in found.parts["allergies"].access_records] == [0]


@pytest.mark.parametrize(
    ("code", "reason"), [("forbidden", Reason.REFUSED), ("timeout", Reason.FAILED), ("exception", Reason.FAILED)]
)
def test_s12_an_operation_outcome_is_a_failure_and_not_asked_again(code, reason):
    found = triage(whole(allergies=outcome("error", code)))
    assert found.coverage["allergies"] is Coverage.NONE
    assert [(one.what, one.reason) for one in found.omissions] == [("AllergyIntolerance", reason)]
    assert found.omissions[0].detail == f"OperationOutcome: {code}"
    assert not found.missing


@pytest.mark.parametrize(
    "issue", [None, 5, [], {}, [5], [{}], [{"code": 5}], [{"code": "Canary Name born 1950"}], [{"code": "a" * 99}]]
)
def test_a_broken_operation_outcome_is_a_failure_without_its_text(issue):
    found = triage(whole(allergies={"resourceType": "OperationOutcome", "issue": issue}))
    assert [(one.reason, one.detail) for one in found.omissions] == [(Reason.FAILED, "OperationOutcome")]


def test_s12_a_bundle_with_a_next_link_is_a_first_page():
    found = triage(whole(observations=bundle(observation(1), next_url=f"{BASE}/Observation?page=2", total=20)))
    assert found.next_urls == {"observations": f"{BASE}/Observation?page=2"}
    assert found.coverage["observations"] is Coverage.PART
    assert not found.omissions


def test_c2_pages_that_are_held_back_without_a_link_show_in_the_total():
    found = triage(whole(observations=bundle(observation(1), total=20)))
    assert found.coverage["observations"] is Coverage.PART
    assert [one.count for one in found.omissions] == [19]


def test_an_error_among_the_entries_of_an_empty_bundle_is_a_failure():
    found = triage(whole(conditions=bundle(outcome=outcome("error"), total=0)))
    assert found.coverage["conditions"] is Coverage.NONE
    assert len(found.omissions) == 1


def test_one_resource_in_place_of_a_bundle_is_used_and_called_a_part():
    found = triage(whole(conditions=CONDITION))
    assert CONDITION in found.resources
    assert found.coverage["conditions"] is Coverage.PART
    assert found.coverage["patient"] is Coverage.WHOLE


@pytest.mark.parametrize("value", ["text", 5, True, [], [CONDITION], {}, {"resourceType": None}, {"id": "x"}])
def test_what_is_no_fhir_is_unreadable_and_nothing_breaks(value):
    found = triage(whole(conditions=value))
    assert found.coverage["conditions"] is Coverage.NONE
    assert [one.reason for one in found.omissions] == [Reason.UNREADABLE]


def test_c2_keys_that_nobody_asked_for_are_counted_and_not_used():
    found = triage(whole(secrets=bundle(observation(1)), **{"canary of a name": patient("p2")}))
    assert [one.get("id") for one in found.resources] == ["p1"]
    assert [(one.reason, one.count) for one in found.omissions] == [(Reason.UNSUPPORTED, 2)]
    assert "canary" not in repr(found)


async def test_s14_a_whole_prefetch_needs_no_server_and_asks_none():
    prefetch = whole(conditions=bundle(CONDITION), observations=bundle(observation(1)))
    tiny = TinyFhir(())
    for gathered in (await history(prefetch), await history(prefetch, tiny)):
        assert references(gathered) == {"Condition/c1", "Observation/o1"}
        assert dict(gathered.history.coverage) == dict.fromkeys(ALL_TYPES, Coverage.WHOLE)
        assert not gathered.history.omissions
        assert {(one.system, one.what) for one in gathered.access_records} == {("prefetch", key) for key in KEYS}
        assert sum(one.count for one in gathered.access_records) == 3
    assert tiny.asked == []


async def test_s14_without_a_prefetch_everything_is_read_from_the_server():
    tiny = TinyFhir((patient(), CONDITION, observation(1)))
    gathered = await history(None, tiny)
    assert references(gathered) == {"Condition/c1", "Observation/o1"}
    assert dict(gathered.history.coverage) == dict.fromkeys(ALL_TYPES, Coverage.WHOLE)
    assert len(tiny.asked) == 13
    assert {one.system for one in gathered.access_records} == {"fhir"}


async def test_s12_only_the_missing_keys_are_read_from_the_server():
    prefetch = whole(allergies=None, procedures=outcome("error"))
    del prefetch["conditions"], prefetch["observations"]
    tiny = TinyFhir((patient(), CONDITION, observation(1)))
    gathered = await history(prefetch, tiny)
    assert {request.url.path for request in tiny.asked} == {"/fhir/Condition", "/fhir/Observation"}
    assert references(gathered) == {"Condition/c1", "Observation/o1"}
    assert gathered.history.covers("AllergyIntolerance") is Coverage.WHOLE
    assert gathered.history.covers("Procedure") is Coverage.NONE
    assert [one.what for one in gathered.history.omissions] == ["Procedure"]


async def test_missing_keys_without_a_server_are_not_supplied():
    gathered = await history({"patient": patient(), "conditions": bundle(CONDITION)})
    said = {one.what: one.reason for one in gathered.history.omissions}
    assert said == dict.fromkeys(set(ALL_TYPES) - {"Condition"}, Reason.NOT_SUPPLIED)
    assert gathered.history.covers("Observation") is Coverage.NONE
    assert gathered.history.covers("Condition") is Coverage.WHOLE


async def test_s12_following_pages_are_read_with_the_server():
    chart = (patient(), *(observation(number) for number in range(12)))
    first = bundle(*chart[1:6], next_url=f"{BASE}/Observation?patient=p1&_offset=5", total=12)
    tiny = TinyFhir(chart)
    gathered = await history(whole(observations=first), tiny)
    assert len(references(gathered)) == 12
    assert gathered.history.covers("Observation") is Coverage.WHOLE
    assert not gathered.history.omissions
    assert len(tiny.asked) == 2


async def test_following_pages_without_a_server_are_not_supplied():
    gathered = await history(whole(observations=bundle(observation(1), next_url=f"{BASE}/Observation?page=2")))
    assert references(gathered) == {"Observation/o1"}
    assert gathered.history.covers("Observation") is Coverage.PART
    assert [(one.what, one.reason) for one in gathered.history.omissions] == [
        ("Observation, page 2 and after", Reason.NOT_SUPPLIED)
    ]


async def test_t5_a_prefetch_that_leads_elsewhere_is_refused_with_an_alarm_and_never_followed():
    tiny = TinyFhir((patient(),))
    first = bundle(observation(1), next_url="https://evil.test/fhir/Observation?page=2")
    gathered = await history(whole(observations=first), tiny)
    assert references(gathered) == {"Observation/o1"}
    assert gathered.history.covers("Observation") is Coverage.PART
    assert [alarm.kind for alarm in gathered.alarms] == [AlarmKind.ADDRESS_REFUSED]
    assert tiny.asked == []


@pytest.mark.parametrize("given_patient", [None, outcome("error"), "x", EMPTY, CONDITION])
async def test_s13_a_patient_that_the_client_could_not_give_is_missing_and_not_asked_for(given_patient):
    tiny = TinyFhir((patient(),))
    with pytest.raises(PatientMissing):
        await history(whole(patient=given_patient), tiny)
    assert tiny.asked == []


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
async def test_s13_a_patient_that_cannot_be_read_is_missing(status):
    with pytest.raises(PatientMissing) as missing:
        await history({}, TinyFhir((), instead={"Patient/p1": lambda _: answer(b"", status)}))
    assert missing.value.outcome == f"HTTP {status}"


async def test_s13_without_a_patient_and_a_server_the_patient_is_missing():
    with pytest.raises(PatientMissing):
        await history({"conditions": bundle(CONDITION)})


async def test_t24_another_patient_is_refused():
    with pytest.raises(WrongPatient):
        await history(whole(patient=patient("p2")))
    with pytest.raises(WrongPatient):
        await history({}, TinyFhir((), instead={"Patient/p1": answer(patient("p2"))}))


async def test_t24_a_resource_of_another_patient_in_the_prefetch_is_an_alarm():
    gathered = await history(whole(observations=bundle(observation(1), observation(2, patient="p2"))))
    assert references(gathered) == {"Observation/o1"}
    assert gathered.stops_summary


async def test_the_patient_may_come_in_a_bundle_or_under_another_key():
    assert (await history(whole(patient=bundle(patient())))).history.patient.id == "p1"
    prefetch = whole(conditions=bundle(CONDITION, patient()))
    del prefetch["patient"]
    tiny = TinyFhir(())
    assert (await history(prefetch, tiny)).history.patient.id == "p1"
    assert tiny.asked == []


@pytest.mark.parametrize("patient_id", ["", "..", "a/b", "p1&patient=p2", "é"])
async def test_s11_a_patient_id_that_cannot_be_one_asks_for_nothing(patient_id):
    tiny = TinyFhir((patient(),))
    with pytest.raises(PatientMissing):
        await history({}, tiny, patient_id=patient_id)
    assert tiny.asked == []


async def test_a_server_that_is_stuck_leaves_what_was_sent():
    class Stuck:
        async def read(self, reference, *, until=None):
            await asyncio.Event().wait()

        async def search(self, resource_type, parameters, *, until=None):
            await asyncio.Event().wait()

        async def follow(self, resource_type, next_url, *, until=None):
            await asyncio.Event().wait()

    prefetch = {
        "patient": patient(), "conditions": bundle(CONDITION),
        "observations": bundle(observation(1), next_url=f"{BASE}/Observation?page=2"),
    }  # fmt: skip
    gathered = await history_for_hook(prefetch, patient_id="p1", server=Stuck(), timeout_s=0.05)
    assert references(gathered) == {"Condition/c1", "Observation/o1"}
    assert gathered.history.covers("Observation") is Coverage.PART
    assert {one.detail for one in gathered.history.omissions} == {"timed out"}


async def test_a_service_of_its_own_templates_gets_what_it_asked_for():
    templates = {"labs": "Observation?patient={{context.patientId}}&category=laboratory",
                 "vitals": "Observation?patient={{context.patientId}}&category=vital-signs"}  # fmt: skip
    tiny = TinyFhir((patient(), observation(1), observation(2)))
    gathered = await history({"labs": bundle(observation(1))}, tiny, templates=templates)
    assert references(gathered) == {"Observation/o1", "Observation/o2"}
    assert sorted(request.url.path for request in tiny.asked) == ["/fhir/Observation", "/fhir/Patient/p1"]


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from([*sorted(KEYS), "other"]), broken_fhir(CONDITION, EPIC_EMPTY)))
def test_s12_any_prefetch_ends_in_a_history_that_accounts_for_every_type_or_in_one_clear_error(prefetch):
    try:
        gathered = asyncio.run(history(prefetch))
    except AdapterError:
        return
    covered = dict(gathered.history.coverage)
    assert set(covered) >= set(ALL_TYPES)
    said = {omission.what.split(",")[0].split("/")[0] for omission in gathered.history.omissions}
    assert {name for name in ALL_TYPES if covered[name] is Coverage.NONE} <= said


ALLERGY = {
    "resourceType": "AllergyIntolerance", "id": "a1", "patient": {"reference": "Patient/p1"},
    "code": {"text": "Latex"},
}  # fmt: skip
ELSEWHERE = "https://other.test/fhir"


def on(base, *resources):
    """A searchset whose entries live on `base`."""
    made = bundle(*resources)
    for entry in made["entry"]:
        entry["fullUrl"] = f"{base}/{entry['resource']['resourceType']}/{entry['resource']['id']}"
    return made


def of(reference, number=1):
    return {**observation(number), "subject": {"reference": reference}}


@pytest.mark.parametrize("base", [None, BASE])
async def test_a3_an_absolute_reference_to_the_base_that_all_keys_agree_on_is_ours(base):
    sent = whole(allergies=on(BASE, ALLERGY), observations=on(BASE, of(f"{BASE}/Patient/p1")))
    gathered = await history(sent, base=base)
    assert references(gathered) == {"AllergyIntolerance/a1", "Observation/o1"}
    assert gathered.alarms == ()


@pytest.mark.parametrize(
    ("sent", "base"),
    [
        (bundle(of(f"{ELSEWHERE}/Patient/p1")), None),  # nothing says where home is
        (bundle(of(f"{ELSEWHERE}/Patient/p1")), BASE),
        (on(BASE, of(f"{ELSEWHERE}/Patient/p1")), None),
        (on(ELSEWHERE, of(f"{ELSEWHERE}/Patient/p1")), BASE),  # another base than the one the hook names
        (bundle(of("Patient/p2?x=/Patient/p1")), BASE),
        (bundle({**observation(1), "subject": [{"reference": "Patient/p1"}, {"reference": "Patient/p2"}]}), BASE),
    ],
)
async def test_a3_t24_a_reference_to_another_base_is_dropped_counted_and_an_alarm(sent, base):
    gathered = await history(whole(observations=sent), base=base)
    assert gathered.history.entries == ()
    assert gathered.stops_summary
    assert gathered.history.covers("Observation") is Coverage.PART
    assert [item.reason for item in gathered.history.omissions] == [Reason.OTHER_PATIENT]


@pytest.mark.parametrize("base", [None, BASE])
async def test_a3_t24_keys_that_live_on_two_bases_are_not_one_record(base):
    gathered = await history(
        whole(allergies=on(ELSEWHERE, ALLERGY), observations=on(BASE, of("Patient/p1"))), base=base
    )
    assert "AllergyIntolerance/a1" not in references(gathered)
    assert gathered.stops_summary
    assert gathered.history.covers("AllergyIntolerance") is Coverage.PART


async def test_a_proxys_name_for_its_own_server_takes_nothing_away():
    inside = "http://hapi.internal:8080/fhir"
    sent = whole(allergies=on(inside, ALLERGY), observations=on(inside, of("Patient/p1")))
    gathered = await history(sent, base=BASE)
    assert references(gathered) == {"AllergyIntolerance/a1", "Observation/o1"}
    assert gathered.alarms == ()


INSIDE = "http://hapi.internal:8080/fhir"
PRACTICE = {"generalPractitioner": [{"reference": f"{INSIDE}/Practitioner/9"}]}


async def test_a3_a_proxys_name_for_its_own_server_is_ours_where_the_patient_is_under_it_too():
    allergy = {**ALLERGY, "patient": {"reference": f"{INSIDE}/Patient/p1"}}
    sent = whole(allergies=on(INSIDE, allergy), observations=on(INSIDE, of(f"{INSIDE}/Patient/p1")))
    for patients in (on(INSIDE, patient()), {**patient(), **PRACTICE}):
        gathered = await history(sent | {"patient": patients}, base=BASE)
        assert references(gathered) == {"AllergyIntolerance/a1", "Observation/o1"}
        assert gathered.alarms == ()


async def test_a3_t24_a_name_that_not_all_bear_or_that_the_patient_does_not_is_another_server():
    sent = whole(allergies=on(INSIDE, ALLERGY), observations=on(INSIDE, of(f"{INSIDE}/Patient/p1")))
    assert (await history(sent, base=BASE)).stops_summary  # nothing says that the Patient is under it
    sent |= {"patient": {**patient(), **PRACTICE}}
    third = on(INSIDE, {**CONDITION, "subject": {"reference": f"{ELSEWHERE}/Patient/p1"}})
    assert not (await history(sent, base=BASE)).stops_summary
    mixed = await history(sent | {"conditions": third}, base=BASE)
    assert "Observation/o1" not in references(mixed)
    assert mixed.stops_summary


async def test_a3_medicines_of_a_list_elsewhere_do_not_blur_where_home_is():
    order = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": f"{BASE}/Patient/p1"},
             "status": "active", "medicationReference": {"reference": f"{ELSEWHERE}/Medication/9"}}  # fmt: skip
    made = on(BASE, order)
    medicine = {"resourceType": "Medication", "id": "9", "code": {"text": "Insulin"}}
    made["entry"] += on(ELSEWHERE, medicine)["entry"]
    gathered = await history(whole(medicationRequests=made))
    assert [entry.title for entry in gathered.history.entries] == ["Insulin"]
    assert gathered.alarms == ()


async def test_a3_t24_the_same_id_with_another_persons_facts_is_another_patient():
    other = {**patient(), "name": [{"family": "Somebody"}], "birthDate": "1990-01-01"}
    with pytest.raises(WrongPatient):
        await history(whole(conditions=bundle(CONDITION, other)))
    assert (await history(whole(conditions=bundle(CONDITION, patient())))).history.patient.id == "p1"


async def test_a3_what_a_server_answers_is_judged_by_that_servers_base():
    for reference, count in ((f"{BASE}/Patient/p1", 1), (f"{ELSEWHERE}/Patient/p1", 0)):
        tiny = TinyFhir((patient(),), instead={"Observation": answer(bundle(of(reference)))})
        gathered = await history({}, tiny)
        assert len(gathered.history.entries) == count
        assert gathered.stops_summary is not bool(count)


@pytest.mark.parametrize(
    "sent",
    [
        bundle({"resourceType": "List", "id": "l", "entry": [{"item": {"reference": "AllergyIntolerance/a1"}}]}),
        bundle(ALLERGY, {"resourceType": "List", "id": "l"}),
        bundle(CONDITION),
        bundle({"resourceType": "Binary", "id": "b"}),
    ],
)
def test_a10_other_resources_in_place_of_a_type_are_no_answer_about_it(sent):
    found = triage(whole(allergies=sent))
    assert found.coverage["allergies"] is Coverage.PART
    assert [item.reason for item in found.omissions] == [Reason.UNREADABLE]


def test_a10_an_included_medicine_or_practitioner_is_no_gap():
    order = {"resourceType": "MedicationRequest", "id": "m", "subject": {"reference": "Patient/p1"}}
    medicine, doctor = {"resourceType": "Medication", "id": "9"}, {"resourceType": "Practitioner", "id": "d"}
    found = triage(whole(medicationRequests=bundle(order, medicine, doctor, patient(), total=1)))
    assert found.coverage["medicationRequests"] is Coverage.WHOLE
    assert found.omissions == ()


def test_a10_an_object_in_place_of_the_entries_is_read():
    found = triage(whole(allergies={**bundle(), "entry": {"resource": ALLERGY}}))
    assert found.coverage["allergies"] is Coverage.WHOLE
    assert ALLERGY in found.resources


async def test_a10_a_next_link_in_another_spelling_is_a_further_page():
    sent = {**bundle(observation(1)), "link": [{"relation": "Next", "url": f"{BASE}/Observation?page=2"}]}
    gathered = await history(whole(observations=sent))
    assert gathered.history.covers("Observation") is Coverage.PART
