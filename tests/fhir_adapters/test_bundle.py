"""Bundles of every type become plain resources; one Bundle can be a whole chart."""

import copy

import orjson
import pytest
from fhir_samples import PATIENT, concept, observation, resource

from fhir_adapters.bundle import history_from_bundle, unpack_bundle
from fhir_adapters.errors import PatientMissing, UnreadableRecord, WrongPatient
from fhir_adapters.history import Coverage, Reason
from fhir_adapters.prefetch import triage
from fhir_adapters.reading.readers import READERS


def bundle(*entries, type="collection", **more):
    return {"resourceType": "Bundle", "type": type, "entry": list(entries), **more}


def entry(resource, url=""):
    return {"fullUrl": url, "resource": resource} if url else {"resource": resource}


def test_the_resources_of_a_bundle_are_found_in_any_type_of_it():
    for kind in ("collection", "searchset", "transaction", "document", "batch-response", "history"):
        found, next_url, omissions = unpack_bundle(bundle(entry(PATIENT), entry(observation()), type=kind))
        assert [item["resourceType"] for item in found] == ["Patient", "Observation"]
        assert next_url is None
        assert omissions == []


def test_the_next_page_is_named():
    links = [{"relation": "self", "url": "a"}, {"relation": "next", "url": "https://x.example/fhir?page=2"}]
    assert unpack_bundle(bundle(link=links))[1] == "https://x.example/fhir?page=2"


def test_a_bundle_within_a_bundle_is_unpacked_and_endless_nesting_is_not():
    inner = bundle(entry(observation()), type="searchset")
    assert len(unpack_bundle(bundle(entry(inner), type="batch-response"))[0]) == 1
    deep = bundle()
    for _ in range(50):
        deep = bundle(entry(deep))
    (omission,) = unpack_bundle(deep)[2]
    assert (omission.reason, omission.detail) == (Reason.UNREADABLE, "nested too deeply")


def test_what_the_server_could_not_do_is_said():
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    (omission,) = unpack_bundle(bundle(entry(outcome), type="searchset"))[2]
    assert (omission.what, omission.reason, omission.detail) == ("OperationOutcome", Reason.FAILED, "timeout")
    outcome["issue"][0]["severity"] = "warning"
    assert len(unpack_bundle(bundle(entry(outcome), type="searchset"))[2]) == 1


EPIC_REFUSAL = {"severity": "warning", "code": "suppressed", "details": {"coding": [{"code": "59204"}]}}
EPIC_HINT = {"severity": "warning", "code": "processing", "details": {"coding": [{"code": "4119"}]}}


@pytest.mark.parametrize(
    ("issues", "reasons"),
    [
        ([EPIC_HINT], []),
        ([{**EPIC_HINT, "details": {"coding": [{"code": "4101"}]}}], []),
        ([{"severity": "information", "code": "informational"}], []),
        ([EPIC_REFUSAL], [Reason.REFUSED]),
        ([EPIC_HINT, EPIC_REFUSAL], [Reason.REFUSED]),
        ([{**EPIC_REFUSAL, "code": "processing"}], [Reason.REFUSED]),
        ([{**EPIC_REFUSAL, "severity": "information"}], [Reason.REFUSED]),
        ([{"severity": "warning", "code": "suppressed"}], [Reason.REFUSED]),
        ([{"severity": "information", "code": "incomplete"}], [Reason.FAILED]),
        ([{"severity": "warning", "code": "processing"}], [Reason.FAILED]),  # of what, it does not say
        ([{**EPIC_HINT, "details": {"coding": [{"code": "4119"}, {"code": "1"}]}}], [Reason.FAILED]),
    ],
)
def test_s12_only_an_outcome_known_to_be_harmless_takes_nothing_away(issues, reasons):
    outcome = {"resourceType": "OperationOutcome", "issue": issues}
    omissions = unpack_bundle(bundle(entry(outcome), type="searchset"))[2]
    assert [omission.reason for omission in omissions] == reasons


def test_c6_a_whole_chart_that_was_refused_in_part_is_not_seen_whole():
    outcome = {"resourceType": "OperationOutcome", "issue": [EPIC_REFUSAL]}
    history = history_from_bundle(bundle(entry(PATIENT), entry(outcome))).history
    assert history.covers("AllergyIntolerance") is Coverage.PART


