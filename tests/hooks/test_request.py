import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.chart_summary import chart_summary
from hooks.errors import HookError, MalformedContext, MalformedRequest, WrongHook
from hooks.request import parse_hook_request

INSTANCE = "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA"


def body(**changes):
    whole = {
        "hook": "patient-view",
        "hookInstance": INSTANCE,
        "context": {"userId": "Practitioner/u1", "patientId": "p1"},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def context(**changes):
    whole = {"userId": "Practitioner/u1", "patientId": "p1"} | changes
    return body(context={name: value for name, value in whole.items() if value is not ...})


def parse(sent):
    return parse_hook_request(sent, chart_summary)


def authorization(**changes):
    token = {"access_token": "t0ken", "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "s"}
    return body(fhirServer="https://ehr.test/fhir", fhirAuthorization=token | changes)


def test_s10_a_request_is_read():
    request = parse(context(encounterId="e1", com_example="x"))

    assert request.hook_instance == INSTANCE.lower()
    assert (request.context.patient_id, request.context.user_id) == ("p1", "Practitioner/u1")
    assert request.context.encounter_id == "e1"
    assert request.context.extra == {"com_example": "x"}


@pytest.mark.parametrize("empty", [None, {}, "", []])
@pytest.mark.parametrize("member", ["prefetch", "fhirAuthorization", "fhirServer"])
def test_section_9_3_null_and_empty_members_count_as_absent(member, empty):
    request = parse(body(**{member: empty}))

    assert request.prefetch == {}
    assert request.fhir_server == ""
    assert request.fhir_authorization is None


@pytest.mark.parametrize("absent", [..., None, ""])
def test_section_9_3_encounter_id_may_be_absent(absent):
    assert parse(context(encounterId=absent)).context.encounter_id == ""


@pytest.mark.parametrize("sent", [None, [], "x", 7])
def test_s10_what_is_no_object_is_refused(sent):
    with pytest.raises(MalformedRequest):
        parse(sent)


@pytest.mark.parametrize("hook", [..., None, "order-sign", "Patient-View", ["patient-view"]])
def test_s11_another_hook_than_the_services_own_is_refused(hook):
    with pytest.raises(WrongHook):
        parse(body(hook=hook))


@pytest.mark.parametrize("instance", [..., None, "", "1", INSTANCE + "0", {"a": 1}])
def test_s10_a_hook_instance_that_is_no_uuid_is_refused(instance):
    with pytest.raises(MalformedRequest):
        parse(body(hookInstance=instance))


@pytest.mark.parametrize("sent", [..., None, {}, [], "p1"])
def test_s10_a_context_that_is_no_object_is_refused(sent):
    with pytest.raises(MalformedRequest):
        parse(body(context=sent))


@pytest.mark.parametrize("patient_id", [..., None, "", "Patient/p1", "../p1", "p 1", 7, ["p1"], "p1\n", "x" * 200])
def test_s11_a_missing_or_malformed_patient_id_is_refused_and_never_made_up(patient_id):
    with pytest.raises(MalformedContext):
        parse(context(patientId=patient_id))


@pytest.mark.parametrize("user_id", [..., None, "", "u1", "Device/u1", "Practitioner/", "Practitioner/u1/x", "/u1", 7])
def test_s11_a_user_id_that_is_no_reference_of_an_allowed_type_is_refused(user_id):
    with pytest.raises(MalformedContext):
        parse(context(userId=user_id))


@pytest.mark.parametrize("encounter_id", ["Encounter/e1", "e 1", 0, False, 7, ["e1"], {"id": "e1"}])
def test_s11_a_malformed_encounter_id_is_refused(encounter_id):
    with pytest.raises(MalformedContext):
        parse(context(encounterId=encounter_id))


@pytest.mark.parametrize("extension", [None, 7, "x", [], {"com.example": {"a": [1]}}])
def test_an_extension_is_none_of_ours_and_ignored_whatever_it_is(extension):
    assert parse(body(extension=extension)) == parse(body())


@pytest.mark.parametrize("odd", [0, False, 7, 0.0])
@pytest.mark.parametrize("member", ["prefetch", "fhirServer"])
def test_a_number_or_a_boolean_is_never_an_absent_member(member, odd):
    with pytest.raises(MalformedRequest):
        parse(body(**{member: odd}))


def test_t6_the_access_token_is_shown_by_no_repr():
    request = parse(authorization(access_token="canary-token"))

    assert request.fhir_authorization.token.reveal() == "canary-token"
    assert "canary-token" not in repr(request)


@pytest.mark.parametrize("changes", [{"access_token": None}, {"access_token": "a b"}, {"token_type": "MAC"}])
def test_a_token_that_cannot_be_used_is_no_token(changes):
    assert parse(authorization(**changes)).fhir_authorization is None


@pytest.mark.parametrize(
    "patient",
    [
        "p2",
        "P1",
        "Patient/p2",
        "Practitioner/p1",
        "https://ehr.test/fhir/Patient/p2",
        "https://other.test/fhir/Patient/p1",
        "https://ehr.test/fhir/other/Patient/p1",
        "https://ehr.test/Patient/p1",
        "http://ehr.test/fhir/Patient/p1",
        "https://ehr.test/fhir/Patient/p1?x=1",
        "https://ehr.test/fhir/Patient/p1#x",
        "https://ehr.test/fhir/Patient/p1/Observation/p1",
        "https://ehr.test/fhir?x=/Patient/p1",
        "https://ehr.test/fhir/../fhir/Patient/p1",
        "https://ehr.test@other.test/fhir/Patient/p1",
        "ftp://ehr.test/fhir/Patient/p1",
        "//ehr.test/fhir/Patient/p1",
        "urn:uuid:p1",
        "p1,p2",
        ["p1"],
        {"reference": "Patient/p2"},
        7,
        0,
        False,
        [],
    ],
)
@pytest.mark.parametrize("token", [{}, {"token_type": "MAC"}])
def test_t24_a_token_for_another_patient_is_refused(patient, token):
    with pytest.raises(MalformedContext):
        parse(authorization(patient=patient, **token))


@pytest.mark.parametrize(
    "patient",
    [
        "p1",
        " p1 ",
        "Patient/p1",
        "Patient/p1/_history/3",
        "https://ehr.test/fhir/Patient/p1",
        "https://EHR.test:443/fhir/Patient/p1",
        "https://ehr.test/fhir/Patient/p1/_history/3",
        "",
        None,
        ...,
    ],
)
def test_b8f_a_token_for_this_patient_is_taken_by_id_on_the_base_that_is_named(patient):
    sent = authorization(patient=patient)
    if patient is ...:
        del sent["fhirAuthorization"]["patient"]

    assert parse(sent).fhir_authorization is not None


def test_b8f_an_absolute_patient_without_a_server_is_nobody_here():
    with pytest.raises(MalformedContext):
        parse(authorization(patient="https://ehr.test/fhir/Patient/p1") | {"fhirServer": ""})


@given(secret=st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=30).map("canary{}".format))
def test_no_refusal_repeats_what_was_sent(secret):
    for sent in (body(hook=secret), body(hookInstance=secret), context(patientId=secret + "/"), context(userId=secret)):
        with pytest.raises(HookError) as caught:
            parse(sent)
        assert secret not in str(caught.value)
