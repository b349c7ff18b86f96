"""The same said again to the same user is the same card, byte for byte; what changed is another, and supersedes it."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hook_desk import (
    ENGINE,
    PUBLIC,
    USER,
    bundle,
    condition,
    ehr,
    hook_body,
    jobs,
    observation,
    prefetch,
)
from sqlalchemy import func, select, update

from hooks.card import Card, Coding, Indicator, Source
from hooks.service import service
from ledger import schema
from ledger.purge import purge
from ledger.records import Outcome
from ledger.story import read_story

OTHER_USER = {"userId": "Practitioner/u2", "patientId": "p1", "encounterId": "enc1"}


def with_gout():
    return hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=2, text="Gout"))))


def count(desk, table):
    return desk.store.rows(select(func.count().label("n")).select_from(table))[0]["n"]


def answered(card, outcome="overridden"):
    return {"card": card["uuid"], "outcome": outcome, "outcomeTimestamp": "2026-11-02T10:31:00Z"}


@service(id="note", hook="patient-view", title="t", description="d", asks_summary=False)
def note(request, chart):
    topic = Coding(system="urn:test", code="note", display="Note")
    return (
        Card(
            uuid=chart.new_id(),
            summary="Born 1951" if chart.history.patient.birth_date else "Not born",
            indicator=Indicator.WARNING if request.context.encounter_id == "urgent" else Indicator.INFO,
            source=Source(label="Test", topic=topic),
        ),
    )


def test_saf_ack_2_the_same_hook_again_gives_the_same_bytes_and_keeps_one_card(make_desk):
    desk = make_desk(engine=ENGINE, review_url=lambda card_id: f"{PUBLIC}/review/{card_id}")
    first, second = desk.hook(), desk.hook()

    assert first.content == second.content
    assert count(desk, schema.card) == count(desk, schema.job) == 1
    assert desk.kinds().count("hook.received") == desk.kinds().count("hook.gathered") == 2
    (card,) = first.json()["cards"]
    assert card["suggestions"][0]["uuid"] != card["uuid"]
    assert card["links"][0]["url"].endswith(card["uuid"])
    surface = first.content.removeprefix(b'{"cards":[').removesuffix(b"]}")
    repeated = desk.event("card.repeated")
    assert repeated.subject == card["uuid"]
    assert repeated.detail["surface"] == hashlib.sha256(surface).hexdigest()
    assert repeated.detail["seen"]["coverage"]["Observation"] == "whole"
    story = read_story(desk.store, card["uuid"])
    assert [entry.kind for entry in story.entries].count("card.repeated") == 1


def test_what_is_no_content_makes_no_other_card(make_desk):
    desk = make_desk(engine=ENGINE)
    one = desk.card()
    versioned = condition() | {"meta": {"versionId": "7", "lastUpdated": "2026-11-01T00:00:00Z"}}
    other = desk.card(hook_body(prefetch=prefetch(conditions=bundle(versioned, total=1, id="b7"))))

    assert other == one
    assert count(desk, schema.card) == 1


def test_the_card_stays_the_same_when_a_worker_takes_the_job(make_desk):
    desk = make_desk(engine=ENGINE)
    one = desk.hook()
    (job_id,) = jobs(desk).due()
    jobs(desk).claim(job_id, worker="w1", lease_s=60)
    desk.clock.forward(minutes=3)

    assert desk.hook().content == one.content


def test_a_changed_chart_supersedes_and_the_former_card_comes_back_with_the_former_chart(make_desk):
    desk = make_desk(engine=ENGINE)
    cards = desk.parts.cards
    old = desk.card()
    desk.clock.forward(seconds=1)
    new = desk.card(with_gout())
    assert new["uuid"] != old["uuid"]
    assert cards.latest_for_card(old["uuid"]).record.id == new["uuid"]

    assert read_story(desk.store, old["uuid"]).replaced_by == new["uuid"]
    assert read_story(desk.store, new["uuid"]).replaced_by == ""

    desk.clock.forward(seconds=1)
    assert desk.card() == old
    assert cards.latest_for_card(new["uuid"]).record.id == old["uuid"]
    assert read_story(desk.store, old["uuid"]).replaced_by == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"context": OTHER_USER},
        {"context": {"userId": USER, "patientId": "p1", "encounterId": "enc2"}},
        {"context": {"userId": USER, "patientId": "p1"}},
    ],
)
def test_another_user_or_encounter_is_another_card(desk, changes):
    one, other = desk.card(), desk.card(hook_body(**changes))

    assert one["uuid"] != other["uuid"]
    assert one["summary"] == other["summary"]


def test_an_expired_card_is_not_sent_again_the_same_words_are_a_new_card(make_desk):
    desk = make_desk()
    old = desk.card()
    desk.clock.forward(hours=25)
    new = desk.card()

    assert new["uuid"] != old["uuid"]
    assert new["summary"] == old["summary"]
    assert desk.card() == new
    assert count(desk, schema.card_identity) == 1


def test_a_purged_card_is_not_sent_again(make_desk):
    desk = make_desk()
    old = desk.card()
    purge(desk.store, [("card", old["uuid"])], by="retention", at=desk.clock(), reason="time")

    assert count(desk, schema.card_identity) == 0
    assert desk.card()["uuid"] != old["uuid"]


def test_t21_an_index_that_was_tampered_with_brings_nobody_elses_card(make_desk):
    desk = make_desk()
    mine = desk.card()
    hers = desk.card(hook_body("p2"))
    table = schema.card_identity
    with desk.store.chore() as chore:
        chore.execute(update(table).where(table.c.card_id == mine["uuid"]).values(card_id=hers["uuid"]))
    answer = desk.hook()

    assert answer.status_code in {200, 503}
    assert hers["uuid"] not in answer.text


def test_another_prefetch_of_the_same_chart_queues_no_second_job(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    less = hook_body(prefetch=prefetch(observations=...))
    assert desk.card(less)["summary"].endswith("AI summary in preparation")
    assert count(desk, schema.job) == 1

    (job_id,) = jobs(desk).due()
    jobs(desk).fail(jobs(desk).claim(job_id, worker="w1", lease_s=60), "engine-failed", retry=False)
    assert "AI summary could not be prepared" in desk.card(less)["summary"]  # and a failure is told to either
    assert count(desk, schema.job) == 1
    desk.card(with_gout())
    assert count(desk, schema.job) == 2


def test_a_removed_entry_is_news_and_one_that_was_not_asked_for_is_none(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card(hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=2, text="Gout")))))
    desk.card(hook_body(prefetch=prefetch(conditions=...)))
    assert count(desk, schema.job) == 1

    desk.card()  # conditions seen whole, and gout is gone
    assert count(desk, schema.job) == 2


def test_the_job_of_a_silent_hook_is_known_by_its_chart_too(make_desk, tmp_path):
    desk = make_desk(engine=ENGINE, clients=(ehr(tmp_path, silent_while_preparing=True),))
    assert desk.hook().json() == {"cards": []}
    assert desk.hook(hook_body(prefetch=prefetch(observations=...))).json() == {"cards": []}

    assert count(desk, schema.job) == 1


def test_saf_ack_2_an_answered_brief_stays_away_with_another_prefetch_of_the_same_chart(make_desk):
    desk = make_desk(engine=ENGINE)
    whole = hook_body(prefetch=prefetch(observations=bundle(observation(), observation(number=2))))
    assert desk.feedback(answered(desk.card(whole))).status_code == 200

    assert desk.hook(hook_body(prefetch=prefetch(observations=...))).json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "suppressed-acknowledged"}
    assert desk.card(hook_body(context=OTHER_USER))["uuid"]
    assert desk.card()["uuid"]  # an observation is gone: that is news
    assert desk.card(with_gout())["uuid"]


@pytest.mark.parametrize("unseen", ["allergies", "conditions"])
def test_a_safety_list_that_is_not_seen_this_time_is_told_once_whoever_has_answered_the_chart(make_desk, unseen):
    desk = make_desk(engine=ENGINE)
    assert desk.feedback(answered(desk.card())).status_code == 200
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    blind = hook_body(prefetch=prefetch(**{unseen: failed}))

    card = desk.card(blind)
    assert "seen" in card["summary"]
    assert desk.feedback(answered(card)).status_code == 200
    assert desk.hook(blind).json() == {"cards": []}
    assert desk.hook().json() == {"cards": []}


def test_saf_ack_2_an_answered_card_of_any_service_stays_away_even_when_its_time_is_over(make_desk):
    desk = make_desk(services={"chart-summary": replace(note, id="chart-summary")})
    assert desk.feedback(answered(desk.card())).status_code == 200

    assert desk.hook().json() == {"cards": []}
    desk.clock.forward(hours=25)
    assert desk.hook().json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "suppressed-acknowledged"}
    assert desk.card(hook_body(context=OTHER_USER))["summary"] == "Born 1951"


def test_t24_a_mix_up_is_shown_whoever_answered_it_and_whenever_it_was_shown(make_desk, tmp_path):
    desk = make_desk(clients=(ehr(tmp_path, suppress_for=timedelta(hours=1)),))
    strange = condition("p2", number=9, text="Canarydisease")
    mixed = hook_body(prefetch=prefetch(conditions=bundle(condition(), strange)))
    card = desk.card(mixed)
    assert desk.feedback(answered(card)).status_code == 200

    assert desk.card(mixed) == card
    assert card["indicator"] == "warning"


def test_the_same_card_is_held_back_within_the_sites_window_and_for_nobody_else(make_desk, tmp_path):
    desk = make_desk(engine=ENGINE, clients=(ehr(tmp_path, suppress_for=timedelta(minutes=10)),))
    card = desk.card()
    desk.clock.forward(minutes=9)
    assert desk.hook().json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "suppressed-shown-recently"}
    assert desk.card(hook_body(context=OTHER_USER))["uuid"]
    assert desk.card(with_gout())["uuid"]

    desk.clock.forward(minutes=1)
    assert desk.card() == card
    assert desk.hook().json() == {"cards": []}  # it left a moment ago


def test_rel_1_a_failure_not_yet_shown_is_never_held_back(make_desk, tmp_path):
    desk = make_desk(engine=ENGINE, clients=(ehr(tmp_path, suppress_for=timedelta(hours=1)),))
    desk.card()
    (job_id,) = jobs(desk).due()
    jobs(desk).fail(jobs(desk).claim(job_id, worker="w1", lease_s=60), "engine-failed", retry=False)

    assert "could not be prepared" in desk.card()["summary"]


def test_what_is_more_than_information_is_not_held_back(make_desk, tmp_path):
    desk = make_desk(
        services={"chart-summary": replace(note, id="chart-summary")},
        clients=(ehr(tmp_path, suppress_for=timedelta(hours=1)),),
    )
    urgent = hook_body(context={"userId": USER, "patientId": "p1", "encounterId": "urgent"})

    assert desk.card(urgent) == desk.card(urgent)


def test_the_words_are_kept_in_no_readable_form(make_desk):
    desk = make_desk()
    card = desk.card()
    (row,) = desk.store.rows(select(schema.card_identity))

    assert row["ids"].split(" ") == [card["uuid"], card["suggestions"][0]["uuid"]]
    content = orjson.dumps(card, option=orjson.OPT_SORT_KEYS)
    assert row["identity"] != hashlib.sha256(content).hexdigest()
    assert not {"Practitioner", "diabetes", "p1"} & set(map(str, row.values()))


def test_an_answer_to_a_repeated_card_is_an_answer_to_that_card(make_desk):
    desk = make_desk()
    desk.card()
    card = desk.card()
    assert desk.feedback(answered(card, outcome="accepted")).status_code == 200

    story = read_story(desk.store, card["uuid"])
    assert [answer.outcome for answer in story.answers] == [Outcome.ACCEPTED]
