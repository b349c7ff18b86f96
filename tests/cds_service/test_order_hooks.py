"""What a chart holds about orders, as a clinician gets it: case by case over the running service."""

import re
from dataclasses import replace

import pytest
from hook_desk import BASE, bundle, patient
from order_desk import ago, card, chart, fire, silence
from order_values import allergy, medicine, report, result, service
from page_desk import shown

from fhir_adapters.fhir_server import SearchResult
from hooks.order_sign_context import order_sign_context
from hooks.service import Silence
from ledger.records import PatientKey

BLOOD = [
    result(1, "Hemoglobin", "718-7", 9.1, "g/dL", ago(2), referenceRange=[{"low": {"value": 12}}]),
    result(2, "Hemoglobin", "718-7", 12.4, "g/dL", ago(150), referenceRange=[{"low": {"value": 12}}]),
    result(3, "Leukocytes", "6690-2", 7.2, "10*3/uL", ago(2)),
    result(4, "Platelets", "777-3", 210, "10*3/uL", ago(2)),
]
HEAD = report(1, "CT head without contrast", ago(5), "No acute haemorrhage. Old infarct in the left basal ganglia.")
KNEE = report(2, "MRI of the right knee", ago(400), "Tear of the medial meniscus.")
PENICILLIN = allergy("Penicillin", criticality="high", reaction=[{"manifestation": [{"text": "Anaphylaxis"}]}])


def test_a_blood_count_that_was_done_two_days_ago_is_told_with_its_values(desk):
    one = card(desk, service(1, "CBC with differential", "57021-8"), known=chart(observations=BLOOD))

    assert one["summary"].startswith("CBC with differential: last ")
    assert "haemoglobin 9.1 low" in one["summary"]
    assert "2 days ago: haemoglobin 9.1 g/dL low, falling; white cells 7.2" in one["detail"]
    assert len(re.findall(r"\[(E\d, E\d, E\d)\]", one["detail"])) == 1
    assert one["indicator"] == "info"


def test_a_test_that_is_ordered_already_is_told(desk):
    known = chart(serviceRequests=[service(9, "Complete blood count", status="active", authoredOn=ago(1))])
    one = card(desk, service(1, "CBC"), known=known)

    assert one["summary"].startswith("CBC: complete blood count already ordered")
    assert "yesterday, active" in one["detail"]


@pytest.mark.parametrize(
    "other",
    [
        service(9, "Complete blood count", status="completed", authoredOn=ago(1)),
        service(9, "Complete blood count", status="revoked", authoredOn=ago(1)),
        service(9, "Complete blood count", status="draft", authoredOn=ago(1)),
        service(9, "Complete blood count", status="active", intent="proposal", authoredOn=ago(1)),
        service(9, "Complete blood count", status="active", authoredOn=ago(200)),
        service(1, "CBC", status="active", authoredOn=ago(0)),
    ],
    ids=["completed", "revoked", "a draft", "a proposal", "of last year", "the very order, kept by the EHR"],
)
def test_what_is_no_open_order_for_the_same_is_not_told_as_one(desk, other):
    assert silence(desk, service(1, "CBC"), known=chart(serviceRequests=[other])) == Silence.NOTHING_TO_SAY


def test_one_test_is_told_with_its_course(desk):
    one = card(desk, service(1, "Haemoglobin level"), known=chart(observations=BLOOD))
    assert "12.4 → 9.1 g/dL" in one["detail"]


def test_a_result_of_years_ago_and_one_of_another_specimen_are_not_told(desk):
    old = result(1, "Hemoglobin", "718-7", 9.1, "g/dL", ago(800))
    urine = result(2, "Creatinine", "2161-8", 80, "mg/dL", ago(3))
    known = chart(observations=[old, urine])
    assert silence(desk, service(1, "CBC"), service(2, "Creatinine"), known=known) == Silence.NOTHING_TO_SAY


def test_an_earlier_ct_of_the_head_is_told_with_its_impression(desk):
    one = card(desk, service(1, "CT head"), known=chart(diagnosticReports=[HEAD, KNEE]))

    assert one["summary"].startswith("CT head: earlier CT head without contrast")
    assert "5 days ago: “No acute haemorrhage. Old infarct in the left basal ganglia.” [E1]" in one["detail"]
    assert "knee" not in one["detail"]


def test_imaging_of_the_same_part_by_another_way_is_told(desk):
    one = card(desk, service(1, "Brain MRI"), known=chart(diagnosticReports=[HEAD]))
    assert "Earlier imaging there: CT head" in one["detail"]


def test_the_other_knee_is_told_with_its_side_and_another_part_is_not_told(desk):
    known = chart(diagnosticReports=[HEAD, KNEE])
    one = card(desk, service(1, "MRI knee", bodySite=[{"text": "Left knee"}]), known=known)
    assert "MRI of the right knee" in one["detail"]
    assert silence(desk, service(1, "X-ray of the left wrist"), known=known) == Silence.NOTHING_TO_SAY


