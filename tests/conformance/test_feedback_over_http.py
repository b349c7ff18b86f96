"""S28 to S31 and cds-fb-1 to -3 over HTTP."""

import uuid

import pytest

FEEDBACK = "/cds-services/chart-summary/feedback"
AT = "2021-12-11T10:05:31Z"


@pytest.fixture
def card(call):
    (one,) = call().json()["cards"]
    return one


def accepted(card, **changes):
    made = {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": AT,
    } | changes
    return {name: value for name, value in made.items() if value is not ...}


def overridden(card, **changes):
    return {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT} | changes


def test_s28_an_accepted_suggestion_and_an_override_are_taken(service, card):
    assert service.feedback(accepted(card)).json() == {}
    reason = {"reason": {"code": "d7ecf885", "system": "https://example.com/cds-hooks/override-reason-system"}}
    comment = {"userComment": "A comment entered by the clinician."}

    assert service.feedback(overridden(card)).json() == {}
    assert service.feedback(overridden(card, overrideReason=reason | comment)).json() == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"feedback": 1}', b'{"feedback": ["x"]}', b"{"])
def test_s28_a_body_that_is_no_list_of_items_is_400(service, content):
    answer = service.post(FEEDBACK, content=content)

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_s29_one_body_speaks_of_several_cards_and_of_one_card_several_times(service, call, card):
    (other,) = call().json()["cards"]

    answer = service.feedback(accepted(card), overridden(card), overridden(other), accepted(card))

    assert (answer.status_code, answer.json()) == (200, {})


def test_s29_a_repeat_is_recognised_and_changes_nothing(service, card):
    assert [service.feedback(accepted(card)).status_code for _ in range(3)] == [200, 200, 200]


def test_s30_an_unknown_card_is_404_only_where_no_card_is_known(service, card):
    unknown = {"uuid": str(uuid.uuid4()), "suggestions": card["suggestions"]}

    assert service.feedback(overridden(unknown)).status_code == 404
    assert service.feedback(overridden(unknown), overridden(card)).status_code == 200


def test_s31_what_real_clients_send_is_taken(service, card):
    epic = {"extension": {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "Reviewed"}}
    sandbox = {"reason": {"code": "reviewed", "system": "urn:chartside:override-reason"}}
    for member, given in (("overrideReasons", [epic]), ("overrideReasons", epic), ("overrideReason", sandbox)):
        assert service.feedback(overridden(card, **{member: given})).status_code == 200
    assert service.feedback({"card": "WCB-1", "outcome": "overridden", "outcomeTimestamp": AT}).status_code == 404


@pytest.mark.parametrize("outcome", ["ignored", "acknowledged", "", None, 1])
def test_cds_fb_1_another_outcome_is_400(service, card, outcome):
    assert service.feedback(overridden(card, outcome=outcome)).status_code == 400


def test_cds_fb_2_accepted_without_suggestions_is_kept_as_what_the_client_said(service, card):
    """An error in the standard, and a client's: the answer counts, and names no suggestion (cds-hooks.md 9.3)."""
    assert service.feedback(accepted(card, acceptedSuggestions=...)).status_code == 200


def test_cds_fb_3_an_override_reason_without_reason_and_comment_is_an_override_without_reason(service, card):
    assert service.feedback(overridden(card, overrideReason={})).status_code == 200


def test_s31_any_order_is_taken_accepted_after_overridden_too(service, card):
    assert service.feedback(overridden(card)).status_code == 200
    assert service.feedback(accepted(card, outcomeTimestamp="2021-12-11T10:00:00Z")).status_code == 200
