import pytest

from hooks.errors import MalformedFeedback
from hooks.feedback import parse_feedback

AT = "2026-11-02T10:31:00Z"


def item(**changes):
    whole = {"card": "c1", "outcome": "overridden", "outcomeTimestamp": AT} | changes
    return {name: value for name, value in whole.items() if value is not ...}


def one(**changes):
    (read,) = parse_feedback({"feedback": [item(**changes)]}).items
    return read


def test_s28_an_accepted_suggestion_is_read():
    read = one(outcome="accepted", acceptedSuggestions=[{"id": "s1"}, {"id": "s2"}])

    assert (read.card_id, read.outcome, read.suggestions) == ("c1", "accepted", ("s1", "s2"))
    assert read.claimed_at == AT


def test_s28_an_override_with_code_and_comment_is_read():
    read = one(overrideReason={"reason": {"code": "inaccurate", "system": "urn:x"}, "userComment": " wrong dose "})

    assert (read.reason, read.comment) == ("inaccurate", "wrong dose")


@pytest.mark.parametrize("given", [{}, {"overrideReason": None}, {"overrideReason": []}, {"overrideReason": 7}])
def test_s28_a_reason_may_be_absent(given):
    assert one(**given).reason == ""


def test_s31_card_ids_need_not_be_uuids():
    assert one(card="epic-4711").card_id == "epic-4711"


@pytest.mark.parametrize(
    ("sent", "card_id"),
    [
        ("4E0A3A1E-3283-4575-AB82-028D55FE2719", "4e0a3a1e-3283-4575-ab82-028d55fe2719"),
        (" 4e0a3a1e-3283-4575-ab82-028d55fe2719\n", "4e0a3a1e-3283-4575-ab82-028d55fe2719"),
        ("{4e0a3a1e-3283-4575-ab82-028d55fe2719}", "4e0a3a1e-3283-4575-ab82-028d55fe2719"),
        ("urn:uuid:4e0a3a1e-3283-4575-ab82-028d55fe2719", "4e0a3a1e-3283-4575-ab82-028d55fe2719"),
        ("Epic-4711", "Epic-4711"),
    ],
)
def test_s31_a_uuid_in_another_spelling_is_the_same_card(sent, card_id):
    assert one(card=sent).card_id == card_id


@pytest.mark.parametrize(
    ("sent", "claimed"),
    [
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00"),
        ("2026-11-02T10:31:00", "2026-11-02T10:31:00"),
        ("2026-02-30T25:61:00Z", "2026-02-30T25:61:00Z"),
        ("yesterday", "yesterday"),
        (1764000000, "1764000000"),
        ({"value": [None]}, '{"value": [null]}'),
        ("", ""),
        (None, ""),
        (..., ""),
        ("9" * 10_000, "9" * 100),
    ],
)
def test_b8d_the_time_a_client_claims_is_kept_as_claimed_and_costs_no_answer(sent, claimed):
    assert one(outcomeTimestamp=sent).claimed_at == claimed


@pytest.mark.parametrize("outcome", ["Overridden", " overridden ", "OVERRIDDEN"])
def test_an_outcome_is_read_in_any_case(outcome):
    assert one(outcome=outcome).outcome == "overridden"


WRONG = [
    ({"card": ...}, "card"),
    ({"card": ""}, "card"),
    ({"card": 7}, "card"),
    ({"card": "x" * 300}, "card"),
    ({"card": "c1\x00"}, "card"),
    ({"card": "c1\u202ec2"}, "card"),
    ({"card": {"uuid": "c1"}}, "card"),
    ({"outcome": ...}, "outcome"),
    ({"outcome": "ignored"}, "outcome"),
    ({"outcome": ["accepted"]}, "outcome"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_s29_an_item_that_cannot_be_read_is_named_and_does_not_cost_the_others(wrong, why):
    read = parse_feedback({"feedback": [item(card="c2"), item(**wrong), None]})

    assert [one.card_id for one in read.items] == ["c2"]
    assert [one.position for one in read.unreadable] == [2, 3]
    assert read.unreadable[0].why.startswith(why)


def test_a5_a_wrong_patient_whose_card_cannot_be_told_is_named_as_such():
    read = parse_feedback({"feedback": [item(card=7, overrideReason="Wrong patient")]})

    assert (read.items, read.unreadable[0].reason) == ((), "wrong-patient")


@pytest.mark.parametrize("outcome", [..., None, "ignored", 7])
def test_a5_a_wrong_patient_acts_whatever_its_outcome_is_called(outcome):
    read = one(outcome=outcome, overrideReason={"reason": {"code": "wrong-patient"}})

    assert (read.outcome, read.reason) == ("overridden", "wrong-patient")


def test_one_item_that_nobody_put_into_a_list_is_read():
    assert parse_feedback({"feedback": item()}).items[0].card_id == "c1"


@pytest.mark.parametrize("body", [{}, {"feedback": None}, {"feedback": "x"}])
def test_s28_a_body_without_a_list_is_malformed(body):
    with pytest.raises(MalformedFeedback):
        parse_feedback(body)


def test_s28_an_empty_list_is_lawful():
    read = parse_feedback({"feedback": []})
    assert (read.items, read.unreadable) == ((), ())


@pytest.mark.parametrize("count", [501, 10_000])
def test_t11_too_many_items_are_malformed(count):
    with pytest.raises(MalformedFeedback, match="several calls"):
        parse_feedback({"feedback": [item()] * count})


def test_long_texts_are_cut():
    read = one(overrideReason={"reason": {"code": "x" * 5000}, "userComment": "y" * 50_000})

    assert (len(read.reason), len(read.comment)) == (100, 4000)
