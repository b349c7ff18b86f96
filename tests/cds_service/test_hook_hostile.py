"""The hook's door as broken or hostile clients knock: a clear answer each time, never a crash, never what was sent."""

import orjson
import pytest
from hook_desk import ENGINE, bundle, condition, hook_body, observation, patient, prefetch

PATH = "/cds-services/chart-summary"
CANARY = "canary4711"


def nested(levels):
    value = [1]
    for _ in range(levels):
        value = [value]
    return value


@pytest.fixture
def working(make_desk):
    return make_desk(engine=ENGINE)


@pytest.mark.parametrize("patient_id", ["p1\n", " p1", "p1/../p2", "%70%31", "\u202ep1", "é", "..", True, -0.0, ["p1"]])
def test_s11_a_patient_id_that_only_looks_like_ours_is_400(working, patient_id):
    body = hook_body(context={"userId": "Practitioner/u1", "patientId": patient_id})

    assert working.hook(body).status_code == 400
    assert working.kinds() == []


@pytest.mark.parametrize(
    "server",
    [
        "http://ehr.test/fhir",
        "https://ehr.test/fhir?x",
        "https://ehr.test/fhir#x",
        "https://ehr.test/fhir/../fhir",
        "https://ehr.test/fhir\n",
        "https://ehr.test/fhir\x00",
        f"https://{CANARY}:pw@ehr.test/fhir",
        "//ehr.test/fhir",
        "https://ehr.test:99999/fhir",
        "https://[::1]/fhir",
    ],
)
def test_t5_a_server_that_only_looks_like_ours_is_403_and_on_record(working, server):
    answer = working.hook(hook_body(fhirServer=server))

    assert answer.status_code == 403
    assert CANARY not in answer.text
    assert working.kinds() == ["hook.refused", "alarm.address-refused"]
    assert working.event("hook.refused").key.fhir_base == server


@pytest.mark.parametrize(
    "changes",
    [
        {"patient": patient() | {"name": nested(40)}},
        {"patient": patient() | {"name": [None, 7, {"given": [None, {}]}]}},
        {"patient": patient() | {"name": [{"family": "x" * 1_000_000}]}},
        {"patient": patient() | {"birthDate": "9999-99-99", "gender": ["f"]}},
        {"patient": patient() | {"birthDate": "2999-01-01"}},
        {"patient": patient() | {"deceasedDateTime": "0001-01-01T00:00:00+14:00"}},
        {"conditions": bundle(condition(text="\u0000\u202e<script>![x](http://evil.test)" + "`" * 5_000))},
        {"conditions": bundle(*[condition()] * 5_000)},
        {"conditions": bundle(condition(), link=[None, 7, {"relation": None, "url": {}}])},
        {"conditions": bundle(condition(), link=[{"relation": "next", "url": "http://169.254.169.254/"}])},
        {"conditions": bundle() | {"entry": [None, 7, "x", [], {"resource": 7}, {"resource": {"resourceType": 7}}]}},
        {"observations": bundle(*[observation(number=number) for number in range(5_000)])},
        {"observations": bundle(observation(value=1e308), observation(number=2, value=-1e-308))},
        {"observations": bundle(observation() | {"valueQuantity": {"value": {"value": 31}, "unit": None}})},
        {"observations": bundle(observation() | {"effectiveDateTime": "9999-12-31T23:59:59.999999999+14:00"})},
        {"observations": bundle(observation() | {"effectiveDateTime": "2026-11-02T10:31:00+99:99"})},
        {"unknown" * 1_000: nested(40), "": None},
    ],
)
def test_an_odd_record_gives_a_card_in_the_ledger(working, changes):
    card = working.card(hook_body(prefetch=prefetch(**changes)))

    assert len(card["summary"]) < 140
    assert working.kinds()[-1] != "hook.refused"


@pytest.mark.parametrize(
    "authorization",
    [
        "x",
        7,
        {"access_token": ""},
        {"access_token": "a" * 100_000},
        {"access_token": "a\r\nX-Evil: y"},
        {"access_token": ["a"]},
        {"access_token": "t", "token_type": {}},
        {"access_token": "t", "expires_in": 1e308, "scope": [], "subject": 7},
    ],
)
def test_an_odd_authorization_costs_no_card(working, authorization):
    assert working.card(hook_body(fhirAuthorization=authorization))["summary"]


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b'"hook":"patient-view"', b'"hook":"x","hook":"patient-view"', 200),
        (b'"p1"', b'"p\\ud800"', 400),
        (b"31", b"9" * 400, 400),
        (b"31", b"1e999", 400),
        (b"31", b"Infinity", 400),
        (b"Penicillin", b"Pen\\u0000icillin", 200),
        (b"Canaryfamily", b"Canary\xe9", 400),
    ],
)
def test_odd_json_has_a_clear_answer(working, old, new, status):
    sent = orjson.dumps(hook_body())
    assert old in sent

    assert working.post(PATH, content=sent.replace(old, new)).status_code == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_405(working, method):
    assert working.http.request(method, PATH).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["/cds-services/", "/cds-services//chart-summary", f"{PATH}/", f"{PATH};x", f"{PATH}/feedback/", f"{PATH}/x"],
)
def test_another_path_is_404(working, path):
    assert working.post(path, hook_body()).status_code == 404
    assert working.kinds() == []


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer a"), ("authorization", "Bearer b")],
        [("authorization", "Basic x")],
        [("authorization", "Bearer " + "a" * 100_000)],
        [("authorization", "Bearer " + "." * 5_000)],
        [("authorization", "Bearer \xe9.\xe9.\xe9".encode("latin1"))],
        [("authorization", "Bearer e30." + "W1tb" * 500 + ".x")],
    ],
)
def test_s38_an_odd_token_is_a_bare_401(working, headers):
    answer = working.http.post(PATH, content=orjson.dumps(hook_body()), headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert working.kinds() == []
