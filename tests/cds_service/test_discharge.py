"""At discharge: the course of this encounter and of no other, over the running service."""

import re

import pytest
from hook_desk import USER, bundle, condition, hook_body, prefetch
from order_desk import ago
from order_values import OURS, allergy, medicine, report, result, service
from page_desk import shown

from hooks.service import Silence

HERE, BEFORE = {"reference": "Encounter/enc1"}, {"reference": "Encounter/enc0"}


def stay(identifier="enc1", start=6, end=0, **changes):
    return {
        "resourceType": "Encounter",
        "id": identifier,
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": OURS,
        "period": {"start": ago(start), "end": ago(end)},
        "reasonCode": [{"text": "Community-acquired pneumonia"}],
        "hospitalization": {"dischargeDisposition": {"text": "Home"}},
    } | changes


def crp(number, value, days, **changes):
    return result(number, "C-reactive protein", "1988-5", value, "mg/L", ago(days), **changes)


def procedure(number, text, day, **changes):
    return {
        "resourceType": "Procedure",
        "id": f"pr{number}",
        "status": "completed",
        "subject": OURS,
        "code": {"text": text},
        "performedDateTime": day,
    } | changes


HIGH = {"referenceRange": [{"high": {"value": 5}}]}
COURSE = {
    "encounters": [stay(), stay("enc0", 400, 395, reasonCode=[{"text": "Hip fracture"}])],
    "conditions": [
        condition(number=1),
        condition(number=2, text="Pneumonia of the right lower lobe") | {"encounter": HERE},
        condition(number=3, text="Fracture of the left hip") | {"encounter": BEFORE},
    ],
    "observations": [
        crp(1, 180, 6, encounter=HERE, **HIGH),
        crp(2, 90, 3, **HIGH),
        crp(3, 24, 1, encounter=HERE, **HIGH),
        crp(4, 300, 2, encounter=BEFORE, **HIGH),
        result(5, "TSH", "3016-3", 9, "mU/L", ago(60), referenceRange=[{"high": {"value": 4}}]),
    ],
    "diagnosticReports": [
        report(1, "X-ray of the chest", ago(5), "Consolidation of the right lower lobe.", encounter=HERE),
        report(
            2, "Sputum culture", ago(4), "", status="preliminary", category=[{"text": "Laboratory"}], encounter=HERE
        ),
    ],
    "procedures": [procedure(1, "Thoracentesis", ago(4)), procedure(2, "Hip replacement", ago(398))],
    "medicationRequests": [
        medicine(1, "Amoxicillin 1 g", status="active", authoredOn=ago(1), encounter=HERE),
        medicine(2, "Ceftriaxone 2 g", status="stopped", authoredOn=ago(6), encounter=HERE),
        medicine(3, "Metformin 500 mg", status="active", authoredOn=ago(900)),
    ],
    "serviceRequests": [
        service(1, "Chest CT in six weeks", status="active", authoredOn=ago(1), encounter=HERE),
        service(2, "Thoracentesis", status="active", authoredOn=ago(5), encounter=HERE),  # done, and never closed
    ],
    "allergies": [allergy("Latex")],
}


def body(encounter="enc1", **known):
    whole = prefetch() | {"serviceRequests": bundle()}
    whole |= {key: bundle(*value) if isinstance(value, list) else value for key, value in (COURSE | known).items()}
    context = {"userId": USER, "patientId": "p1", "encounterId": encounter}
    sent = {key: value for key, value in whole.items() if value is not ...}
    return hook_body(hook="encounter-discharge", context=context, prefetch=sent)


def discharge(desk, encounter="enc1", **known):
    answer = desk.hook(body(encounter, **known), service="discharge-summary")
    assert answer.status_code == 200, answer.text
    return answer.json()["cards"]


@pytest.fixture
def page(make_pages):
    """The words of the page of one discharge."""
    pages = make_pages()

    def read(encounter="enc1", **known):
        (one,) = discharge(pages.desk, encounter, **known)
        return shown(pages.get(one["links"][0]["url"].removeprefix("https://cds.test")).text)

    return read


def test_the_card_tells_what_is_open_and_what_the_stay_was(desk):
    (one,) = discharge(desk)
    assert one["summary"].startswith("At discharge: ")
    assert "pending: " in one["summary"]
    assert "Sputum culture" in one["detail"]
    assert one["source"]["topic"]["code"] == "dischargesummary"
    assert "Not AI." in one["detail"]


TOLD = [
    "Community-acquired pneumonia; discharged to home",
    "Noted in this encounter : Pneumonia of the right lower lobe",
    "180 → 90 → 24 mg/L",
    "Consolidation of the right lower lobe.",
    "Procedures of this encounter : Thoracentesis",
    "Started : Amoxicillin",
    "Stopped : Ceftriaxone",
    "Current from before : Metformin",
    "Chest CT in six weeks (ordered",
    "Sputum culture (preliminary",
    "Allergies: latex",
]
OF_OTHERS = ["Thoracentesis (ordered", "Fracture of the left hip", "Hip replacement", "300", "TSH"]