@pytest.mark.parametrize("entries", [None, 5, "x", {}, [None, 5, {"resource": 7}, {"response": {"status": "204"}}]])
def test_malformed_entries_are_counted_or_empty_and_never_raise(entries):
    found, _, omissions = unpack_bundle({"resourceType": "Bundle", "entry": entries})
    assert found == []
    assert all(omission.reason is Reason.UNREADABLE for omission in omissions)


@pytest.mark.parametrize("given", [None, [], "Bundle", {"resourceType": "Patient", "id": "p1"}])
def test_what_is_no_bundle_is_refused(given):
    for read in (unpack_bundle, history_from_bundle):
        with pytest.raises(UnreadableRecord) as refused:
            read(given)
        assert refused.value.outcome == "not a Bundle"


URN = "urn:uuid:0c3f6c1e-6f5b-4c3e-9f0e-1d2a3b4c5d6e"


def test_references_by_urn_are_resolved_and_the_input_is_left_alone():
    given = bundle(
        entry({**PATIENT, "id": "pat"}, URN),
        entry(observation(subject={"reference": URN}, hasMember=[{"reference": "urn:uuid:unknown"}])),
    )
    before = copy.deepcopy(given)
    gathered = history_from_bundle(given)
    assert [item.reference for item in gathered.history.entries] == ["Observation/r1"]
    assert gathered.history.entries[0].detail["Members"] == "urn:uuid:unknown"
    assert given == before


def test_a_urn_of_another_patient_is_another_patient_t24():
    other = "urn:uuid:11111111-6f5b-4c3e-9f0e-1d2a3b4c5d6e"
    given = bundle(entry({**PATIENT, "id": "a"}, URN), entry({**PATIENT, "id": "b"}, other))
    with pytest.raises(WrongPatient):
        history_from_bundle(given)
    with pytest.raises(WrongPatient):
        history_from_bundle(given, patient_id="a")


def test_an_entry_without_an_id_takes_it_from_its_full_url():
    nameless = {name: part for name, part in observation().items() if name != "id"}
    found, _, _ = unpack_bundle(
        bundle(
            entry({"resourceType": "Patient"}, URN),
            entry(nameless, "https://x.example/fhir/Observation/o9"),
            entry(nameless),
        )
    )
    assert [item.get("id") for item in found] == [URN.removeprefix("urn:uuid:"), "o9", None]


def test_a_medication_named_by_urn_is_found():
    statement = {
        "resourceType": "MedicationStatement",
        "id": "m",
        "status": "active",
        "subject": {"reference": "Patient/p1"},
        "medicationReference": {"reference": URN},
    }
    medication = {"resourceType": "Medication", "id": "med-1", "code": concept("Anastrozole")}
    gathered = history_from_bundle(bundle(entry(PATIENT), entry(statement), entry(medication, URN)))
    assert gathered.history.entries[0].title == "Anastrozole"


def test_hostile_depth_is_walked_without_recursion():
    deep = {"reference": URN}
    for _ in range(5_000):
        deep = {"extension": [deep]}
    given = bundle(
        entry({**PATIENT, "id": "pat"}, URN), entry(observation(subject={"reference": URN}, extension=[deep]))
    )
    assert len(history_from_bundle(given).history.entries) == 1


def test_a_whole_chart_counts_as_seen_whole_and_a_first_page_in_part():
    history = history_from_bundle(bundle(entry(PATIENT))).history
    assert {seen for _, seen in history.coverage} == {Coverage.WHOLE}
    assert {kind for kind, _ in history.coverage} == set(READERS)
    paged = history_from_bundle(bundle(entry(PATIENT), link=[{"relation": "next", "url": "x"}])).history
    assert {seen for _, seen in paged.coverage} == {Coverage.PART}
    assert paged.omissions[0].what == "further pages"


def test_a_chart_needs_its_patient_and_only_one():
    with pytest.raises(PatientMissing):
        history_from_bundle(bundle(entry(observation())))
    with pytest.raises(PatientMissing):
        history_from_bundle(bundle(entry({"resourceType": "Patient"})))
    with pytest.raises(WrongPatient):
        history_from_bundle(bundle(entry(PATIENT)), patient_id="somebody-else")


def test_every_sample_chart_is_read_without_an_alarm(charts):
    paths = sorted(charts.glob("*.json"))
    assert paths
    for path in paths:
        gathered = history_from_bundle(orjson.loads(path.read_bytes()))
        assert gathered.history.entries
        assert gathered.alarms == ()
        assert all(item.reason is not Reason.DUPLICATE for item in gathered.history.omissions)
        assert all("without a name" not in item.title for item in gathered.history.entries)


