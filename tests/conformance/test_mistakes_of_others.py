"""What other services were seen to do wrong (cds-hooks.md 11), each as what ours must not do."""

import json
import threading
import uuid
from dataclasses import replace

import pytest
from fhir_desk import Gate
from hook_calls import body, context, prefetch
from hook_desk import PUBLIC
from starlette.testclient import TestClient

from cds_service.app import create_app
from hooks.card import Card, Coding, Indicator, Source
from hooks.service import service as make_service

CANARY = "Canarymarker"


def test_discovery_stands_at_its_path_and_lists_prefetch(service, discovery):
    assert service.http.get("/.well-known/cds-services").status_code == 404
    assert service.http.get("/").status_code == 404
    assert any(entry["prefetch"] for entry in discovery.values())


def test_a_request_that_names_a_fhir_server_gets_a_card(call, fhir):
    assert call(fhirServer=fhir.base).json()["cards"]


def test_a_crash_is_never_an_empty_list(call):
    """Whatever the chart holds, an answer without a card needs a reason; test_s17 has a service that is at fault."""
    assert call().json()["cards"]


def test_dispatch_follows_the_url_and_a_body_of_another_hook_is_refused(service, discovery):
    for entry in discovery.values():
        for other in discovery.values():
            answer = service.hook(body(entry), service=other["id"])
            assert answer.status_code == (200 if other["hook"] == entry["hook"] else 400)


def test_two_services_of_one_hook_are_both_listed_and_each_answers_for_itself(service, chart_summary, patient_id):
    source = Source(label="Pharmacy", topic=Coding(system="urn:example:topic", code="second", display="Second"))

    @make_service(id="second", hook="patient-view", title="Second", description="Another of the same hook.")
    def second(_request, chart):
        return (Card(uuid=chart.new_id(), summary="The second", indicator=Indicator.INFO, source=source),)

    both = {**service.parts.services, "second": second}
    client = TestClient(create_app(replace(service.parts, services=both, starts=())), base_url=PUBLIC)
    said = {}
    for one in ("second", "chart-summary"):
        path = f"/cds-services/{one}"
        headers = {"authorization": f"Bearer {service.token(path)}"}
        (card,) = client.post(path, json=body(chart_summary, patient_id), headers=headers).json()["cards"]
        said[one] = card["source"]["label"]

    assert said == {"second": "Pharmacy", "chart-summary": "Chartside"}


def test_a_context_is_read_whole_and_draft_orders_reach_their_hook(service, discovery):
    for entry in discovery.values():
        for member, value in context(entry["hook"]).items():
            if isinstance(value, dict):
                broken = body(entry)
                broken["context"] = {**broken["context"], member: "no bundle"}
                assert service.hook(broken, service=entry["id"]).status_code == 400, (entry["id"], member)


def test_a_call_that_waits_for_its_fhir_server_stops_nobody_else(service, chart_summary, fhir):
    """Not timed: the first call cannot end before the others have been answered."""
    fhir.held["waits"] = held = threading.Event()
    made = body(chart_summary, "waits", prefetch=..., fhirServer=fhir.base)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(service.hook(made)))
    waiting.start()
    try:
        assert service.http.get("/healthz").status_code == 200
        assert service.hook(body(chart_summary, "passes")).status_code == 200
        assert answers == []
    finally:
        held.set()
        waiting.join()
    assert answers[0].status_code == 200


def test_hook_instance_is_required_and_broken_json_is_400(service, call):
    assert call(hookInstance=...).status_code == 400
    assert service.post("/cds-services/chart-summary", content=b'{"hook": ').status_code == 400


def test_no_refusal_repeats_what_was_sent(service, discovery):
    for entry in discovery.values():
        for broken in (
            body(entry, hook=CANARY),
            body(entry, hookInstance=CANARY),
            body(entry, context={"patientId": f"{CANARY}/1", "userId": CANARY}),
            body(entry, prefetch={CANARY: CANARY}),
            body(entry, fhirServer=f"https://{CANARY}.test"),
        ):
            answer = service.hook(broken, service=entry["id"])
            assert answer.status_code >= 400
            assert CANARY.lower() not in answer.text.lower()
    assert CANARY not in service.hook(body(entry), service=CANARY).text


def test_cards_have_uuids_and_no_misspelt_or_withdrawn_member(call):
    (card,) = call().json()["cards"]

    assert uuid.UUID(card["uuid"])
    assert "autoLaunchable" not in json.dumps(card)
    assert card["indicator"] != "hard-stop"
    assert card["source"]["label"]
    assert card["selectionBehavior"]


def test_no_origin_is_reflected(service):
    answer = service.http.get("/cds-services", headers={"origin": "https://evil.test"})

    assert "access-control-allow-origin" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "server", ["http://169.254.169.254/fhir", "https://ehr.test.evil.test/fhir", "file:///etc/passwd"]
)
def test_t5_a_fhir_server_that_is_not_listed_is_never_asked(call, fhir, patient_id, server):
    answer = call(prefetch=..., fhirServer=server)

    assert answer.status_code == 403
    assert fhir.of(patient_id) == []


def test_every_page_is_read_and_a_next_link_is_followed_as_it_stands(call, fhir, patient_id, chart_summary):
    opaque = f"{fhir.base}/Condition?patient={patient_id}&page=2&_token=a%2Bb%3D%3D%26c"
    sent = prefetch(chart_summary, patient_id)
    sent["conditions"]["link"] = [{"relation": "next", "url": opaque}]

    assert call(prefetch=sent, fhirServer=fhir.base).status_code == 200
    assert fhir.of(patient_id)[0].query["_token"] == ["a+b==&c"]


def test_feedback_is_routed_and_answers_are_application_json(service, call):
    answer = service.feedback({"card": str(uuid.uuid4()), "outcome": "overridden"})

    assert answer.status_code == 404
    assert call().headers["content-type"] == "application/json"


def test_r4_members_survive_that_another_release_does_not_have(call, patient_id, chart_summary):
    sent = prefetch(chart_summary, patient_id)
    order = {
        "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
        "subject": {"reference": f"Patient/{patient_id}"},
        "medicationCodeableConcept": {"text": "Warfarin 5 mg tablet"},
    }  # fmt: skip
    sent["medicationRequests"]["entry"] = [{"resource": order}]
    sent["medicationRequests"]["total"] = 1
    sent["conditions"]["entry"], sent["conditions"]["total"] = [], 0

    (card,) = call(prefetch=sent).json()["cards"]
    assert "warfarin" in card["detail"].lower()


def test_reads_are_not_one_after_the_other(call, fhir, patient_id):
    fhir.gates[patient_id] = gate = Gate(8)

    assert call(prefetch=..., fhirServer=fhir.base).status_code == 200
    assert gate.met
