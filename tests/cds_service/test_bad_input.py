"""Bad input at every door has a clear answer and leaves the ledger whole (the fixture verifies it after each test)."""

import gzip

import orjson
import pytest
from hook_desk import EC_KEY, bundle, condition, hook_body, patient, prefetch

PATH = "/cds-services/chart-summary"
CANARY = "canary4711"


def outcome(answer, status):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert CANARY not in answer.text
    return answer.json()["issue"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not json",
        b"[]",
        b'"x"',
        b"null",
        b"\xff\xfe{}",
        b'{"a": NaN}',
        b'{"a": 1,}',
        b'{"hook": "' + CANARY.encode(),
    ],
)
def test_what_is_no_json_object_is_400(desk, content):
    outcome(desk.post(PATH, content=content), 400)


@pytest.mark.parametrize(
    "content", [b"[" * 1_000_000, b'{"a":' * 300 + b"1" + b"}" * 300, b'{"a":' * 900 + b"1" + b"}" * 900]
)
def test_t11_json_that_is_nested_too_deeply_is_400(desk, content):
    outcome(desk.post(PATH, content=content), 400)


@pytest.mark.parametrize("member", ["prefetch", "extension", "context"])
@pytest.mark.parametrize("levels", [255, 300, 900])
def test_t11_a_hook_with_a_member_nested_too_deeply_is_400_and_leaves_nothing(desk, member, levels):
    deep = b'{"patient":' * levels + b"1" + b"}" * levels
    whole = orjson.dumps(hook_body(**{member: None}) | {member: "HERE"}).replace(b'"HERE"', deep)
    outcome(desk.post(PATH, content=whole), 400)
    assert desk.kinds() == []


def test_a_byte_order_mark_is_tolerated(desk):
    assert desk.post(PATH, content=b"\xef\xbb\xbf" + orjson.dumps(hook_body())).status_code == 200


def test_t11_a_body_of_20_megabytes_is_413_declared_or_not(desk):
    big = b'{"a": "' + b"x" * 20_000_000 + b'"}'
    outcome(desk.post(PATH, content=big), 413)

    def stream():
        yield from (big[start : start + 65_536] for start in range(0, len(big), 65_536))

    headers = {"Authorization": f"Bearer {desk.token(PATH)}", "content-type": "application/json"}
    outcome(desk.http.post(PATH, content=stream(), headers=headers), 413)
    assert desk.kinds() == []


def test_t11_a_compressed_body_is_415(desk):
    packed = gzip.compress(orjson.dumps(hook_body()))
    outcome(desk.post(PATH, content=packed, **{"content-encoding": "gzip"}), 415)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"]
)
def test_another_media_type_is_415(desk, kind):
    outcome(desk.post(PATH, content=orjson.dumps(hook_body()), **{"content-type": kind}), 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/fhir+json", "APPLICATION/JSON"])
def test_json_media_types_are_taken(desk, kind):
    assert desk.post(PATH, content=orjson.dumps(hook_body()), **{"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        hook_body(hook="order-sign"),
        hook_body(hook=...),
        hook_body(hookInstance=CANARY),
        hook_body(context=...),
        hook_body(context={"userId": "Practitioner/u1"}),
        hook_body(context={"userId": CANARY, "patientId": "p1"}),
        hook_body(context={"userId": "Practitioner/u1", "patientId": f"Patient/{CANARY}"}),
        hook_body(prefetch=[1]),
        hook_body(fhirServer=7),
        hook_body(fhirServer="https://ehr.test/fhir", fhirAuthorization={"access_token": "t", "patient": CANARY}),
    ],
)
def test_s11_a_wrong_hook_or_context_is_400_and_never_repeated(desk, body):
    outcome(desk.hook(body), 400)
    assert desk.kinds() == []


def test_s6_an_unknown_service_is_404(desk):
    assert outcome(desk.hook(service="nothing"), 404)["code"] == "not-found"


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceType": "Condition"},
        {"resourceType": "Condition", "id": "x", "subject": "Patient/p1"},
        {"resourceType": "Condition", "id": ["x"], "subject": {"reference": "Patient/p1"}, "code": 7},
        {
            "resourceType": "Condition",
            "id": "x",
            "subject": {"reference": "Patient/p1"},
            "recordedDate": "2024-02-30",
            "code": [],
        },
        {"resourceType": "Canary", "id": "x"},
        {"id": "x"},
        {},
        None,
        7,
    ],
)
def test_a_bundle_with_a_broken_resource_keeps_the_others(desk, broken):
    card = desk.card(hook_body(prefetch=prefetch(conditions=bundle(condition(), broken))))

    assert "type 2 diabetes" in (card["summary"] + card["detail"]).lower()


@pytest.mark.parametrize(
    "value", [None, {"resourceType": "OperationOutcome", "issue": []}, [], "x", 7, {"resourceType": "Bundle"}, {}]
)
@pytest.mark.parametrize("key", ["conditions", "observations", "imagingStudies"])
def test_s12_a_prefetch_value_of_any_kind_gives_a_card(desk, key, value):
    assert desk.card(hook_body(prefetch=prefetch(**{key: value})))["summary"]


@pytest.mark.parametrize(
    "value",
    [None, {}, [], {"resourceType": "Patient"}, {"resourceType": "OperationOutcome"}, {"resourceType": "Bundle"}],
)
def test_s13_a_patient_that_cannot_be_used_is_412(desk, value):
    outcome(desk.hook(hook_body(prefetch=prefetch(patient=value))), 412)


def test_t24_the_patient_of_another_is_400(desk):
    outcome(desk.hook(hook_body(prefetch=prefetch(patient=patient(CANARY)))), 400)


@pytest.mark.parametrize(("method", "path"), [("GET", "/cds-services"), ("POST", PATH), ("POST", PATH + "/feedback")])
async def test_s38_an_unsigned_call_is_401_before_its_body_is_read(desk, method, path):
    sent = []

    async def receive():
        raise AssertionError("the body was asked for")

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"cds.test")], "root_path": "",
        "scheme": "https", "server": ("cds.test", 443), "client": ("10.0.0.1", 1),
    }  # fmt: skip
    await desk.http.app(scope, receive, send)

    assert sent[0]["status"] == 401
    assert b"".join(message.get("body", b"") for message in sent) == b""
    assert desk.kinds() == []


def test_t4_a_token_is_good_for_one_call(desk):
    headers = {"Authorization": f"Bearer {desk.token(PATH)}"}

    assert desk.http.post(PATH, json=hook_body(), headers=headers).status_code == 200
    assert desk.http.post(PATH, json=hook_body(), headers=headers).status_code == 401
    assert desk.kinds().count("card.issued") == 1


def test_a_token_for_discovery_does_not_open_a_service(desk):
    headers = {"Authorization": f"Bearer {desk.token('/cds-services', key=EC_KEY)}"}

    assert desk.http.post(PATH, json=hook_body(), headers=headers).status_code == 401
