"""What a user has answered of orders and of a discharge stays away from that user until it says something else."""

from hook_desk import USER, condition
from order_desk import ago, card, chart, fire, silence
from order_values import allergy, medicine, report, service
from test_discharge import discharge

from hooks.service import Silence

OTHER = "Practitioner/u2"
HEAD = report(1, "CT head without contrast", ago(5), "No acute haemorrhage.")
CT = service(9, "CT head", status="active", authoredOn=ago(0))


def answered(desk, one, service_id):
    item = {"card": one["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-02T10:31:00Z"}
    answer = desk.post(f"/cds-services/{service_id}/feedback", {"feedback": [item]})
    assert answer.status_code == 200, answer.text


def test_saf_ack_2_an_answered_card_of_an_order_stays_away_and_hides_neither_another_order_nor_another_user(desk):
    known = chart(allergies=[allergy("Amoxicillin"), allergy("Ibuprofen") | {"id": "a2"}])
    one = card(desk, medicine(1, "Amoxicillin 500 mg"), known=known)
    assert card(desk, medicine(1, "Amoxicillin 500 mg"), known=known) == one
    answered(desk, one, "order-sign-context")

    assert silence(desk, medicine(1, "Amoxicillin 500 mg"), known=known) == Silence.ACKNOWLEDGED
    assert card(desk, medicine(1, "Amoxicillin 500 mg"), known=known, userId=OTHER)["summary"] == one["summary"]
    assert card(desk, medicine(2, "Ibuprofen 400 mg"), known=known)["uuid"] != one["uuid"]


def test_saf_ack_2_an_answered_card_of_an_order_returns_when_the_chart_says_more(desk):
    one = card(desk, CT, known=chart(diagnosticReports=[HEAD]))
    answered(desk, one, "order-sign-context")
    newer = report(2, "CT head without contrast", ago(1), "Subdural haematoma.")

    assert "Subdural" in card(desk, CT, known=chart(diagnosticReports=[HEAD, newer]))["detail"]


def test_a_hook_without_a_user_is_told_each_time_whoever_has_answered(desk):
    known = chart(diagnosticReports=[HEAD], serviceRequests=[CT])
    one = card(desk, dispatchedOrders=["ServiceRequest/s9"], known=known)
    answered(desk, one, "order-dispatch-context")

    assert fire(desk, dispatchedOrders=["ServiceRequest/s9"], known=known).json()["cards"] == [one]


def test_saf_ack_2_an_answered_discharge_stays_away_until_the_course_changes_and_hides_no_other_stay(desk):
    (one,) = discharge(desk)
    assert discharge(desk) == [one]
    answered(desk, one, "discharge-summary")

    assert discharge(desk) == []
    assert desk.event("card.none").detail["reason"] == Silence.ACKNOWLEDGED
    assert desk.event("card.none").user == USER
    assert discharge(desk, "enc0")
    more = condition(number=7, text="Acute kidney injury") | {"encounter": {"reference": "Encounter/enc1"}}
    assert discharge(desk, conditions=[more])
