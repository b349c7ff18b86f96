"""Feedback of an EHR, from its call to the answer in the chain."""

import uuid

import pytest
from hook_desk import EC_KEY, ISSUER, USER, ehr, hook_body

from ledger.answers import answers_to
from ledger.errors import LedgerBusy
from ledger.records import Channel, Outcome

AT = "2026-11-02T10:31:00Z"


def overridden(card_id, **changes):
    return {"card": card_id, "outcome": "overridden", "outcomeTimestamp": AT} | changes


def answers(desk, card):
    return answers_to(desk.store, card["uuid"])


def test_s28_an_accepted_suggestion_is_an_answer_of_the_hooks_user_by_feedback(desk):
    card = desk.card()
    suggestions = [{"id": card["suggestions"][0]["uuid"]}]
    answer = desk.feedback(overridden(card["uuid"], outcome="accepted", acceptedSuggestions=suggestions))

    assert (answer.status_code, answer.json()) == (200, {})
    (filed,) = answers(desk, card)
    assert (filed.user, filed.channel, filed.outcome) == (USER, Channel.FEEDBACK, Outcome.ACCEPTED)
    assert filed.fingerprint == desk.parts.cards.find(card["uuid"]).record.fingerprint


def test_s29_the_same_feedback_again_is_kept_once_and_a_contradiction_beside_it(desk):
    card = desk.card()
    for _ in range(2):
        assert desk.feedback(overridden(card["uuid"])).status_code == 200
    assert desk.feedback(overridden(card["uuid"], outcome="accepted")).status_code == 200

    assert [one.outcome for one in answers(desk, card)] == [Outcome.OVERRIDDEN, Outcome.ACCEPTED]


def test_s31_epics_way_of_writing_is_taken(desk):
    card = desk.card()
    reason = {"extension": {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "Outdated"}}

    assert desk.feedback(overridden(card["uuid"], overrideReasons=reason)).status_code == 200
    assert answers(desk, card)[0].reason == "outdated"


def test_s29_a_batch_is_filed_item_by_item(desk):
    card = desk.card()
    answer = desk.feedback({"card": 7}, overridden(str(uuid.uuid4())), overridden(card["uuid"]))

    assert answer.status_code == 200
    assert answer.json()["issue"] == [
        {
            "severity": "warning",
            "code": "invalid",
            "diagnostics": "Not filed: item 1: card must be the uuid of a card (S28).",
        }
    ]
    assert len(answers(desk, card)) == 1
    assert desk.event("feedback.unreadable").detail["items"] == [[1, "card must be the uuid of a card"]]


def test_s30_feedback_for_unknown_cards_alone_is_404_and_on_record(desk):
    answer = desk.feedback(overridden(str(uuid.uuid4())), overridden("epic-4711"))

    assert answer.status_code == 404
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert len(desk.kinds()) == 2


def test_t13_feedback_of_another_client_for_our_card_is_404(make_desk, tmp_path):
    other = ehr(tmp_path, id="other", issuer="https://other.test", jku="")
    desk = make_desk(clients=(ehr(tmp_path), other))
    card = desk.card()
    path = "/cds-services/chart-summary/feedback"
    token = desk.token(path, key=EC_KEY, iss="https://other.test")
    body = {"feedback": [overridden(card["uuid"])]}

    assert desk.http.post(path, json=body, headers={"Authorization": f"Bearer {token}"}).status_code == 404
    assert answers(desk, card) == ()


def test_t13_feedback_of_another_tenant_for_our_card_is_404(make_desk, tmp_path):
    desk = make_desk(clients=(ehr(tmp_path, tenants=("north", "south")),))
    call, path = "/cds-services/chart-summary", "/cds-services/chart-summary/feedback"
    north = {"Authorization": f"Bearer {desk.token(call, tenant='north')}"}
    (card,) = desk.http.post(call, json=hook_body(), headers=north).json()["cards"]
    body = {"feedback": [overridden(card["uuid"])]}
    for tenant, status in (("south", 404), ("north", 200)):
        headers = {"Authorization": f"Bearer {desk.token(path, tenant=tenant)}"}
        assert desk.http.post(path, json=body, headers=headers).status_code == status

    assert len(answers(desk, card)) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"feedback": "x"}, {"feedback": [{}]}, {"feedback": [{"card": "c", "outcome": "ignored"}]}],
)
def test_s30_malformed_feedback_is_400(desk, body):
    answer = desk.post("/cds-services/chart-summary/feedback", body)

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert desk.kinds() == ["feedback.unreadable"]


def test_s28_an_empty_list_of_feedback_is_taken_and_leaves_no_trace(desk):
    answer = desk.post("/cds-services/chart-summary/feedback", {"feedback": []})

    assert (answer.status_code, answer.json()) == (200, {})
    assert desk.kinds() == []


def test_feedback_to_an_unknown_service_is_404(desk):
    assert desk.post("/cds-services/nothing/feedback", {"feedback": [overridden("c")]}).status_code == 404


def test_s33_unsigned_feedback_is_401_and_files_nothing(desk):
    card = desk.card()
    body = {"feedback": [overridden(card["uuid"])]}
    answer = desk.http.post("/cds-services/chart-summary/feedback", json=body)

    assert (answer.status_code, answer.content) == (401, b"")
    assert answers(desk, card) == ()
    assert ISSUER not in answer.headers.values()


def test_ch_10_feedback_that_cannot_be_recorded_is_503(make_desk):
    class Busy:
        def file(self, ack):
            raise LedgerBusy("busy")

    desk = make_desk(answers=Busy())
    assert desk.feedback(overridden("c1")).status_code == 503