@pytest.mark.shared_data
def test_every_real_chart_is_read_without_an_alarm(shared_data):
    paths = [path for path in shared_data.glob("*/*.json") if b'"Patient"' in path.read_bytes()[:20_000]]
    read = 0
    for path in paths:
        given = orjson.loads(path.read_bytes())
        if given.get("resourceType") != "Bundle":
            continue
        try:
            gathered = history_from_bundle(given)
        except PatientMissing:
            continue  # a Bundle of other things
        read += 1
        assert gathered.history.entries
        assert gathered.alarms == ()
        unread = [item for item in gathered.history.omissions if item.reason is Reason.UNREADABLE]
        assert unread == []
    assert read > 10


ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "patient": {"reference": "Patient/p1"},
    "code": concept("Latex"),
}
RESPONSE = {"response": {"status": "200 OK"}}
READABLE = [
    {"entry": {"resource": ALLERGY}},
    {"entry": ALLERGY},
    {"entry": {"0": {"resource": ALLERGY}}},
    {"entry": {"item": [{"resource": ALLERGY}]}},
    {"entry": [{"Resource": ALLERGY}]},
    {"entry": [{"RESOURCE ": ALLERGY}]},
    {"Entry": [{"resource": ALLERGY}]},
    {"entry": [{"resource": [ALLERGY]}]},
    {"entry": [ALLERGY]},
    {"entry": [{"resource": {**ALLERGY, "resourceType": "allergyintolerance"}}]},
    {"entry": [{"resource": {**ALLERGY, "resourceType": " AllergyIntolerance "}}]},
    {
        "entry": [
            {
                "resource": {
                    "ResourceType": "AllergyIntolerance",
                    **{k: v for k, v in ALLERGY.items() if k != "resourceType"},
                }
            }
        ]
    },
    {"entry": [{"resource": {**ALLERGY, "id": ""}, "FullUrl": "AllergyIntolerance/a1"}]},
]
UNREADABLE = [
    {"entry": 5},
    {"entry": "x"},
    {"entry": {"a": 1}},
    {"entry": [None]},
    {"entry": [[{"resource": ALLERGY}]]},
    {"entry": [{}]},
    {"entry": [{"fullUrl": "https://ehr.test/fhir/AllergyIntolerance/a1"}]},
    {"entry": [RESPONSE]},
    {"entry": [{"response": {"status": "403 Forbidden"}}]},
    {"entry": [{"response": {"status": "304"}}]},
    {"entry": [{"resource": None}]},
    {"entry": [{"resource": '{"resourceType": "AllergyIntolerance"}'}]},
    {"entry": [{"resource": {"id": "a1"}}]},
    {"entry": [{"resource": {**ALLERGY, "resourceType": ["AllergyIntolerance"]}}]},
    {"entry": [{"ressource": ALLERGY}]},
    {"entries": [{"resource": ALLERGY}]},
    {"data": {"items": [ALLERGY]}},
    {"entry": [], "total": 1},
    {"entry": [], "total": "1"},
    {"entry": [], "Total": 1},
    {"entry": [], "total": "some"},
    {"entry": [], "total": 0, "Total": 5},
    {"entry": [], "issues": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}},
    {"entry": [], "link": [{"relation": "next"}]},
    {"entry": [], "link": "https://ehr.test/fhir?page=2"},
    {"entry": [{"resource": {"resourceType": "Bundle", "type": "searchset", "total": 2, "entry": []}}]},
    {"entry": [{"resource": {"resourceType": "List", "id": "l", "entry": [{"item": {"reference": "x"}}]}}]},
    {"entry": [{"resource": {"resourceType": "Binary", "id": "b", "data": "e30="}}]},
    {"entry": [{"resource": {"resourceType": "Parameters", "parameter": [{"resource": ALLERGY}]}}]},
]  # fmt: skip


@pytest.mark.parametrize("shape", READABLE)
def test_a10_a_shape_whose_meaning_is_plain_is_read(shape):
    found, _, omissions = unpack_bundle({"resourceType": "Bundle", **shape})
    assert [(item["resourceType"], item["id"]) for item in found] == [("AllergyIntolerance", "a1")]
    assert omissions == []


