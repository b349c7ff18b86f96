"""Feedback whenever it comes and whatever it speaks of: late, out of order, of several services, again."""

from dataclasses import replace

import pytest
from hook_desk import USER, hook_body

from hooks.discovery import find_services
from ledger.answers import answers_to
from ledger.desk import CardState, Desk
from ledger.records import Outcome
from ledger.story import read_story


def item(card, outcome="overridden", at="2026-11-02T10:31:00Z", **changes):
    plain = {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": at}
    if outcome == "accepted":
        plain["acceptedSuggestions"] = [{"id": card["suggestions"][0]["uuid"]}]
    return plain | changes


def outcomes(desk, card):
    return [answer.outcome for answer in answers_to(desk.store, card["uuid"])]


def test_s28_feedback_is_taken_before_a_card_expires_and_after(desk):
    early, late = desk.card(), desk.card(hook_body("p2"))
    assert desk.feedback(item(early)).status_code == 200
    desk.clock.forward(hours=30)
    assert desk.feedback(item(late, "accepted")).status_code == 200

    assert (outcomes(desk, early), outcomes(desk, late)) == ([Outcome.OVERRIDDEN], [Outcome.ACCEPTED])
    assert Desk(desk.store).state(late["uuid"]) is CardState.REVIEWED


def test_s29_accepted_then_overridden_are_both_kept_and_the_later_received_is_the_present_state(desk):
    card = desk.card()
    assert desk.feedback(item(card, "accepted", at="2026-11-02T10:31:00Z")).status_code == 200
    assert Desk(desk.store).state(card["uuid"]) is CardState.REVIEWED
    assert desk.feedback(item(card, "overridden", at="2026-11-02T10:30:00Z")).status_code == 200  # its clock is earlier

    assert outcomes(desk, card) == [Outcome.ACCEPTED, Outcome.OVERRIDDEN]
    assert Desk(desk.store).state(card["uuid"]) is CardState.DISAGREED


def test_s29_one_batch_speaks_of_several_hook_instances_and_services(make_desk):
    services = find_services()
    services = {**services, "second": replace(services["chart-summary"], id="second")}
    desk = make_desk(services=services)
    first, other = desk.card(), desk.card(hook_body("p2"))
    (third,) = desk.hook(service="second").json()["cards"]
    assert desk.feedback(item(first), item(third, "accepted"), item(other)).status_code == 200

    stories = [read_story(desk.store, card["uuid"]) for card in (first, other, third)]
    assert len({story.card.hook_instance for story in stories}) == 3
    assert {story.card.record.service_id for story in stories} == {"chart-summary", "second"}
    assert [story.answers[0].user for story in stories] == [USER] * 3


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, 1),
        ({"outcomeTimestamp": "2026-11-02T10:32:00Z"}, 2),
        ({"outcome": "overridden"}, 2),
        ({"acceptedSuggestions": [{"id": "0b7c2a3e-0000-4000-8000-000000000001"}]}, 2),
    ],
)
def test_s29_an_answer_is_one_by_card_outcome_time_and_suggestions(desk, changes, kept):
    card = desk.card()
    assert desk.feedback(item(card, "accepted")).status_code == 200
    assert desk.feedback(item(card, "accepted") | changes).status_code == 200
    assert desk.feedback(item(card, "accepted") | changes).status_code == 200

    assert len(outcomes(desk, card)) == kept
    assert len([kind for kind in desk.kinds() if kind in {"answer.accepted", "answer.overridden"}]) == kept


def test_s29_nothing_of_an_earlier_answer_is_changed_by_a_later_one(desk):
    card = desk.card()
    desk.feedback(item(card, "accepted"))
    (before,) = answers_to(desk.store, card["uuid"])
    desk.feedback(item(card, "overridden", overrideReason={"userComment": "not so"}))

    assert answers_to(desk.store, card["uuid"])[0] == before
