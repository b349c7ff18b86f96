"""Clients that differ: topics that change with the content, codes of their own, presets from the settings."""

import pytest
from hook_desk import bundle, condition, ehr, hook_body, prefetch
from structlog.testing import capture_logs

from cds_service.clients import client_from
from cds_service.errors import BadSettings
from cds_service.may_serve import tell_capabilities
from cds_service.settings import read_settings
from hooks.capabilities import PRESETS, ClientCapabilities
from hooks.client_reasons import ClientReasons, ReasonMapping
from hooks.reasons_given import read_reasons
from ledger.answers import answers_to
from ledger.desk import CardState, Desk

SYSTEM = "urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.40065"
PLAIN = {
    "id": "ehr",
    "issuer": "https://ehr.test",
    "jwks_file": "keys.json",
    "fhir_bases": [{"url": "https://ehr.test/fhir"}],
}
AT = "2026-11-02T10:31:00Z"
REASONS = ClientReasons(
    (
        ReasonMapping(reason="reviewed", system=SYSTEM, code="7", display="Acknowledged"),
        ReasonMapping(reason="wrong-patient", system=SYSTEM, code="8", display="Belongs elsewhere"),
        ReasonMapping(reason="outdated", system=SYSTEM, code="9"),
    )
)


@pytest.fixture
def epic(make_desk, tmp_path):
    """A service for one client like Epic."""
    can = ClientCapabilities(bare_suggestions=False, topic_keyed=True, reasons=REASONS)
    return make_desk(clients=(ehr(tmp_path, capabilities=can),))


def topic(card):
    return card["source"]["topic"]["code"]


def with_gout():
    return hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=2, text="Gout"))))


def test_a_topic_keyed_client_gets_a_topic_that_changes_with_the_content_and_with_nothing_else(epic):
    card = epic.card()
    other_user = hook_body(context={"userId": "Practitioner/u2", "patientId": "p1", "encounterId": "enc1"})

    assert topic(card).startswith("chartbrief")
    assert len(topic(card)) == len("chartbrief") + 16
    assert topic(epic.card(other_user)) == topic(card)
    assert topic(epic.card(with_gout())) != topic(card)
    assert epic.parts.cards.find(card["uuid"]).record.topic == topic(card)
    assert epic.card() == card


def test_t24_alike_words_about_another_patient_are_another_topic(epic):
    assert topic(epic.card()) != topic(epic.card(hook_body("p2")))


def test_a_site_may_keep_one_topic(make_desk, tmp_path):
    can = ClientCapabilities(topic_keyed=True, static_topic=True)
    desk = make_desk(clients=(ehr(tmp_path, capabilities=can),))

    assert {topic(desk.card()), topic(desk.card(with_gout()))} == {"chartbrief"}


@pytest.mark.parametrize(
    ("given", "filed"),
    [
        ({"overrideReason": {"reason": {"system": SYSTEM, "code": "7"}}}, "reviewed"),
        ({"overrideReasons": [{"reason": {"system": SYSTEM, "code": "9", "display": "Old"}}]}, "outdated"),
        ({"overrideReasons": {"reason": {"code": "7"}}}, "reviewed"),
        (
            {
                "overrideReasons": {
                    "extension": {"com.epic.cdshooks.feedback.overrideReason.reasonDisplay": "ACKNOWLEDGED"}
                }
            },
            "reviewed",
        ),
        ({"overrideReason": {"reason": {"system": "urn:other", "code": "7"}}}, "7"),
    ],
)
def test_s31_a_clients_own_code_is_filed_as_the_reason_that_it_means(epic, given, filed):
    card = epic.card()
    assert card["overrideReasons"][0] == {"system": SYSTEM, "code": "7", "display": "Acknowledged"}
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT} | given
    assert epic.feedback(item).status_code == 200

    (answer,) = answers_to(epic.store, card["uuid"])
    assert answer.reason == filed


def test_t24_a_clients_own_code_for_wrong_patient_withdraws(epic):
    card = epic.card()
    reason = {"reason": {"system": SYSTEM, "code": "8", "display": "Belongs elsewhere"}}
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT, "overrideReason": reason}
    assert epic.feedback(item).status_code == 200

    assert "summary.withdrawn" in epic.kinds()


def test_words_that_a_mapping_stands_for_are_no_comment_and_other_words_are_kept():
    item = {
        "overrideReason": {"reason": {"system": SYSTEM, "code": "9", "display": "Too old"}, "userComment": "see me"}
    }
    given = read_reasons(item, REASONS)

    assert given.codes == ("outdated",)
    assert given.comment == "Too old\nsee me"
    assert read_reasons({"overrideReason": {"reason": {"display": "acknowledged"}}}, REASONS).comment == ""


def test_a_mapping_never_hides_the_words_wrong_patient():
    item = {"overrideReason": {"reason": {"system": SYSTEM, "code": "7"}, "userComment": "Wrong patient!"}}

    assert read_reasons(item, REASONS).acting == "wrong-patient"


def settings(**client):
    return read_settings(clients=[PLAIN | client]).clients[0]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_start_and_what_a_site_says_stands_above_it(name):
    assert client_from(settings(capabilities={"preset": name})).capabilities == PRESETS[name]
    changed = client_from(settings(capabilities={"preset": name, "links": False, "static_topic": True})).capabilities
    assert (changed.links, changed.static_topic) == (False, True)
    assert changed.topic_keyed == PRESETS[name].topic_keyed


def test_override_reasons_of_the_settings_are_the_clients_mapping():
    given = [{"reason": "reviewed", "system": SYSTEM, "code": "7", "display": "Acknowledged"}]
    mapped = client_from(settings(override_reasons=given, suppress_minutes=5))

    assert mapped.capabilities.reasons.reason_of(SYSTEM, "7") == "reviewed"
    assert mapped.suppress_for.total_seconds() == 300


@pytest.mark.parametrize(
    "client",
    [
        {"override_reasons": [{"reason": "canary", "system": SYSTEM, "code": "7"}]},
        {"override_reasons": [{"reason": "reviewed", "system": SYSTEM, "code": "7"}] * 2},
        {"override_reasons": [{"reason": "reviewed", "system": "", "code": "7"}]},
        {"capabilities": {"preset": "meditech"}},
        {"capabilities": {"registered_links": ["cds.test/review"]}},
        {"suppress_minutes": -1},
    ],
)
def test_a_client_that_cannot_be_so_stops_the_start_and_is_named(client):
    with pytest.raises(BadSettings) as refused:
        settings(**client)
    assert "clients.0" in str(refused.value)


def test_an_answer_in_the_clients_own_code_is_an_answer_on_the_desk_too(epic):
    card = epic.card()
    reason = {"reason": {"system": SYSTEM, "code": "9"}}
    epic.feedback({"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": AT, "overrideReason": reason})

    assert Desk(epic.store).state(card["uuid"]) is CardState.DISAGREED
    assert epic.hook().json() == {"cards": []}


def test_the_start_warns_of_a_static_topic_and_names_the_client():
    chosen = {"preset": "epic", "static_topic": True}
    with capture_logs() as lines:
        tell_capabilities(read_settings(clients=[PLAIN | {"capabilities": chosen}, PLAIN | {"id": "other"}]))

    (line,) = lines
    assert (line["event"], line["client"]) == ("client.capabilities", "ehr")
    assert line["warning"].startswith("static_topic")
