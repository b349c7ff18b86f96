from datetime import UTC, datetime

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
    assert read.at == datetime(2026, 11, 2, 10, 31, tzinfo=UTC)


def test_s28_an_override_with_code_and_comment_is_read():
    read = one(overrideReason={"reason": {"code": "inaccurate", "system": "urn:x"}, "userComment": " wrong dose "})

    assert (read.reason, read.comment) == ("inaccurate", "wrong dose")


@pytest.mark.parametrize(
    "given",
    [
        {"overrideReasons": {"reason": {"code": "outdated", "system": "urn:x"}}},  # Epic's plural
        {"overrideReasons": [{"reason": {"code": "outdated"}}]},
        {"overrideReasons": [{"code": "outdated", "system": "urn:x"}]},
        {"overrideReason": {"reason": {"code": "outdated"}}},  # the sandbox sends no display
        {"overrideReason": {"reason": {"display": "Outdated"}}},
        {
            "overrideReasons": {
                "extension": {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "OUTDATED"},
            }
        },
    ],
)
def test_s31_the_same_reason_however_it_is_written(given):
    assert one(**given).reason == "outdated"


def test_s31_words_that_are_no_code_of_ours_are_kept_as_a_comment():
    read = one(overrideReason={"reason": {"display": "Patient moved away"}, "userComment": "see letter"})

    assert (read.reason, read.comment) == ("other", "Patient moved away\nsee letter")


@pytest.mark.parametrize("given", [{}, {"overrideReason": None}, {"overrideReason": []}, {"overrideReason": "x"}])
def test_s28_a_reason_may_be_absent(given):
    assert one(**given).reason == ""


def test_s31_card_ids_need_not_be_uuids():
    assert one(card="epic-4711").card_id == "epic-4711"


@pytest.mark.parametrize("at", ["2026-11-02T11:31:00+01:00", "2026-11-02T10:31:00", "2026-11-02T10:31:00.000Z"])
def test_a_time_is_taken_in_utc(at):
    assert one(outcomeTimestamp=at).at == datetime(2026, 11, 2, 10, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"card": ...},
        {"card": ""},
        {"card": 7},
        {"card": "x" * 300},
        {"outcome": ...},
        {"outcome": "ignored"},
        {"outcome": ["accepted"]},
        {"outcomeTimestamp": ...},
        {"outcomeTimestamp": "yesterday"},
        {"outcomeTimestamp": 7},
        {"outcomeTimestamp": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_s29_an_item_that_cannot_be_read_does_not_cost_the_others(wrong):
    read = parse_feedback({"feedback": [item(**wrong), item(card="c2")]})

    assert [one.card_id for one in read.items] == ["c2"]
    assert read.unreadable == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"feedback": None}, {"feedback": {}}, {"feedback": []}, {"feedback": [7]}, {"feedback": [item()] * 501}],
)
def test_s28_a_body_without_a_readable_item_is_malformed(body):
    with pytest.raises(MalformedFeedback):
        parse_feedback(body)


def test_long_texts_are_cut():
    read = one(overrideReason={"reason": {"code": "x" * 5000}, "userComment": "y" * 50_000})

    assert (len(read.reason), len(read.comment)) == (100, 4000)
