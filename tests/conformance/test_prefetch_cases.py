"""S12 and S13 over HTTP: absent, null, OperationOutcome and a page of several, of what is required and what is not."""

import pytest
from fhir_desk import Gate
from hook_calls import body, prefetch
from hook_desk import bundle, condition

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
AUTHORIZATION = {
    "access_token": "canary-prefetch", "token_type": "Bearer", "expires_in": 60, "scope": "user/*.rs", "subject": "s",
}  # fmt: skip
# Epic's empty search: a Bundle of one OperationOutcome, code 4101, nothing found.
EPIC_EMPTY = {
    "resourceType": "Bundle",
    "type": "searchset",
    "total": 0,
    "entry": [
        {
            "search": {"mode": "outcome"},
            "resource": {
                "resourceType": "OperationOutcome",
                "issue": [
                    {
                        "severity": "warning",
                        "code": "processing",
                        "details": {"coding": [{"system": "urn:example:epic", "code": "4101"}]},
                    }
                ],
            },
        }
    ],
}


@pytest.fixture
def post(call, chart_summary, patient_id, fhir):
    """Posts a prefetch with some keys changed, with the client's server or without."""

    def made(*, server=True, **keys):
        sent = {key: value for key, value in (prefetch(chart_summary, patient_id) | keys).items() if value is not ...}
        more = {"fhirServer": fhir.base, "fhirAuthorization": AUTHORIZATION} if server else {}
        return call(prefetch=sent, **more)

    return made


def asked_types(fhir, patient_id):
    return {one.path.partition("/")[0] for one in fhir.of(patient_id)}


def only_card(answer):
    assert answer.status_code == 200, answer.text
    (card,) = answer.json()["cards"]
    return card


def test_s12_an_absent_optional_key_is_read_from_the_server_and_nothing_else_is(post, fhir, patient_id):
    card = only_card(post(conditions=...))

    assert asked_types(fhir, patient_id) == {"Condition"}
    assert "diabetes" in card["detail"].lower()


def test_s12_an_absent_optional_key_without_a_server_is_said_to_be_missing(post, fhir, patient_id):
    card = only_card(post(server=False, allergies=...))

    assert fhir.of(patient_id) == []
    assert "allerg" in card["summary"].lower()
    assert "not seen" in card["summary"].lower()


def test_s12_an_optional_null_is_no_data_and_is_not_read_again(post, fhir, patient_id):
    card = only_card(post(conditions=None, allergies=None))

    assert fhir.of(patient_id) == []
    assert "not seen" not in card["summary"].lower()


def test_s12_an_optional_outcome_is_said_to_be_missing_and_is_not_read_again(post, fhir, patient_id):
    card = only_card(post(allergies=OUTCOME))

    assert fhir.of(patient_id) == []
    assert "not seen" in card["summary"].lower()


def test_s12_the_pages_of_an_optional_bundle_are_followed(post, fhir, patient_id):
    link = [{"relation": "next", "url": f"{fhir.base}/Condition?patient={patient_id}&page=2"}]
    card = only_card(post(conditions=bundle(condition(patient_id), link=link, total=2)))

    assert [one.query.get("page") for one in fhir.of(patient_id)] == [["2"]]
    assert fhir.of(patient_id)[0].authorization == "Bearer canary-prefetch"
    assert "from 4 of 4 entries read" in card["detail"]  # a card holds three lines, and the fourth entry is counted


def test_s12_pages_that_cannot_be_followed_are_said_to_be_missing(post, fhir, patient_id):
    link = [{"relation": "next", "url": f"{fhir.base}/Condition?patient={patient_id}&page=2"}]
    card = only_card(post(server=False, conditions=bundle(condition(patient_id), link=link)))

    assert fhir.of(patient_id) == []
    assert "seen only in part" in card["summary"]


def test_t5_a_next_page_on_another_server_is_never_followed(post, fhir, patient_id):
    link = [{"relation": "next", "url": f"http://169.254.169.254/Condition?patient={patient_id}"}]
    card = only_card(post(conditions=bundle(condition(patient_id), link=link)))

    assert fhir.of(patient_id) == []
    assert "seen only in part" in card["summary"]


@pytest.mark.parametrize("empty", [None, bundle(), EPIC_EMPTY], ids=["null", "empty Bundle", "Epic's outcome entry"])
def test_s12_an_empty_search_in_each_of_its_forms_is_no_data(post, fhir, patient_id, empty):
    card = only_card(post(conditions=empty, allergies=empty, medicationRequests=empty))

    assert fhir.of(patient_id) == []
    assert "not seen" not in card["summary"].lower()


def test_s12_an_absent_patient_is_read_from_the_server(post, fhir, patient_id):
    assert only_card(post(patient=...))
    assert asked_types(fhir, patient_id) == {"Patient"}


@pytest.mark.parametrize("value", [None, OUTCOME], ids=["null", "OperationOutcome"])
def test_s13_a_patient_that_the_client_could_not_give_is_412_and_is_not_read_again(post, fhir, patient_id, value):
    answer = post(patient=value)

    assert answer.status_code == 412
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert fhir.of(patient_id) == []


def test_s13_a_patient_neither_sent_nor_to_be_had_is_412(post, fhir, patient_id):
    assert post(server=False, patient=...).status_code == 412

    fhir.without.add(patient_id)
    assert post(patient=...).status_code == 412


def test_s13_a_patient_that_the_token_may_not_see_is_412(post, fhir, patient_id):
    fhir.refused.add(patient_id)

    assert post(patient=...).status_code == 412


def test_s13_each_service_answers_412_with_an_outcome_where_there_is_nothing_at_all(service, discovery, patient_id):
    for entry in discovery.values():
        answer = service.hook(body(entry, patient_id, prefetch=...), service=entry["id"])

        assert answer.status_code == 412, entry["id"]
        assert answer.json()["issue"][0]["code"] == "required"


def test_s12_a_patient_within_a_bundle_is_taken(post, fhir, patient_id, chart_summary):
    whole = prefetch(chart_summary, patient_id)["patient"]

    assert only_card(post(patient=bundle(whole)))
    assert fhir.of(patient_id) == []


def test_s12_missing_keys_are_read_at_the_same_time(call, fhir, patient_id):
    """Not timed: no request is answered until eight are there at once, so one after the other would bring nothing."""
    fhir.gates[patient_id] = gate = Gate(8)

    card = only_card(call(prefetch=..., fhirServer=fhir.base, fhirAuthorization=AUTHORIZATION))

    assert gate.met
    assert "diabetes" in card["detail"].lower()
    assert "not seen" not in card["summary"].lower()
