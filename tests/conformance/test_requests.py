"""S10, S11, S14 to S16 and the two invariants of a request, over HTTP, for every service that is listed."""

import threading

import pytest
from hook_calls import body, context
from hook_desk import USER

from cds_service.parts import Pace
from fhir_adapters.secret import Secret


def authorization(**changes):
    made = {
        "access_token": "canary-of-conformance",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/Patient.rs user/Condition.rs",
        "subject": "cds-service",
    } | changes
    return {name: value for name, value in made.items() if value is not ...}


def test_s10_the_required_members_are_enough(service, discovery, patient_id):
    for entry in discovery.values():
        made = body(entry, patient_id)
        assert made.keys() == {"hook", "hookInstance", "context", "prefetch"}
        assert service.hook(made, service=entry["id"]).status_code == 200, entry["id"]


@pytest.mark.parametrize("member", ["hook", "hookInstance", "context"])
def test_s10_a_missing_required_member_is_400_for_every_service(service, discovery, patient_id, member):
    for entry in discovery.values():
        answer = service.hook(body(entry, patient_id, **{member: ...}), service=entry["id"])
        assert answer.status_code == 400, entry["id"]


def test_s10_optional_members_are_taken_and_unknown_ones_ignored(service, discovery, patient_id, fhir):
    for entry in discovery.values():
        made = body(
            entry, patient_id, fhirServer=fhir.base, fhirAuthorization=authorization(patient=patient_id),
            extension={"com.example.any": {"deep": [1, 2]}}, futureMember={"x": 1},
        )  # fmt: skip
        made["context"] = {**made["context"], "futureField": ["x"]}
        assert service.hook(made, service=entry["id"]).status_code == 200, entry["id"]


@pytest.mark.parametrize("instance", ["", "1", "not-a-uuid", 7, None, "3f1f6c1e-3d5f-4f0e-9a1c-2f8c6a1b9d0e0"])
def test_s10_a_hook_instance_that_is_no_uuid_is_400(call, instance):
    assert call(hookInstance=instance).status_code == 400


def test_s11_a_hook_that_is_not_the_services_own_is_400(service, discovery, patient_id):
    for entry in discovery.values():
        answer = service.hook(body(entry, patient_id, hook="medication-prescribe"), service=entry["id"])
        assert answer.status_code == 400, entry["id"]


def test_s11_an_id_that_is_not_listed_is_404(service, chart_summary, patient_id):
    assert service.hook(body(chart_summary, patient_id), service="patient-view").status_code == 404


def test_s11_a_missing_required_context_field_is_400_and_never_made_up(service, discovery, patient_id):
    for entry in discovery.values():
        required = set(context(entry["hook"])) - optional(entry["hook"])
        for member in required:
            left = {name: value for name, value in context(entry["hook"], patient_id).items() if name != member}
            answer = service.hook(body(entry, patient_id, context=left), service=entry["id"])
            assert answer.status_code == 400, (entry["id"], member)


def optional(hook):
    return set() if hook in {"encounter-start", "encounter-discharge"} else {"encounterId"}


@pytest.mark.parametrize("patient", ["Patient/p1", "a/b", "", " ", None, 7, ["p1"], "https://ehr.test/fhir/Patient/p1"])
def test_s11_a_patient_id_that_is_no_bare_id_is_400(service, discovery, patient):
    for entry in discovery.values():
        made = body(entry)
        made["context"] = made["context"] | {"patientId": patient}
        assert service.hook(made, service=entry["id"]).status_code == 400, entry["id"]


@pytest.mark.parametrize("user", ["u1", "Practitioner", "Practitioner/", "/u1", "Device/u1", "", None, 7])
def test_s11_a_user_id_that_is_no_type_and_id_is_400(service, discovery, user):
    for entry in discovery.values():
        made = body(entry)
        if "userId" in made["context"]:
            made["context"] = made["context"] | {"userId": user}
            assert service.hook(made, service=entry["id"]).status_code == 400, entry["id"]


def test_s14_prefetch_alone_is_enough_and_nobody_is_asked(call, fhir, patient_id):
    answer = call()

    assert answer.json()["cards"]
    assert fhir.of(patient_id) == []


def test_s14_a_server_alone_is_enough(call, fhir, patient_id):
    answer = call(prefetch=..., fhirServer=fhir.base, fhirAuthorization=authorization())

    (card,) = answer.json()["cards"]
    assert "diabetes" in card["detail"].lower()
    assert fhir.of(patient_id)


def test_s15_every_read_carries_the_access_token_and_the_token_is_kept_nowhere(call, fhir, patient_id, ledger_folder):
    call(prefetch=..., fhirServer=fhir.base, fhirAuthorization=authorization(access_token="canary-s15-token"))

    assert {one.authorization for one in fhir.of(patient_id)} == {"Bearer canary-s15-token"}
    kept = b"".join(file.read_bytes() for file in ledger_folder.rglob("*") if file.is_file())
    assert kept
    assert b"canary-s15-token" not in kept
    assert "canary" not in repr(Secret("canary-s15-token"))


def test_s16_a_server_that_does_not_answer_is_not_waited_for(hasty_service, chart_summary, fhir, patient_id):
    """Not timed: the server holds each request until the answer is here."""
    assert (Pace().gather_s, Pace().cap_s) == (0.4, 1.5)
    fhir.held[patient_id] = held = threading.Event()
    try:
        made = body(chart_summary, patient_id, fhirServer=fhir.base, fhirAuthorization=authorization())
        made["prefetch"] = {"patient": made["prefetch"]["patient"]}
        (card,) = hasty_service.hook(made).json()["cards"]
    finally:
        held.set()

    assert "not seen" in card["summary"].lower()


def test_cds_r_1_an_authorization_without_a_server_uses_no_token_and_asks_nobody(call, fhir, patient_id):
    answer = call(fhirAuthorization=authorization())

    assert answer.status_code == 200
    assert fhir.of(patient_id) == []


def test_cds_r_2_patient_scopes_go_with_the_patient_and_with_no_other(call, fhir, patient_id):
    scoped = authorization(scope="patient/Patient.rs patient/Condition.rs")

    assert call(fhirServer=fhir.base, fhirAuthorization=scoped).status_code == 200  # a warning in the standard
    assert call(fhirServer=fhir.base, fhirAuthorization=scoped | {"patient": patient_id}).status_code == 200
    assert call(fhirServer=fhir.base, fhirAuthorization=scoped | {"patient": "somebody-else"}).status_code == 400


def test_s10_the_user_may_be_of_each_type_that_patient_view_lists(call, patient_id):
    for user in (USER, "PractitionerRole/r1", "Patient/p9", "RelatedPerson/x1"):
        assert call(context={"userId": user, "patientId": patient_id}).status_code == 200