@pytest.mark.parametrize("shape", UNREADABLE)
def test_a10_a_shape_that_cannot_be_read_is_never_a_type_seen_whole(shape):
    given = {"resourceType": "Bundle", "type": "searchset", **shape}
    found = triage({"allergies": given})
    assert found.coverage["allergies"] is not Coverage.WHOLE
    assert found.omissions


@pytest.mark.parametrize("shape", [shape for shape in UNREADABLE[:-3] if isinstance(shape.get("entry"), list)])
def test_a10_nor_is_a_chart_seen_whole(shape):
    given = {"resourceType": "Bundle", **shape, "entry": [*shape["entry"], {"resource": PATIENT}]}
    given |= {name: 9 for name in ("total", "Total") if shape.get(name) in {1, "1"}}
    history = history_from_bundle(given).history
    assert {seen for _, seen in history.coverage} == {Coverage.PART}
    assert history.omissions


@pytest.mark.parametrize("answer", [{"response": {"status": "204"}}, {"response": {"status": "201 Created"}},
                                    {"request": {"method": "DELETE", "url": "AllergyIntolerance/a1"}}])  # fmt: skip
def test_an_entry_that_answers_a_write_or_tells_of_a_deletion_hides_nothing(answer):
    assert unpack_bundle(bundle(answer))[2] == []


@pytest.mark.parametrize(
    "link",
    [{"relation": "Next", "url": "x"}, {"relation": " next ", "url": "x"}, {"Relation": "next", "URL": "x"},
     {"rel": "next", "href": "x"}, {"relation": ["next"], "url": "x"},
     {"relation": "http://www.iana.org/assignments/relation/next", "url": "x"}, {"relation": "next", "url": "x"}],
)  # fmt: skip
def test_a10_the_next_page_is_named_in_any_spelling(link):
    for links in ([{"relation": "self", "url": "a"}, link], link):
        assert unpack_bundle(bundle(link=links))[1] == "x"


def test_the_next_page_of_an_inner_bundle_is_followed_and_a_second_one_is_counted():
    inner = bundle(link=[{"relation": "next", "url": "x"}])
    assert unpack_bundle(bundle(entry(inner)))[1] == "x"
    _, next_url, (omission,) = unpack_bundle(bundle(entry(inner), entry(inner)))
    assert next_url == "x"
    assert omission.reason is Reason.NOT_SUPPLIED


HOME, ELSEWHERE = "https://ehr.test/fhir", "https://other.test/fhir"


def chart(*observations, patient_url=f"{HOME}/Patient/p1"):
    return history_from_bundle(bundle(entry(PATIENT, patient_url), *observations))


def about(reference, id="o1"):
    return observation(id, subject={"reference": reference})


@pytest.mark.parametrize(
    "base",
    [HOME, "HTTPS://EHR.test:443/fhir", "http://ehr.test/fhir", "http://ehr.test:80/fhir/", "http://ehr.test:443/fhir"],
)
def test_a3_an_absolute_reference_to_the_base_of_the_charts_own_patient_is_ours(base):
    gathered = chart(
        entry(about(f"{base}/Patient/p1"), f"{HOME}/Observation/o1"), entry(about(f"{base}/Patient/p1", "o2"))
    )
    assert len(gathered.history.entries) == 2
    assert gathered.alarms == ()
    assert gathered.resources[1]["subject"] == {"reference": "Patient/p1"}  # what a job keeps means the same


@pytest.mark.parametrize(
    "theirs",
    [
        entry(about(f"{ELSEWHERE}/Patient/p1")),
        entry(about(f"{ELSEWHERE}/Patient/p1"), f"{HOME}/Observation/o1"),
        entry(about("Patient/p1"), f"{ELSEWHERE}/Observation/o1"),  # relative to its own fullUrl
        entry(about("Patient/p1"), f"{HOME}/tenant/b/Observation/o1"),
        entry(about(f"{HOME}x/Patient/p1")),
        entry(about(f"{HOME}/Patient/p1?x=1")),
        entry(about(f"{HOME}@other.test/Patient/p1")),
    ],
)
def test_a3_t24_a_reference_that_means_another_base_is_another_patient(theirs):
    gathered = chart(theirs)
    assert gathered.history.entries == ()
    assert gathered.stops_summary
    assert gathered.history.covers("Observation") is Coverage.PART