def test_what_is_no_picture_of_that_part_is_not_told_though_filed_as_of_it(desk):
    chest = {"bodySite": {"text": "Chest"}}
    tracing = {
        "resourceType": "ImagingStudy",
        "id": "i1",
        "status": "available",
        "subject": {"reference": "Patient/p1"},
    }
    tracing |= {"started": ago(3), "description": "ECG 12 lead", "modality": [{"code": "ECG"}], "series": [chest]}
    known = chart(imagingStudies=[tracing], diagnosticReports=[report(3, "Echocardiography", ago(3), "Normal.")])
    assert silence(desk, service(1, "Chest X-ray"), known=known) == Silence.NOTHING_TO_SAY


def test_a_medicine_that_a_recorded_allergy_names_is_a_warning(desk):
    coded = {"text": "Aminopenicillin", "coding": [{"system": "urn:x", "code": "1", "display": "Amoxicillin"}]}
    named = allergy("Aminopenicillin", code=coded)
    stated = allergy("Penicillin (amoxicillin)", reaction=[{"manifestation": [{"text": "Rash"}]}])
    plain = allergy("Amoxicillin")
    for recorded in (named, stated, plain):
        one = card(desk, medicine(1, "Amoxicillin 500 mg oral capsule"), known=chart(allergies=[recorded]))
        assert one["indicator"] == "warning"
        assert "Recorded allergy that names what is ordered" in one["detail"]


def test_a_class_word_counts_only_where_the_order_says_it_too(desk):
    coded = {"text": "Amoxicillin 500 mg", "coding": [{"system": "urn:x", "code": "1", "display": "Penicillin, oral"}]}
    said = medicine(1, "", medicationCodeableConcept=coded)
    assert card(desk, said, known=chart(allergies=[PENICILLIN]))["indicator"] == "warning"


def test_a_grave_drug_allergy_is_beside_every_medicine_and_says_how_it_was_compared(desk):
    one = card(desk, medicine(1, "Amoxicillin 500 mg oral capsule"), known=chart(allergies=[PENICILLIN]))

    assert one["indicator"] == "info"
    assert "on record: penicillin anaphylaxis" in one["summary"]
    assert "Compared with the order by name alone, not by drug class" in one["detail"]


@pytest.mark.parametrize(
    "recorded",
    [
        allergy("Latex", category=["environment"], criticality="high"),
        allergy("Cetirizine"),
        allergy("Amoxicillin", verificationStatus={"coding": [{"code": "refuted"}]}),
        allergy("Amoxicillin", clinicalStatus={"coding": [{"code": "inactive"}]}),
        allergy("No known drug allergies"),
    ],
    ids=lambda one: str(one["code"]["text"]),
)
def test_an_allergy_that_does_not_bear_on_the_medicine_makes_no_card(desk, recorded):
    ordered = medicine(1, "Amoxicillin 500 mg oral capsule")
    assert silence(desk, ordered, known=chart(allergies=[recorded])) == Silence.NOTHING_TO_SAY


def test_a_note_that_speaks_of_the_medicine_is_quoted_and_no_warning(desk):
    recorded = allergy("Penicillin", note=[{"text": "Took amoxicillin in 2020 without a reaction."}])
    one = card(desk, medicine(1, "Amoxicillin 500 mg oral capsule"), known=chart(allergies=[recorded]))
    assert one["indicator"] == "info"
    assert "“Took amoxicillin in 2020 without a reaction.”" in one["detail"]


def test_contrast_is_held_against_the_order_that_gives_it(desk):
    known = chart(allergies=[allergy("Iodinated contrast media")])
    assert card(desk, service(1, "CT abdomen with contrast"), known=known)["indicator"] == "warning"
    assert silence(desk, service(1, "CT abdomen without contrast"), known=known) == Silence.NOTHING_TO_SAY


def test_a_medicine_that_is_current_already_is_told_with_its_dose(desk):
    dose = [{"text": "500 mg twice daily"}]
    current = medicine(9, "Metformin 500 mg tablet", status="active", authoredOn=ago(90), dosageInstruction=dose)
    one = card(desk, medicine(1, "Metformin 1000 mg oral tablet"), known=chart(medicationRequests=[current]))

    assert "metformin already current" in one["summary"]
    assert "500 mg twice daily" in one["detail"]


def test_a_medicine_that_was_stopped_for_harm_is_told_with_the_reason(desk):
    past = medicine(
        9, "Ramipril 5 mg", status="stopped", authoredOn=ago(200), statusReason={"text": "Side effect: cough"}
    )
    one = card(desk, medicine(1, "Ramipril 2.5 mg"), known=chart(medicationRequests=[past]))
    assert "Stopped before: Ramipril" in one["detail"]


