"""Feedback as broken or hostile clients send it: harm acts, nothing is lost, and nothing that was sent comes back."""

import uuid

import pytest
from hook_desk import EC_KEY, ENGINE, ehr, hook_body
from sqlalchemy import select

from ledger.answers import answers_to
from ledger.desk import Desk as AuditDesk
from ledger.records import Outcome
from ledger.schema import audit_entry

AT = "2026-11-02T10:31:00Z"
PATH = "/cds-services/chart-summary/feedback"
CANARY = "canary4711"
WRONG = {"code": "wrong-patient", "system": "urn:x"}
U2 = {"userId": "Practitioner/u2", "patientId": "p1"}


def item(card_id, **changes):
    whole = {"card": card_id, "outcome": "overridden", "outcomeTimestamp": AT} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def wrong(card_id, **changes):
    return item(card_id, **({"overrideReason": {"reason": WRONG}} | changes))


def answers(desk, card):
    return answers_to(desk.store, card["uuid"])


def withdrawn(desk):
    return desk.kinds().count("summary.withdrawn")


def detail(desk, card, kind="answer.overridden"):
    """The sealed detail of the card's newest entry of this kind, as the audit desk reads it."""
    story = AuditDesk(desk.store).story(card["uuid"])
    return [entry.detail for entry in story.entries if entry.kind == kind][-1]


@pytest.mark.parametrize(
    "changes",
    [
        {"overrideReason": ..., "overrideReasons": [{"reason": {"code": "other"}}, {"reason": WRONG}]},
        {"overrideReason": {"reason": {"coding": [{"code": "other"}, WRONG]}}},
        {"overrideReason": {"reason": [WRONG]}},
        {"overrideReason": {"reason": {"code": "WRONG-PATIENT"}}},
        {"overrideReason": {"reason": {"display": "Wrong patient"}}},
        {"overrideReason": {"reason": {"text": "Wrong patient"}}},
        {"overrideReason": "Wrong patient"},
        {"overrideReason": {"userComment": "Wrong patient, this is her sister"}},
        {"outcome": "accepted"},
        {"outcome": "dismissed"},
        {"outcome": ...},
    ],
)
def test_a5_a_wrong_patient_withdraws_however_it_is_written(make_desk, changes):
    desk = make_desk(engine=ENGINE)
    card = desk.card()

    assert desk.feedback(wrong(card["uuid"], **changes)).status_code == 200
    assert answers(desk, card)[0].reason == "wrong-patient"
    assert withdrawn(desk) == 1
    assert "withdrawn" in desk.card(hook_body(context=U2))["summary"]


def test_a5_every_reason_is_kept_in_the_ledger(desk):
    card = desk.card()
    reasons = [{"reason": {"code": "outdated"}}, {"reason": {"code": "x-77", "display": "Moved away"}}]
    desk.feedback(item(card["uuid"], overrideReasons=reasons))
    kept = detail(desk, card)

    assert (kept["reason"], kept["reasons"], kept["comment"]) == ("outdated", ["outdated", "x-77"], "Moved away")


def test_a5_the_reasons_of_an_unknown_card_are_kept(desk):
    desk.feedback(wrong("epic-4711"))
    rows = desk.store.rows(select(audit_entry.c.kind))

    assert [row["kind"] for row in rows] == ["answer.unknown-card"]


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("2026-11-02T10:31:00", "2026-11-02T10:31:00"),
        ("2026-W45-1", "2026-W45-1"),
        ("yesterday", "yesterday"),
        ("", ""),
        (None, ""),
        (..., ""),
        (1764000000, "1764000000"),
        ({"value": AT}, '{"value": "2026-11-02T10:31:00Z"}'),
    ],
)
def test_b8d_what_counts_is_the_time_of_receipt_whatever_is_claimed(desk, claimed, kept):
    card = desk.card()
    desk.clock.forward(minutes=7)

    assert desk.feedback(wrong(card["uuid"], outcomeTimestamp=claimed)).status_code == 200
    assert answers(desk, card)[0].at == desk.clock()
    assert detail(desk, card)["claimed_at"] == kept
    assert withdrawn(desk) == 1


