"""What a client can show is what it is sent, whichever service made the card."""

import uuid
from dataclasses import replace

import pytest

from hooks.capabilities import PRESETS, ClientCapabilities, capability_warnings
from hooks.card import Card, Coding, Indicator, Link, Source, Suggestion
from hooks.card_for_client import card_for, with_topic_of
from hooks.client_reasons import ClientReasons, ReasonMapping
from hooks.errors import InvalidCard
from hooks.reasons import LOCAL_SYSTEM, OVERRIDE_REASONS

EPIC_REASONS = "urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.40065"
OURS = Coding(system="urn:chartside:topic", code="chartbrief", display="Chart brief")


def a_card(**changes):
    plain = {
        "uuid": str(uuid.uuid4()),
        "summary": "Chart brief: eGFR 31",
        "indicator": Indicator.INFO,
        "source": Source(label="Chartside", topic=OURS),
        "suggestions": (Suggestion(label="I have reviewed this brief", uuid=str(uuid.uuid4())),),
        "override_reasons": OVERRIDE_REASONS,
        "links": (
            Link(label="Open review", url="https://cds.test/review/1"),
            Link(label="Open app", url="https://app.test/launch", type="smart", app_context="card-1"),
        ),
    }
    return Card(**plain | changes)


def mapping(reason="reviewed", code="7", **changes):
    return ReasonMapping(reason=reason, system=EPIC_REASONS, code=code, **changes)


def test_a_client_that_shows_all_is_sent_the_card_as_it_was_made():
    card = a_card()
    assert card_for(card, ClientCapabilities()) is card


def test_s21_a_client_that_cannot_show_a_bare_suggestion_is_sent_none():
    wire = card_for(a_card(), PRESETS["epic"]).to_wire()
    assert "suggestions" not in wire
    assert "selectionBehavior" not in wire


def test_s20_a_suggestion_has_the_selection_behavior_that_the_client_supports():
    wire = card_for(a_card(), ClientCapabilities(selection_behavior="at-most-one")).to_wire()
    assert wire["selectionBehavior"] == "at-most-one"


@pytest.mark.parametrize(
    ("changes", "urls"),
    [
        ({"links": False}, []),
        ({"smart_links": False}, ["https://cds.test/review/1"]),
        ({"registered_links": ("https://cds.test/review/",)}, ["https://cds.test/review/1"]),
        ({"registered_links": ("https://app.test/launch",)}, ["https://app.test/launch"]),
        ({"registered_links": ("https://cds.test/rev", "https://app.test.evil")}, []),
    ],
)
def test_s24_a_link_that_the_client_would_drop_is_left_out(changes, urls):
    card = card_for(a_card(), ClientCapabilities(**changes))
    assert [link.url for link in card.links] == urls
    assert ("links" in card.to_wire()) == bool(urls)


def test_s24_app_context_goes_only_to_a_client_that_hands_it_on():
    (_, smart) = card_for(a_card(), PRESETS["oracle"]).links
    assert (smart.type, smart.app_context) == ("smart", "")
    assert "appContext" not in smart.to_wire()


def test_s23_the_reasons_are_offered_in_the_clients_own_codes_where_it_has_some():
    reasons = ClientReasons((mapping(display="Acknowledged"), mapping("outdated", "9")))
    offered = card_for(a_card(), ClientCapabilities(reasons=reasons)).override_reasons

    assert offered[0] == Coding(system=EPIC_REASONS, code="7", display="Acknowledged")
    assert offered[1:] == OVERRIDE_REASONS[1:]
    assert {reason.system for reason in offered} >= {EPIC_REASONS, LOCAL_SYSTEM}
    assert all(reason.to_wire().keys() == {"code", "system", "display"} for reason in offered)


def test_s23_a_client_without_a_menu_is_offered_no_reasons():
    assert "overrideReasons" not in card_for(a_card(), PRESETS["oracle"]).to_wire()


def test_a_services_own_reason_keeps_its_code():
    own = Coding(system="urn:hospital", code="reviewed", display="Seen")
    reasons = ClientReasons((mapping(display="Acknowledged"),))
    assert card_for(a_card(override_reasons=(own,)), ClientCapabilities(reasons=reasons)).override_reasons == (own,)


@pytest.mark.parametrize(
    ("mappings", "why"),
    [
        ((mapping("no-such-reason"),), "must be one of reviewed"),
        ((mapping(), mapping("outdated")), "the same system and code twice"),
        ((mapping(display="Seen"), mapping(code="8", display="Read")), "two displays for one reason"),
        ((mapping(display="<b>Seen</b>"),), "plain text"),
        ((mapping(display="Wrong patient!"),), "cannot mean another"),
        ((mapping(display="Something in it is wrong"),), "cannot mean another"),
        ((mapping(code="Inaccurate"),), "cannot mean another"),
    ],
)
def test_mappings_that_contradict_each_other_or_mean_nothing_are_refused(mappings, why):
    with pytest.raises(ValueError, match=why):
        ClientReasons(mappings)


def test_a_code_without_its_system_counts_where_it_can_mean_one_thing_only():
    other = replace(mapping("outdated"), system="urn:other")
    assert ClientReasons((mapping(),)).reason_of("", "7") == "reviewed"
    assert ClientReasons((mapping(), other)).reason_of("", "7") == ""
    assert ClientReasons((mapping(), other)).reason_of("urn:other", "7") == "outdated"
    assert ClientReasons((mapping(),)).reason_of("urn:other", "7") == ""


def test_a_topic_of_the_content_is_a_code_that_every_client_can_key_on():
    long = replace(OURS, code="x" * 100)
    for topic in (OURS, long):
        code = with_topic_of(a_card(source=Source(label="C", topic=topic)), "ab" * 32).source.topic.code
        assert code == (topic.code[:84] + "ab" * 8)
        assert code.isalnum()
        assert len(code) <= 100


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_as_it_is_warns_at_most_of_reasons_and_answers(name):
    assert all("static_topic" not in warning for warning in capability_warnings(PRESETS[name]))


def test_a_static_topic_for_a_client_that_keys_on_it_is_warned_of():
    (warning,) = capability_warnings(ClientCapabilities(topic_keyed=True, static_topic=True))
    assert "hides every later card" in warning
    assert capability_warnings(ClientCapabilities()) == ()


def test_reasons_without_a_mapping_are_named_once_a_site_maps_any():
    can = ClientCapabilities(reasons=ClientReasons((mapping(display="Acknowledged"),)))
    (warning,) = capability_warnings(can)
    assert "wrong-patient" in warning
    assert "reviewed" not in warning


def test_a_client_from_which_no_answer_can_come_is_named():
    can = ClientCapabilities(bare_suggestions=False, override_menu=False, links=False)
    (warning,) = capability_warnings(can)
    assert "links are off" in warning


def test_t12_no_capability_lets_html_through():
    with pytest.raises(InvalidCard):
        a_card(summary="<b>bold</b>")
    assert not {name for name in ClientCapabilities.__slots__ if "html" in name}