def test_the_page_tells_the_course_of_this_encounter_and_of_no_other(page):
    text = page()
    assert [told for told in TOLD if told not in text] == []
    assert [other for other in OF_OTHERS if other in text] == []


def test_saf_grd_4_an_encounter_that_was_not_seen_is_said(desk):
    (one,) = discharge(desk, "enc9")
    assert "This encounter was not seen" in one["summary"]
    (one,) = discharge(desk, "enc1", encounters=...)
    assert "This encounter was not seen" in one["summary"]


def test_saf_grd_4_allergies_and_medicines_that_were_not_seen_come_first(desk):
    (one,) = discharge(desk, allergies=..., medicationRequests=..., medicationStatements=...)
    assert one["summary"].startswith("At discharge: Allergies were not seen; Medicines were not seen")


def test_a_stay_without_results_says_that_none_were_seen(page):
    assert "none of this encounter were seen" in page(observations=[])


def test_saf_ack_2_an_answer_to_one_stay_hides_no_other(desk):
    (one,) = discharge(desk)
    item = {"card": one["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-02T10:00:00Z"}
    item["overrideReason"] = {"reason": {"code": "reviewed", "system": "urn:chartside:override-reason"}}
    assert desk.post("/cds-services/discharge-summary/feedback", {"feedback": [item]}).status_code == 200

    assert discharge(desk) == []
    assert desk.event("card.none").detail["reason"] == Silence.ACKNOWLEDGED
    assert discharge(desk, "enc0")


def test_s11_a_discharge_without_its_encounter_is_refused(desk):
    sent = body()
    del sent["context"]["encounterId"]
    assert desk.hook(sent, service="discharge-summary").status_code == 400


def test_t24_a_resource_of_another_patient_is_left_out_with_a_warning(desk):
    other = condition("p2", 9, "Leukaemia") | {"encounter": HERE}
    (one,) = discharge(desk, conditions=[condition(), other])
    assert one["indicator"] == "warning"
    assert "Leukaemia" not in str(one)


HOSTILE = ["<img src=x>", "../enc1", "Encounter/enc1", "", None, 7, [], {"id": "enc1"}]


def test_s11_a_hostile_encounter_id_is_refused_and_not_repeated(desk):
    answers = [desk.hook(body(encounter), service="discharge-summary") for encounter in HOSTILE]
    assert [one.status_code for one in answers] == [400] * len(HOSTILE)
    assert not any("<img" in one.text for one in answers)


@pytest.mark.parametrize("done", ["Chest X-ray PA", "Plain chest radiograph"])
def test_an_order_for_imaging_that_was_carried_out_under_another_name_is_not_pending(page, done):
    told = page(
        serviceRequests=[service(1, "Chest Xray preop", status="active", authoredOn=ago(5), encounter=HERE)],
        diagnosticReports=[report(1, done, ago(4), "Clear.", encounter=HERE)],
    )
    assert "Pending" not in told


@pytest.mark.parametrize(
    ("ordered", "done"),
    [
        ("X-ray left hand", "X-ray right hand"),
        ("CT angiography head", "CT head"),
        ("CT head and neck", "CT head"),
        ("CT abdomen with contrast", "CT abdomen without contrast"),
        ("Chest CT in six weeks", "CT chest"),
        ("MRI brain", "CT brain"),
    ],
)
def test_another_examination_does_not_close_an_order(page, ordered, done):
    told = page(
        serviceRequests=[service(1, ordered, status="active", authoredOn=ago(5), encounter=HERE)],
        diagnosticReports=[report(1, done, ago(4), "Normal.", encounter=HERE)],
    )
    assert f"{ordered} (ordered" in told


def test_a_panel_whose_results_are_there_is_not_pending(page):
    told = page(
        serviceRequests=[service(1, "FBC", status="active", authoredOn=ago(5), encounter=HERE)],
        observations=[result(1, "Haemoglobin", "718-7", 12.4, "g/dL", ago(4), encounter=HERE)],
        diagnosticReports=[],
    )
    assert "Pending" not in told


def test_the_headline_of_a_discharge_cuts_no_name_and_counts_the_rest(desk):
    names = ["Culture of sputum", "Legionella antigen", "Mycoplasma serology", "Blood culture"]
    orders = [service(n, one, status="active", authoredOn=ago(1), encounter=HERE) for n, one in enumerate(names)]
    (one,) = discharge(desk, serviceRequests=orders, diagnosticReports=[])
    assert re.search(r"pending: [^;…]+ and \d more;", one["summary"])
    assert "started: amoxicillin" in one["summary"]
