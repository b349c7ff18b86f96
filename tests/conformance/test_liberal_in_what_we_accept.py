"""What real clients send and we take (cds-hooks.md 9.3), and the four things that we are strict on."""

import pytest
from hook_calls import body, context
from hook_desk import USER, bundle

EMPTY = [None, {}, [], ""]


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
@pytest.mark.parametrize("member", ["fhirAuthorization", "extension", "fhirServer"])
def test_1_an_empty_optional_member_counts_as_absent(call, member, empty):
    assert call(**{member: empty}).status_code == 200


@pytest.mark.parametrize("empty", [None, {}], ids=repr)
def test_1_an_empty_prefetch_counts_as_absent(call, fhir, empty):
    assert call(prefetch=empty).status_code == 412
    assert call(prefetch=empty, fhirServer=fhir.base).status_code == 200


def test_2_an_encounter_may_be_missing_wherever_it_is_optional(service, discovery, patient_id):
    for entry in discovery.values():
        if entry["hook"] in {"encounter-start", "encounter-discharge", "order-dispatch"}:
            continue
        for missing in (..., None, ""):
            made = body(entry, patient_id)
            made["context"] = {
                name: value for name, value in (made["context"] | {"encounterId": missing}).items() if value is not ...
            }
            assert service.hook(made, service=entry["id"]).status_code == 200, entry["id"]


def test_2_a_dispatch_has_no_user(service, discovery, patient_id):
    for entry in discovery.values():
        if entry["hook"] == "order-dispatch":
            assert "userId" not in context(entry["hook"])
            assert service.hook(body(entry, patient_id), service=entry["id"]).status_code == 200


def test_5_a_token_may_say_more_and_its_audience_may_be_a_list(service):
    now = int(service.clock().timestamp())
    path = "/cds-services"
    token = service.token(path, nbf=now - 300, sub="client", aud=["https://other.test", f"https://cds.test{path}"])

    assert service.http.get(path, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_7_unknown_members_are_ignored_at_every_level(call, chart_summary, patient_id):
    made = body(chart_summary, patient_id)
    made["context"] |= {"x": {"y": []}}
    for value in made["prefetch"].values():
        value["unknownMember"] = {"deep": None}
        for entry in value.get("entry", []):
            entry["unknownMember"] = entry["resource"]["unknownMember"] = ["x"]

    assert call(context=made["context"], prefetch=made["prefetch"], unknownMember=1).status_code == 200


def test_a_prefetch_key_that_nobody_asked_for_is_passed_over(call, chart_summary, patient_id):
    more = body(chart_summary, patient_id)["prefetch"] | {"anotherServices": bundle()}

    assert call(prefetch=more).status_code == 200


def test_old_names_of_order_dispatch_are_taken(service, discovery, patient_id):
    for entry in discovery.values():
        if entry["hook"] == "order-dispatch":
            old = {"patientId": patient_id, "order": "ServiceRequest/order1", "performer": "Organization/imaging"}
            assert service.hook(body(entry, patient_id, context=old), service=entry["id"]).status_code == 200


def test_strict_on_hook_identity_and_server(call, patient_id):
    another = {"userId": USER, "patientId": f"{patient_id}-2"}

    assert call(hook="order-review").status_code == 400
    assert call(context=another).status_code == 400  # the prefetch is of another patient (T24)
    assert call(fhirServer="https://other.test/fhir").status_code == 403