def test_an_abnormal_result_that_the_reviewed_table_puts_beside_the_medicine_is_told(desk):
    high = result(1, "Potassium", "2823-3", 5.9, "mmol/L", ago(1), referenceRange=[{"high": {"value": 5.1}}])
    normal = result(1, "Potassium", "2823-3", 4.4, "mmol/L", ago(1), referenceRange=[{"high": {"value": 5.1}}])
    ordered = medicine(1, "Spironolactone 25 mg oral tablet")
    assert "potassium 5.9 high" in card(desk, ordered, known=chart(observations=[high]))["summary"]
    assert silence(desk, ordered, known=chart(observations=[normal])) == Silence.NOTHING_TO_SAY
    assert silence(desk, medicine(1, "Paracetamol 1 g"), known=chart(observations=[high])) == Silence.NOTHING_TO_SAY


def test_an_unrelated_order_is_silent(desk):
    known = chart(observations=BLOOD, diagnosticReports=[HEAD], allergies=[PENICILLIN])
    assert silence(desk, service(1, "Urine pregnancy test"), known=known) == Silence.NOTHING_TO_SAY


def test_t24_a_draft_of_another_patient_is_left_out_with_an_alarm_and_a_warning(desk):
    other = service(1, "CT head", subject={"reference": "Patient/p2"})
    one = card(desk, other, known=chart(diagnosticReports=[HEAD]))

    assert one["indicator"] == "warning"
    assert one["summary"].startswith("Orders: Data of another patient arrived")
    assert "infarct" not in one["detail"]
    assert "alarm.wrong-patient-resource" in desk.kinds()


def test_the_orders_of_a_call_are_read_once_and_told_to_the_service(make_desk):
    read, told = [], []

    def orders(request, history):
        read.append(order_sign_context.orders(request, history))
        return read[-1]

    def say(request, seen):
        told.append(seen.orders)
        return order_sign_context.say(request, seen)

    watched = replace(order_sign_context, orders=orders, say=say)
    one = card(make_desk(services={watched.id: watched}), service(1, "CBC"), known=chart(observations=BLOOD))

    assert one["summary"].startswith("CBC: last ")
    assert len(read) == 1
    assert told == read
    assert [order.title for order in told[0].orders] == ["CBC"]


def test_order_select_looks_at_the_selected_orders_alone(desk):
    known = chart(observations=BLOOD, diagnosticReports=[HEAD])
    both = (service(1, "CBC"), service(2, "CT head"))
    one = card(desk, *both, selections=["ServiceRequest/s2"], known=known)
    assert "CT head" in one["summary"]
    assert "haemoglobin" not in one["detail"]
    for selections in ([], ["ServiceRequest/s99"]):
        assert silence(desk, *both, selections=selections, known=known) == Silence.NOTHING_TO_SAY


def test_an_order_in_words_alone_is_found_by_its_words(desk):
    known = chart(diagnosticReports=[report(1, "Colonoscopy", ago(300), "Two polyps removed.", category=[])])
    one = card(desk, service(1, "Colonoscopy"), known=known)
    assert "Two polyps removed." in one["detail"]


def test_saf_grd_4_what_was_not_seen_is_said_and_never_silent(desk):
    unseen = chart(allergies=..., medicationRequests=..., medicationStatements=...)
    one = card(desk, medicine(1, "Ibuprofen 400 mg"), known=unseen)
    assert "Allergies were not seen; Medicines were not seen" in one["summary"]
    assert one["detail"].startswith("**Allergies were not seen**")
    assert "Earlier results and reports were not seen" in str(
        card(desk, service(1, "CBC"), known=chart(observations=..., diagnosticReports=...))
    )


def test_saf_grd_4_a_draft_that_cannot_be_read_is_said(desk):
    assert "1 order could not be looked at" in card(desk, service(1, ""))["summary"]


def test_t11_of_very_many_drafts_the_first_hundred_are_looked_at_and_the_rest_is_said(desk):
    one = card(desk, *(service(number, f"Service {number}") for number in range(120)))
    assert "20 orders could not be looked at" in one["summary"]


def test_saf_grd_4_dispatched_orders_are_found_in_the_chart_or_said_to_be_unseen(desk):
    sent = service(9, "CT head", status="active", authoredOn=ago(0))
    known = chart(serviceRequests=[sent], diagnosticReports=[HEAD])
    named = ["ServiceRequest/s9", f"{BASE}/ServiceRequest/s9/_history/2"]
    assert "earlier CT head" in card(desk, dispatchedOrders=named, known=known)["summary"]
    assert "already ordered" not in card(desk, dispatchedOrders=named, known=known)["detail"]
    gone = card(desk, dispatchedOrders=["DeviceRequest/d1"], known=known)
    assert "1 order of this call could not be seen" in gone["summary"]