def test_a3_two_patients_on_two_bases_are_two_patients():
    with pytest.raises(WrongPatient):
        chart(entry(PATIENT, f"{ELSEWHERE}/Patient/p1"))
    with pytest.raises(WrongPatient):
        chart(entry({"resourceType": "Patient"}, f"{ELSEWHERE}/Patient/p1"))


def test_a3_a_resource_of_another_base_never_stands_for_ours_of_the_same_id():
    ours = entry(observation(code=concept("Sodium")), f"{HOME}/Observation/r1")
    theirs = entry({**observation(code=concept("Potassium")), "subject": {"reference": f"{HOME}/Patient/p1"}},
                   f"{ELSEWHERE}/Observation/r1")  # fmt: skip
    history = chart(ours, theirs).history
    assert {item.title for item in history.entries} == {"Sodium", "Potassium"}  # it names our Patient: two of ours
    assert "Observation/r1" in history.by_reference
    nobodys = entry({**theirs["resource"], "subject": {"reference": f"{ELSEWHERE}/Patient/p1"}}, theirs["fullUrl"])
    history = chart(ours, nobodys).history
    assert [item.title for item in history.entries] == ["Sodium"]
    assert history.covers("Observation") is Coverage.PART


def test_a3_what_lives_elsewhere_and_names_our_patient_in_full_is_ours_by_its_own_id():
    theirs = entry(about(f"{HOME}/Patient/p1"), f"{ELSEWHERE}/Observation/o1")
    gathered = chart(theirs)
    assert [item.reference for item in gathered.history.entries] == ["Observation/o1"]
    assert gathered.alarms == ()
    both = {**about(f"{HOME}/Patient/p1"), "patient": {"reference": f"{ELSEWHERE}/Patient/p1"}}
    assert chart(entry(both, f"{ELSEWHERE}/Observation/o1")).history.entries == ()


@pytest.mark.parametrize("url", ["http://ehr.test/fhir/Observation/o1", "https://ehr.test:80/fhir/Observation/o1"])
def test_a3_http_and_https_of_one_host_are_one_server(url):
    gathered = chart(entry(about("Patient/p1"), url))
    assert [item.reference for item in gathered.history.entries] == ["Observation/o1"]
    assert chart(entry(about("Patient/p1"), "http://ehr.test:8080/fhir/Observation/o1")).stops_summary


def test_a3_without_a_base_that_all_agree_on_no_absolute_reference_is_ours():
    assert chart(entry(about(f"{HOME}/Patient/p1")), patient_url="").stops_summary
    agreed = [entry(about(f"{HOME}/Patient/p1", f"o{n}"), f"{HOME}/Observation/o{n}") for n in range(3)]
    assert len(chart(*agreed, patient_url="").history.entries) == 3
    assert chart(*agreed, entry(observation(), f"{ELSEWHERE}/Observation/r1"), patient_url="").history.entries == ()


def test_a3_a_medicine_is_found_on_the_base_that_the_reference_names():
    def named(reference, url):
        target = {"reference": reference, "display": "pill"}
        order = resource("MedicationRequest", "m", status="active", medicationReference=target)
        medication = {"resourceType": "Medication", "id": "9", "code": concept("Insulin")}
        return chart(entry(order, f"{HOME}/MedicationRequest/m"), entry(medication, url)).history.entries[0].title

    assert named("Medication/9", f"{HOME}/Medication/9") == "Insulin"
    assert named(f"{HOME}/Medication/9", f"{HOME}/Medication/9") == "Insulin"
    assert named(f"{ELSEWHERE}/Medication/9", f"{ELSEWHERE}/Medication/9") == "Insulin"  # a national list of medicines
    assert named("Medication/9", f"{ELSEWHERE}/Medication/9") == "pill"
    assert named(f"{ELSEWHERE}/Medication/9", f"{HOME}/Medication/9") == "pill"


def test_a3_a_urn_that_names_two_resources_names_neither():
    given = bundle(entry({"resourceType": "Group", "id": "g"}, URN), entry(PATIENT, URN), entry(about(URN)))
    assert history_from_bundle(given).history.entries == ()


def test_a3_an_id_is_not_taken_from_the_full_url_of_another_type():
    nameless = {name: part for name, part in observation().items() if name != "id"}
    (found,), _, _ = unpack_bundle(bundle(entry(nameless, f"{HOME}/Condition/c9")))
    assert "id" not in found