def test_b8d_the_same_claim_again_is_the_same_answer_and_another_is_another(desk):
    card = desk.card()
    for claimed in (AT, AT, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"):
        desk.clock.forward(minutes=1)
        desk.feedback(item(card["uuid"], outcomeTimestamp=claimed))

    assert len(answers(desk, card)) == 2


def test_s29_the_same_item_twice_in_one_feedback_is_kept_once(desk):
    card = desk.card()

    assert desk.feedback(item(card["uuid"]), item(card["uuid"])).status_code == 200
    assert len(answers(desk, card)) == 1


def test_s29_accepted_and_overridden_for_one_card_are_both_kept_in_order(desk):
    card = desk.card()
    desk.feedback(item(card["uuid"], outcome="accepted"), wrong(card["uuid"]), item(card["uuid"], outcome="accepted"))

    assert [one.outcome for one in answers(desk, card)] == [Outcome.ACCEPTED, Outcome.OVERRIDDEN]
    assert withdrawn(desk) == 1


def test_s29_an_unknown_card_among_known_ones_costs_none_of_them(desk):
    first, second = desk.card(), desk.card(hook_body(context=U2))
    answer = desk.feedback(item(first["uuid"]), item(str(uuid.uuid4())), item(second["uuid"]))

    assert (answer.status_code, answer.json()) == (200, {})
    assert len(answers(desk, first)) == len(answers(desk, second)) == 1
    assert desk.kinds().count("answer.unknown-card") == 1


def test_t13_a_card_of_another_client_among_ours_is_an_unknown_one(make_desk, tmp_path):
    other = ehr(tmp_path, id="other", issuer="https://other.test", jku="")
    desk = make_desk(clients=(ehr(tmp_path), other), engine=ENGINE)
    theirs = desk.card()
    call = "/cds-services/chart-summary"
    auth = {"Authorization": f"Bearer {desk.token(call, key=EC_KEY, iss='https://other.test')}"}
    (ours,) = desk.http.post(call, json=hook_body(), headers=auth).json()["cards"]
    auth = {"Authorization": f"Bearer {desk.token(PATH, key=EC_KEY, iss='https://other.test')}"}
    body = {"feedback": [wrong(theirs["uuid"]), item(ours["uuid"])]}

    assert desk.http.post(PATH, json=body, headers=auth).status_code == 200
    assert answers(desk, theirs) == ()
    assert len(answers(desk, ours)) == 1
    assert withdrawn(desk) == 0


def test_a5_readable_items_act_while_the_others_are_named_and_recorded(desk):
    card = desk.card()
    broken = [7, None, [], {}, {"card": CANARY + "\x00"}, {"card": card["uuid"], "outcome": CANARY}]
    answer = desk.feedback(*broken, wrong(card["uuid"]))
    recorded = desk.event("feedback.unreadable")

    assert answer.status_code == 200
    assert [one["diagnostics"].split(":")[1].strip() for one in answer.json()["issue"]] == [
        f"item {number}" for number in range(1, 7)
    ]
    assert withdrawn(desk) == 1
    assert recorded.detail["unreadable"] == 6
    assert CANARY not in answer.text + repr(recorded) + repr(recorded.detail)


def test_a5_items_that_are_all_unreadable_are_recorded_and_answered(desk, capsys):
    answer = desk.feedback({"card": CANARY * 40, "overrideReason": {"reason": WRONG}}, {"outcome": CANARY})
    recorded = desk.event("feedback.unreadable")

    assert answer.status_code == 400
    assert "item 1: card must be" in answer.json()["issue"][0]["diagnostics"]
    assert (recorded.detail["unreadable"], recorded.detail["reasons"]) == (2, ["wrong-patient"])
    printed = capsys.readouterr()
    assert CANARY not in answer.text + repr(recorded.detail) + printed.out + printed.err


def test_a5_unreadable_items_beside_unknown_cards_are_404_and_on_record(desk):
    assert desk.feedback({}, item(str(uuid.uuid4()))).status_code == 404
    assert desk.kinds() == ["answer.unknown-card", "feedback.unreadable"]


def test_t11_ten_thousand_items_are_400_and_file_nothing(desk):
    card = desk.card()
    answer = desk.feedback(*[item(card["uuid"])] * 10_000)

    assert answer.status_code == 400
    assert "several calls" in answer.text
    assert answers(desk, card) == ()
    assert desk.kinds()[-1] == "feedback.unreadable"


def test_t11_feedback_of_three_megabytes_is_413(desk):
    assert desk.feedback(item("c1", overrideReason={"userComment": "x" * 3_000_000})).status_code == 413


@pytest.mark.parametrize(
    "changes",
    [
        {"overrideReason": {"userComment": "<script>alert(1)</script>\r\n[x](javascript:alert(1))"}},
        {"overrideReason": {"userComment": "\u202e\u2066\u200b\ufeff\x00\x1b[31m"}},
        {"overrideReason": {"userComment": "\U0001f691" * 100_000}},
        {"overrideReason": {"userComment": {"a": [None, {"b": None}]}}},
        {"overrideReason": {"reason": {"code": "\x00", "system": None, "display": None}}},
        {"overrideReason": {"reason": {"code": "x" * 1_000_000}}},
        {"overrideReason": {"reason": None, "userComment": None}},
        {"overrideReason": [[[[None]]]], "overrideReasons": {"reason": [{"reason": None}]}},
        {"overrideReason": {"extension": [None, 7, {"url": None}, {"url": {}, "valueString": {}}]}},
        {"acceptedSuggestions": None},
        {"acceptedSuggestions": {"id": "s1"}},
        {"acceptedSuggestions": [None, 7, {"id": None}, {"id": ["s1"]}, {"id": "\x00\n"}]},
        {"acceptedSuggestions": [{"id": "s" * 100_000}] * 15},
        {"outcome": "ACCEPTED", "acceptedSuggestions": [{"id": "s1"}] * 10_000},
        {"extension": {"a": {"b": [None] * 1000}}, "unknown": None},
    ],
)
def test_an_item_of_an_odd_shape_is_filed_and_its_story_can_be_read(desk, changes):
    card = desk.card()

    assert (answer := desk.feedback(item(card["uuid"], **changes))).status_code == 200, answer.text
    assert len(answers(desk, card)) == 1
    assert AuditDesk(desk.store).story(card["uuid"]).answers


@pytest.mark.parametrize("card_id", ["%", "*", "' OR 1=1 --", "../../x", "<b>", "ü" * 255, "c\tc", "c\u2028c"])
def test_a_card_id_of_any_text_is_an_unknown_card_or_unreadable(desk, card_id):
    assert desk.feedback(item(card_id)).status_code in {400, 404}
    assert len(desk.kinds()) == 1


@pytest.mark.parametrize(
    "content",
    [
        b'{"feedback": ' + b"[" * 65 + b"]" * 65 + b"}",
        b'{"feedback": [{"card": "\\ud800"}]}',
        b'{"feedback": [{"card": "c"}], "feedback": ',
        b'[{"card": "c"}]',
        b"\xff",
    ],
)
def test_a_body_that_cannot_be_read_is_400_and_leaves_nothing(desk, content):
    assert desk.post(PATH, content=content).status_code == 400
    assert desk.kinds() == []
