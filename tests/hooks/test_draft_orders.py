"""Draft orders as a noun: whose they are, what they are called, and by what one order is told from another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_values import OURS, drafts, medicine, service

from fhir_adapters.history import AlarmKind
from hooks.draft_orders import DraftOrders

BASE = "https://ehr.test/fhir"


def read(*resources, **changes):
    return DraftOrders.of_bundle(drafts(*resources) | changes, patient_id="p1", base=BASE)


def order(kind, **members):
    return {"resourceType": kind, "id": "x1", "subject": OURS, "status": "draft"} | members


NAMED = [
    (order("ServiceRequest", code={"text": "CT head"}), "CT head"),
    (order("MedicationRequest", medicationCodeableConcept={"text": "Amoxicillin"}), "Amoxicillin"),
    (order("MedicationRequest", medicationReference={"display": "Amoxicillin"}), "Amoxicillin"),
    (order("DeviceRequest", codeCodeableConcept={"text": "Wheelchair"}), "Wheelchair"),
    (order("NutritionOrder", patient=OURS, oralDiet={"type": [{"text": "Low salt diet"}]}), "Low salt diet"),
    (order("CommunicationRequest", category=[{"text": "Instruction"}]), "Instruction"),
    (order("VisionPrescription", patient=OURS, lensSpecification=[{"product": {"text": "Lens"}}]), "Lens"),
    (order("SupplyRequest", subject=None, itemCodeableConcept={"text": "Gloves"}), "Gloves"),
    (order("Appointment", participant=[{"actor": OURS}], serviceType=[{"text": "Cardiology"}]), "Cardiology"),
]


@pytest.mark.parametrize(("resource", "title"), NAMED, ids=lambda one: one if isinstance(one, str) else "")
def test_every_type_of_request_is_read_with_its_name(resource, title):
    (found,) = read(resource).orders
    assert (found.title, found.reference) == (title, f"{resource['resourceType']}/x1")


def test_a_medicine_is_named_by_the_medication_beside_or_within_it():
    medication = {"resourceType": "Medication", "id": "d1", "code": {"text": "Ibuprofen"}}
    beside = medicine(1, "x", medicationCodeableConcept=None, medicationReference={"reference": "Medication/d1"})
    within = medicine(
        2, "x", medicationCodeableConcept=None, medicationReference={"reference": "#d1"}, contained=[medication]
    )
    assert [one.title for one in read(beside, within, medication).orders] == ["Ibuprofen", "Ibuprofen"]


@pytest.mark.parametrize("subject", ["Patient/p2", "https://elsewhere.test/fhir/Patient/p1", "Patient?identifier=1"])
def test_t24_a_draft_of_another_patient_is_refused_with_an_alarm(subject):
    found = read(service(1, "CT head", subject={"reference": subject}), service(2, "CBC"))

    assert [one.title for one in found.orders] == ["CBC"]
    (alarm,) = found.alarms
    assert (alarm.kind, alarm.count) == (AlarmKind.WRONG_PATIENT_RESOURCE, 1)
    assert "p2" not in repr(found)


@pytest.mark.parametrize("subject", ["Patient/p1", f"{BASE}/Patient/p1", "Patient/p1/_history/2"])
def test_t24_our_patient_may_be_named_in_every_way(subject):
    found = read(service(1, "CT head", subject={"reference": subject}))
    assert len(found.orders) == 1
    assert not found.alarms


@pytest.mark.parametrize("changes", [{"subject": None}, {"code": {}}, {"id": None}, {"resourceType": "Basic"}])
def test_a_draft_without_a_patient_a_name_or_an_id_is_counted_and_no_order(changes):
    found = read(service(1, "CT head") | changes)
    assert not found.orders
    assert len(found.unread) == 1


def test_selections_pick_drafts_by_reference_and_unknown_ones_pick_nothing():
    found = read(service(1, "CBC"), service(2, "CT head"), service(3, ""))
    chosen = found.selected([f"{BASE}/ServiceRequest/s2", "ServiceRequest/s99"], base=BASE)
    assert [one.title for one in chosen.orders] == ["CT head"]
    assert chosen.unread == ()


def test_a_selection_that_cannot_be_read_is_told():
    assert len(read(service(3, "")).selected(["ServiceRequest/s3"], base=BASE).unread) == 1


def test_a_draft_named_by_a_urn_can_be_selected():
    bundle = drafts(service(1, "CBC"))
    del bundle["entry"][0]["resource"]["id"]
    bundle["entry"][0]["fullUrl"] = "urn:uuid:6fa459ea-ee8a-4ca4-894e-db77e160355e"
    found = DraftOrders.of_bundle(bundle, patient_id="p1", base=BASE)
    for named in ("ServiceRequest/6fa459ea-ee8a-4ca4-894e-db77e160355e", bundle["entry"][0]["fullUrl"]):
        assert [one.title for one in found.selected([named], base=BASE).orders] == ["CBC"]


def test_the_digest_is_of_what_is_ordered_and_of_no_id_time_or_sequence():
    one = read(service(1, "CBC"), service(2, "CT head"))
    other = read(service(7, "CT head", authoredOn="2026-11-02"), service(8, "CBC", meta={"versionId": "3"}))
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "other",
    [
        [service(1, "CBC")],
        [service(1, "CBC"), service(2, "CT head"), service(3, "CT head")],
        [service(1, "CBC"), service(2, "CT chest")],
        [service(1, "CBC"), service(2, "CT head", priority="stat")],
    ],
)
def test_another_order_has_another_digest(other):
    assert read(service(1, "CBC"), service(2, "CT head")).digest != read(*other).digest


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_MEMBERS = ["id", "code", "subject", "patient", "medicationCodeableConcept", "participant", "bodySite", "contained"]
_RESOURCES = st.builds(
    lambda kind, members: {"resourceType": kind} | members,
    st.sampled_from([str(resource["resourceType"]) for resource, _ in NAMED] + ["Medication", "Patient", "Bundle"]),
    st.dictionaries(st.sampled_from(_MEMBERS), _JSON | st.just(OURS) | st.just("x1"), max_size=5),
)


@settings(max_examples=150)
@given(st.lists(_RESOURCES | _JSON, max_size=4), _JSON)
def test_any_bundle_is_read_and_nothing_of_it_passes_unnoticed(resources, more):
    found = read(*resources, more=more)
    assert len(found.contents) == len(found.orders)
    for one in found.orders:
        assert one.title
        assert one.reference