def test_saf_ack_2_an_answer_to_one_orders_card_hides_that_card_and_no_other(desk):
    known = chart(observations=BLOOD, diagnosticReports=[HEAD])
    one = card(desk, service(1, "CT head"), known=known)
    answer = desk.post(
        "/cds-services/order-sign-context/feedback",
        {"feedback": [{
            "card": one["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-02T10:00:00Z",
            "acceptedSuggestions": [{"id": one["suggestions"][0]["uuid"]}],
        }]},
    )  # fmt: skip
    assert answer.status_code == 200

    assert silence(desk, service(7, "CT head"), known=known) == Silence.ACKNOWLEDGED
    assert card(desk, service(1, "CBC"), known=known)
    assert card(desk, service(1, "CT head", priority="stat"), known=known)


def test_orders_ask_for_no_ai_summary(make_pages):
    pages = make_pages()
    card(pages.desk, service(1, "CT head"), known=chart(diagnosticReports=[HEAD]))
    assert "job.queued" not in pages.desk.kinds()


def test_the_page_of_an_orders_card_shows_its_lines_with_their_sources_and_the_allergies(make_pages):
    pages = make_pages()
    known = chart(diagnosticReports=[HEAD], allergies=[PENICILLIN])
    one = card(pages.desk, service(1, "CT head"), known=known)
    (link,) = one["links"]
    page = pages.get(link["url"].removeprefix("https://cds.test"))

    assert page.status_code == 200
    text = shown(page.text)
    assert "About these orders" in text
    assert "“No acute haemorrhage. Old infarct in the left basal ganglia.”" in text
    assert "Allergies: penicillin (anaphylaxis, high criticality)" in text
    assert "No AI summary has been asked for." in text


class Server:
    """A FHIR server that has one order and one report."""

    async def read(self, reference, *, until=None):
        return patient()

    async def search(self, resource_type, parameters, *, until=None):
        assert resource_type != "ServiceRequest" or parameters["_sort"] == "-authored"
        held = {"ServiceRequest": (service(9, "CT head", status="active"),), "DiagnosticReport": (HEAD,)}
        return SearchResult(resources=held.get(resource_type, ()), complete=True)

    async def follow(self, resource_type, next_url, *, until=None):
        raise AssertionError("no page was promised")


def test_s14_dispatched_orders_are_read_from_the_fhir_server_where_the_prefetch_has_none(make_desk):
    desk = make_desk(open_server=lambda _base, _token: Server())
    context = {"patientId": "p1", "performer": "Organization/o1", "dispatchedOrders": ["ServiceRequest/s9"]}
    token = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "s"}
    body = {
        "hook": "order-dispatch",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "fhirServer": BASE,
        "fhirAuthorization": token,
    }
    (one,) = desk.hook(body, service="order-dispatch-context").json()["cards"]
    assert one["summary"].startswith("CT head: earlier CT head without contrast")


def test_the_same_chart_and_order_on_another_base_is_another_patients(make_desk):
    desk = make_desk()
    known = chart(diagnosticReports=[HEAD])
    one = card(desk, service(1, "CT head"), known=known)
    issued = desk.parts.cards.find(one["uuid"])
    assert issued.key == PatientKey(client="ehr", tenant="", fhir_base=BASE, patient_id="p1")
    assert issued.focus.startswith("order-sign-context#")


HOSTILE = [
    {"draftOrders": bundle({"resourceType": "ServiceRequest", "id": "s1", "code": {"text": "<img src=x>"}})},
    {"draftOrders": bundle(service(1, "<img src=x onerror=alert(1)>"))},
    {"draftOrders": bundle(service(1, "[CT](https://evil.test)\u202e"))},
    {"draftOrders": bundle(service(1, "x" * 100_000))},
    {"draftOrders": {"resourceType": "Bundle", "entry": [{"resource": [1, 2, "x"]}, 7, None]}},
    {"draftOrders": {"resourceType": "Bundle", "entry": {"a": {"resource": {}}}}},
    {"draftOrders": bundle(*(service(number, "CBC") for number in range(300)))},
    {"draftOrders": bundle(service(1, "CBC", subject={"reference": ["Patient/p1"]}))},
]


@pytest.mark.parametrize("context", HOSTILE, ids=range(len(HOSTILE)))
def test_t12_hostile_drafts_are_answered_and_nothing_of_them_is_markup(desk, context):
    answer = fire(desk, known=chart(observations=BLOOD, diagnosticReports=[HEAD]), **context)
    assert answer.status_code == 200
    assert "<img" not in answer.text
    assert "evil.test" not in answer.text
    assert all(len(one["summary"]) < 140 for one in answer.json()["cards"])
