"""The two hooks that show nothing: what they prepare is ready when the chart is opened."""

import uuid

import pytest
from hook_desk import BASE, ENGINE, USER, hook_body, prefetch
from page_desk import scripted
from sqlalchemy import select

from hooks.service import Silence
from ledger.errors import LedgerBusy
from ledger.schema import job as jobs_table
from ledger.switches import SwitchedOff, Switches, SwitchKind

VISITS = {
    "encounter-start": "encounter-start-warmup",
    "appointment-book": "appointment-book-warmup",
}


def appointment(patient_id="p1"):
    patient = {"actor": {"reference": f"Patient/{patient_id}"}, "status": "accepted"}
    doctor = {"actor": {"reference": "Practitioner/u1"}, "status": "accepted"}
    return {"resourceType": "Appointment", "id": "a1", "status": "proposed", "participant": [patient, doctor]}


def booking(*appointments):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in appointments]}


def body(hook, *appointments, **changes):
    context = {"userId": USER, "patientId": "p1", "encounterId": "enc1"}
    if hook == "appointment-book":
        context["appointments"] = booking(*(appointments or (appointment(),)))
    return hook_body(hook=hook, context=context, **changes)


def fire(desk, hook, *appointments, **changes):
    return desk.hook(body(hook, *appointments, **changes), service=VISITS[hook])


def reason(desk):
    return desk.event("card.none").detail["reason"]


@pytest.mark.parametrize("hook", VISITS)
def test_a_warm_up_has_the_summary_made_that_patient_view_then_shows(make_pages, tmp_path, hook):
    statements = [{"kind": "problem", "text": "Type 2 diabetes", "refs": ["Condition/c1"]}]
    pages = make_pages()
    answer = fire(pages.desk, hook)

    assert answer.status_code == 200
    assert answer.json() == {"cards": []}
    assert reason(pages.desk) == Silence.WARMED_UP
    pages.summarise(scripted(tmp_path / "words", statements))
    assert pages.desk.card()["summary"].startswith("Scripted AI summary")
    assert pages.desk.kinds().count("job.queued") == 1


def test_a_warm_up_of_a_chart_that_is_ready_asks_for_no_second_job(make_desk):
    desk = make_desk(engine=ENGINE)
    for hook in (*VISITS, *VISITS):
        assert fire(desk, hook).json() == {"cards": []}
    desk.card()

    assert desk.kinds().count("job.queued") == 1
    (row,) = desk.store.rows(select(jobs_table.c.focus))
    assert row["focus"] == "chart-summary"


@pytest.mark.parametrize("hook", VISITS)
def test_without_an_engine_a_warm_up_says_in_the_ledger_that_nothing_was_prepared(desk, hook):
    assert fire(desk, hook).json() == {"cards": []}
    assert reason(desk) == Silence.NOT_WARMED_UP
    assert "job.queued" not in desk.kinds()


@pytest.mark.parametrize("name", ["encounter-start-warmup", "chart-summary"])
def test_what_is_switched_off_is_not_prepared(make_desk, name):
    desk = make_desk(engine=ENGINE)
    off = SwitchedOff(
        id=str(uuid.uuid4()), kind=SwitchKind.SERVICE, name=name, at=desk.clock(), by="auditor", note="a test"
    )
    Switches(desk.store).switch_off(off)

    assert fire(desk, "encounter-start").json() == {"cards": []}
    assert reason(desk) == Silence.SWITCHED_OFF
    assert "job.queued" not in desk.kinds()


def test_t24_an_appointment_of_another_patient_prepares_nothing_and_raises_the_alarm(make_desk):
    desk = make_desk(engine=ENGINE)
    assert fire(desk, "appointment-book", appointment(), appointment("p2")).json() == {"cards": []}

    assert reason(desk) == Silence.NOT_WARMED_UP
    assert "alarm.wrong-patient-resource" in desk.kinds()
    assert "job.queued" not in desk.kinds()


def test_t24_an_appointment_of_this_patient_may_be_named_by_the_whole_address(make_desk):
    desk = make_desk(engine=ENGINE)
    own = appointment()
    own["participant"][0]["actor"]["reference"] = f"{BASE}/Patient/p1"
    fire(desk, "appointment-book", own)

    assert reason(desk) == Silence.WARMED_UP


@pytest.mark.parametrize("hook", VISITS)
def test_rel_1_a_warm_up_whose_job_cannot_be_written_is_503(make_desk, monkeypatch, hook):
    desk = make_desk(engine=ENGINE)

    def busy(*_arguments, **_named):
        raise LedgerBusy

    monkeypatch.setattr(desk.parts.cards, "issue", busy)
    answer = fire(desk, hook)

    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_s13_a_warm_up_without_the_patient_is_412(desk):
    assert fire(desk, "encounter-start", prefetch=prefetch(patient=...)).status_code == 412
