"""The journey of a hook over real parts, from the EHR's call to the card and its entries in the chain."""

import hashlib
import sqlite3
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hook_desk import (
    BASE,
    ENGINE,
    PUBLIC,
    USER,
    bundle,
    condition,
    ehr,
    hook_body,
    jobs,
    observation,
    patient,
    prefetch,
)
from sqlalchemy import update
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.parts import EngineInfo, Pace
from cds_service.surface import read_card_content
from fhir_adapters.errors import ServerFailed
from fhir_adapters.fhir_server import SearchResult
from fhir_adapters.fingerprint import patient_hash
from fhir_adapters.stored import history_from_plain
from hooks.service import Silence, service
from ledger import schema
from ledger.errors import LedgerBusy
from ledger.purge import purge
from ledger.records import JobState, PatientKey, StoredSummary
from ledger.switches import SwitchedOff, Switches, SwitchKind
from tasks.job import JobPayload
from tasks.stored import summary_to_bytes
from tasks.summary import (
    Citation,
    GenerationSettings,
    ModelVersion,
    Statement,
    StatementKind,
    Summary,
    Verdict,
)

KEY = PatientKey(client="ehr", tenant="", fhir_base=BASE, patient_id="p1")


class Server:
    """A FHIR server in a dictionary, which remembers what it was asked."""

    def __init__(self, *resources, fails=()):
        self.resources, self.fails, self.asked = resources, fails, []

    async def read(self, reference, *, until=None):
        self.asked.append(reference)
        if "Patient" in self.fails:
            raise ServerFailed("down", outcome="HTTP 503")
        return next(one for one in self.resources if f"{one['resourceType']}/{one['id']}" == reference)

    async def search(self, resource_type, parameters, *, until=None):
        self.asked.append(resource_type)
        if resource_type in self.fails:
            raise ServerFailed("down", outcome="HTTP 503")
        found = tuple(one for one in self.resources if one["resourceType"] == resource_type)
        return SearchResult(resources=found, complete=True)

    async def follow(self, resource_type, next_url, *, until=None):
        raise AssertionError("no page was promised")


def make_summary(desk, *texts, job_id=None):
    """Do a worker's work: claim the queued job, store a summary of the very history that the hook saw."""
    (job_id,) = [job_id] if job_id else jobs(desk).due()
    job = jobs(desk).claim(job_id, worker="w1", lease_s=60)
    history = history_from_plain(orjson.loads(desk.parts.cards.snapshot(KEY, job.fingerprint)))
    first = history.entries[0]
    cite = Citation(entry_id=first.id, reference=first.reference, content_hash=first.content_hash)
    summary = Summary(
        statements=tuple(
            Statement(kind=StatementKind.COURSE, text=text, citations=(cite,), verdict=Verdict.VERIFIED, checks=())
            for text in texts
        ),
        withheld=(),
        fingerprint=history.fingerprint,
        manifest=tuple((entry.reference, entry.content_hash) for entry in history.entries),
        covered=(),
        not_used=(),
        images=(),
        model=ModelVersion(name="MedGemma", revision="3f9c", digest="d", engine="e", engine_version="1"),
        prompt_hash="p",
        settings=GenerationSettings(max_new_tokens=1, seed=1),
        profile="text-only",
        made_at=desk.clock(),
        patient_hash=patient_hash(history.patient),
    )
    stored = StoredSummary(
        id=str(uuid.uuid4()), job_id=job.id, key=job.key, focus=job.focus, fingerprint=job.fingerprint,
        recipe=job.recipe, made_at=desk.clock(), content=summary_to_bytes(summary),
    )  # fmt: skip
    jobs(desk).finish(job, stored, images=(), events=())
    return stored.id


def with_more(number=2):
    return hook_body(prefetch=prefetch(conditions=bundle(condition(), condition(number=number, text="Gout"))))


def switch_off(desk, kind, name):
    switch = SwitchedOff(
        id=str(uuid.uuid4()), kind=SwitchKind(kind), name=name, at=desk.clock(), by="auditor", note="drill"
    )
    assert Switches(desk.store).switch_off(switch)


def reviewed(card):
    return {
        "card": card["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}],
        "outcomeTimestamp": "2026-11-02T10:31:00Z",
    }


def test_without_a_model_the_brief_stands_and_says_so(desk):
    card = desk.card()

    assert card["summary"].startswith("Chart brief: ")
    assert card["summary"].endswith("No AI model set up")
    assert desk.kinds() == ["hook.received", "hook.gathered", "history.kept", "card.issued"]


def test_new_content_queues_one_job_with_the_card_in_one_transaction(make_desk):
    woken = []
    desk = make_desk(engine=ENGINE, wake=lambda: woken.append(1))

    assert desk.card()["summary"].endswith("AI summary in preparation")
    assert desk.kinds() == ["hook.received", "hook.gathered", "history.kept", "job.queued", "card.issued"]
    assert len(woken) == 1
    assert "AI summary in preparation" in desk.card()["summary"]
    assert desk.kinds().count("job.queued") == 1
    assert len(woken) == 1


def test_the_job_carries_the_chart_as_the_hook_saw_it(make_desk):
    desk = make_desk(engine=ENGINE)
    card = desk.card()
    (job_id,) = jobs(desk).due()
    job = jobs(desk).claim(job_id, worker="w1", lease_s=60)
    gathered = JobPayload.from_bytes(job.payload).read()

    assert job.key == KEY
    assert job.recipe == ENGINE.recipe("chart-summary")
    assert gathered.history.fingerprint == job.fingerprint
    assert gathered.history.fingerprint == desk.parts.cards.find(card["uuid"]).record.fingerprint


def test_ch_13_fifty_hooks_at_once_queue_one_job(make_desk):
    desk = make_desk(engine=ENGINE)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.hook(), range(50)))

    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert desk.kinds().count("job.queued") == 1
    assert desk.kinds().count("card.issued") == 1
    assert desk.kinds().count("card.repeated") == 49


def test_a_stored_summary_is_on_the_card(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021", "eGFR 31")

    card = desk.card()
    assert card["summary"] == "AI summary (2 verified, 0 cited, 0 withheld): Diabetes since 2021"
    assert "- Diabetes since 2021 [E1]" in card["detail"]


def test_a_newer_entry_makes_the_summary_stale_and_asks_for_another(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")

    card = desk.card(with_more())
    assert card["summary"].startswith("Chart brief: ")
    assert card["summary"].endswith("New AI summary in preparation")
    assert "Diabetes since 2021" not in card["summary"]
    assert "(1 newer entry)" in card["detail"]
    assert desk.kinds().count("job.queued") == 2


def test_a_chart_that_is_again_what_it_was_has_its_summary_again(make_desk):
    desk = make_desk(engine=ENGINE)
    for body, text in ((hook_body(), "Diabetes since 2021"), (with_more(), "Gout too")):
        desk.card(body)
        make_summary(desk, text)
        desk.clock.forward(seconds=5)

    assert desk.card()["summary"].endswith("0 withheld): Diabetes since 2021")
    assert desk.card(with_more())["summary"].endswith("0 withheld): Gout too")
    assert desk.kinds().count("job.queued") == 2


def test_a_summary_of_older_content_that_was_made_last_does_not_hide_the_present_one(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    (older,) = jobs(desk).due()
    desk.card(with_more())
    (present,) = jobs(desk).due()
    make_summary(desk, "Gout too", job_id=present)
    desk.clock.forward(seconds=5)
    make_summary(desk, "Diabetes since 2021", job_id=older)

    assert desk.card(with_more())["summary"].endswith("0 withheld): Gout too")


def test_less_of_the_same_chart_is_not_new_content(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")

    card = desk.card(hook_body(prefetch=prefetch(observations=...)))
    assert card["summary"].startswith("AI summary")
    assert desk.kinds().count("job.queued") == 1


def test_a_failed_job_is_said_on_the_card_and_tried_again_only_after_a_while(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    (job_id,) = jobs(desk).due()
    jobs(desk).fail(jobs(desk).claim(job_id, worker="w1", lease_s=60), "engine-failed", retry=False)

    card = desk.card()
    assert "AI summary could not be prepared (the model failed" in card["summary"]
    assert desk.kinds().count("job.queued") == 1
    desk.clock.forward(minutes=16)
    assert "could not be prepared" in desk.card()["summary"]  # still said: the next attempt has not begun


def test_saf_ack_2_a_reviewed_card_does_not_return_to_this_user_and_does_to_another(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")
    assert desk.feedback(reviewed(desk.card())).status_code == 200

    assert desk.hook().json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "suppressed-acknowledged"}
    other = {"userId": "Practitioner/u2", "patientId": "p1"}
    assert desk.card(hook_body(context=other))["summary"].startswith("AI summary")
    assert desk.card(with_more())["summary"].startswith("Chart brief")  # new content is news to everybody


def test_an_answered_brief_does_not_hide_the_ai_summary_that_follows(make_desk):
    desk = make_desk(engine=ENGINE)
    assert desk.feedback(reviewed(desk.card())).status_code == 200
    assert desk.hook().json() == {"cards": []}

    make_summary(desk, "Diabetes since 2021")
    assert desk.card()["summary"].startswith("AI summary")


def test_the_bytes_that_left_are_the_bytes_that_are_hashed_and_kept(desk):
    answer = desk.hook()
    surface = answer.content.removeprefix(b'{"cards":[').removesuffix(b"]}")
    issued = desk.parts.cards.find(answer.json()["cards"][0]["uuid"], client="ehr")

    assert hashlib.sha256(surface).hexdigest() == issued.record.surface_sha256
    content = read_card_content(issued.record.content)
    assert content.card == orjson.loads(surface)
    assert content.state == {"state": "absent", "reason": "no-model"}
    assert content.encounter_id == "enc1"
    assert content.brief.fingerprint == issued.record.fingerprint
    assert issued.user == USER
    assert issued.record.expires_at - issued.issued_at == timedelta(hours=24)
    assert desk.parts.cards.snapshot(KEY, issued.record.fingerprint) is not None


def test_s12_missing_keys_are_read_from_the_clients_server_with_its_token(make_desk):
    server, opened = Server(patient(), condition(), observation()), []
    desk = make_desk(open_server=lambda base, token: opened.append((base.url, token.reveal())) or server)
    body = hook_body(
        prefetch={"patient": patient()},
        fhirServer=BASE + "/",
        fhirAuthorization={"access_token": "canary-token", "token_type": "Bearer"},
    )

    assert "Made by rule from 2 of 2 entries read." in desk.card(body)["detail"]
    assert opened == [(BASE, "canary-token")]
    assert "Observation" in server.asked
    assert "Patient/p1" not in server.asked
    assert not any("canary-token" in repr(event) + repr(event.detail) for event in desk.written)


def test_a_service_that_asks_for_no_prefetch_reads_the_patient_and_no_more_with_the_clinicians_token(make_desk):
    @service(id="bare", hook="patient-view", title="t", description="d", prefetch={}, asks_summary=False)
    def bare(request, chart):
        assert chart.history.entries == ()
        return Silence.NOTHING_TO_SAY

    server = Server(patient(), condition(), observation())
    desk = make_desk(services={"bare": bare}, open_server=lambda base, token: server)
    token = {"access_token": "canary-token", "token_type": "Bearer"}
    answer = desk.hook(hook_body(prefetch=..., fhirServer=BASE, fhirAuthorization=token), service="bare")

    assert (answer.status_code, answer.json()) == (200, {"cards": []})
    assert server.asked == ["Patient/p1"]


def test_rel_1_a_failing_type_is_an_omission_and_never_silence(make_desk):
    server = Server(patient(), condition(), fails=("AllergyIntolerance",))
    card = make_desk(open_server=lambda base, token: server).card(hook_body(prefetch=..., fhirServer=BASE))

    assert card["summary"].lower().startswith("chart brief: allergies")
    assert "allergies (could not be read)" in card["detail"]


def test_s13_without_the_patient_the_answer_is_412_with_an_outcome(make_desk):
    desk = make_desk(open_server=lambda base, token: Server(fails=("Patient",)))
    for body in (
        hook_body(prefetch={}),
        hook_body(prefetch=prefetch(patient=None)),
        hook_body(prefetch={}, fhirServer=BASE),
    ):
        answer = desk.hook(body)

        assert answer.status_code == 412
        assert answer.json()["resourceType"] == "OperationOutcome"
    assert desk.kinds() == ["hook.refused"] * 3


def test_t5_a_server_that_is_not_the_clients_is_refused_and_on_record(desk):
    answer = desk.hook(hook_body(fhirServer="http://169.254.169.254/fhir"))

    assert answer.status_code == 403
    assert "169.254" not in answer.text
    assert desk.kinds() == ["hook.refused", "alarm.address-refused"]
    elsewhere = replace(KEY, fhir_base="http://169.254.169.254/fhir")  # p1 there is nobody of ours
    assert {desk.event(kind).key for kind in desk.kinds()} == {elsewhere}


@pytest.mark.parametrize(
    "body",
    [
        hook_body(prefetch={}),
        hook_body(prefetch=prefetch(patient=patient("p2"))),
        hook_body(prefetch=prefetch(conditions=bundle(condition(), patient("p2")))),
        hook_body(prefetch=prefetch(), fhirServer="https://EHR.test:443/fhir/") | {"prefetch": {"patient": None}},
    ],
)
def test_b8a_a_refused_hook_is_on_record_under_the_patient_that_its_context_names(make_desk, body):
    desk = make_desk(open_server=lambda base, token: Server(fails=("Patient",)))

    assert desk.hook(body).status_code in {400, 412}
    assert {desk.event(kind).key for kind in desk.kinds()} == {KEY}
    assert desk.event("hook.refused").user == USER


def test_t24_two_patients_in_one_request_are_refused_and_on_record(desk):
    answer = desk.hook(hook_body(prefetch=prefetch(conditions=bundle(condition(), patient("p2")))))

    assert answer.status_code == 400
    assert "p2" not in answer.text
    assert desk.kinds() == ["hook.refused", "alarm.wrong-patient-resource"]


def test_t24_a_resource_of_another_patient_is_dropped_counted_and_stops_the_ai_summary(make_desk):
    desk = make_desk(engine=ENGINE)
    strange = condition("p2", number=9, text="Canarydisease")
    card = desk.card(hook_body(prefetch=prefetch(conditions=bundle(condition(), strange))))

    assert card["indicator"] == "warning"
    assert "Canarydisease" not in card["summary"] + card["detail"]
    assert "Data of another patient arrived" in card["summary"]
    assert "belongs to another patient" in card["detail"]
    assert "job.queued" not in desk.kinds()
    assert "alarm.wrong-patient-resource" in desk.kinds()


def test_t24_a_mix_up_is_shown_again_even_if_it_was_answered(desk):
    body = hook_body(prefetch=prefetch(conditions=bundle(condition("p2"))))
    assert desk.feedback(reviewed(desk.card(body))).status_code == 200

    assert desk.card(body)["indicator"] == "warning"


def test_wrong_patient_withdraws_the_summary_from_every_card_at_once(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")
    card = desk.card()
    reason = {"reason": {"code": "wrong-patient", "system": "urn:chartside:override-reason"}}
    item = {
        "card": card["uuid"],
        "outcome": "overridden",
        "overrideReason": reason,
        "outcomeTimestamp": "2026-11-02T10:32:00Z",
    }

    assert desk.feedback(item).status_code == 200
    other = hook_body(context={"userId": "Practitioner/u2", "patientId": "p1"})
    assert "AI summary withdrawn" in desk.card(other)["summary"]
    assert desk.kinds().count("job.queued") == 1


@pytest.mark.parametrize(("kind", "name"), [("service", "chart-summary"), ("client", "ehr")])
def test_a_switch_silences_a_service_or_a_client_with_its_reason(make_desk, kind, name):
    desk = make_desk(engine=ENGINE)
    switch_off(desk, kind, name)

    assert desk.hook().json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "switched-off"}
    assert "job.queued" not in desk.kinds()


@pytest.mark.parametrize(("kind", "name"), [("model", ENGINE.name), ("prompt", "chart-summary")])
def test_a_switched_off_model_or_prompt_leaves_the_brief(make_desk, kind, name):
    desk = make_desk(engine=ENGINE)
    switch_off(desk, kind, name)

    assert desk.card()["summary"].endswith("AI summary switched off")
    assert "job.queued" not in desk.kinds()


@pytest.mark.parametrize(("kind", "name"), [("model", ENGINE.name), ("service", "chart-summary"), ("client", "ehr")])
def test_no_card_leaves_after_a_switch_that_came_between_its_hooks_look_and_its_record(
    make_desk, monkeypatch, *, kind, name
):
    desk = make_desk(engine=ENGINE)
    look, waiting = type(desk.parts.cards).situation, [(kind, name)]

    def late(cards, *args, **names):
        situation = look(cards, *args, **names)
        while waiting:
            switch_off(desk, *waiting.pop())
        return situation

    monkeypatch.setattr(type(desk.parts.cards), "situation", late)
    answer = desk.hook()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert desk.kinds() == ["switch.off"]
    assert desk.hook().status_code == 200  # asked again, it has looked again


def test_a_site_may_be_silent_while_preparing(make_desk, tmp_path):
    desk = make_desk(engine=ENGINE, clients=(ehr(tmp_path, silent_while_preparing=True),))

    assert desk.hook().json() == {"cards": []}
    assert desk.event("card.none").detail == {"reason": "site-silence"}
    assert "job.queued" in desk.kinds()


def test_t24_a_summary_moved_to_another_patient_in_the_database_reaches_no_card_and_is_an_alarm(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")
    other = replace(KEY, patient_id="p2")
    moved = update(schema.summary).values(key_index=desk.store.cipher.key_index(other))
    with sqlite3.connect(desk.store.engine.url.database) as database:  # by its owner, past every guard
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
    with desk.store.chore() as chore:
        chore.execute(moved)
    answer = desk.hook(hook_body("p2"))
    assert answer.status_code == 503
    assert "Diabetes since 2021" not in answer.text
    assert desk.kinds()[-1] == "alarm.wrong-patient-summary"
    (issue,) = answer.json()["issue"]
    assert "another patient" in issue["diagnostics"]
    assert "recorded, so" not in issue["diagnostics"]  # nothing failed to be recorded
    with desk.store.chore() as chore:  # the fixture verifies
        chore.execute(update(schema.summary).values(key_index=desk.store.cipher.key_index(KEY)))


def test_a_tenant_is_part_of_the_key(make_desk, tmp_path):
    desk = make_desk(clients=(ehr(tmp_path, tenants=("north",)),))

    assert desk.parts.cards.find(desk.card()["uuid"]).key == replace(KEY, tenant="north")


def test_links_lead_to_the_page_of_this_very_card(make_desk):
    card = make_desk(review_url=lambda card_id: f"{PUBLIC}/review/{card_id}").card()

    assert card["links"] == [{"label": "Open review", "type": "absolute", "url": f"{PUBLIC}/review/{card['uuid']}"}]


@pytest.mark.parametrize("failing", ["situation", "issue"])
def test_a_card_that_cannot_be_recorded_is_not_issued_503(make_desk, failing):
    desk = make_desk()

    class Broken:
        def __getattr__(self, name):
            if name == failing:
                raise LedgerBusy("canary")
            return getattr(desk.parts.cards, name)

    broken = make_desk(cards=Broken())
    answer = broken.hook()

    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "canary" not in answer.text
    assert broken.kinds() == []


def test_a_call_whose_time_is_used_up_is_503_and_leaves_nothing(make_desk):
    ticks = iter(range(0, 10_000, 2))
    desk = make_desk(timer=lambda: float(next(ticks)), pace=Pace())

    assert desk.hook().status_code == 503
    assert desk.kinds() == []


def test_a_service_that_crashes_is_a_500_and_never_an_empty_list(make_desk):
    def crash(request, chart):
        raise KeyError("canary")

    desk = make_desk()
    services = {"chart-summary": replace(desk.parts.services["chart-summary"], say=crash)}
    answer = make_desk(services=services).hook()

    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "canary" not in answer.text


def test_the_first_entry_says_who_asked_for_what(desk):
    desk.card()
    received = desk.event("hook.received")

    assert received.user == USER
    assert received.key == KEY
    assert received.detail["service"] == "chart-summary"
    assert len(received.detail["prefetch"]) == 13
    assert desk.event("hook.gathered").detail["entries"] == 3


def test_a_finished_job_is_done_in_the_ledger(make_desk):
    desk = make_desk(engine=ENGINE)
    desk.card()
    make_summary(desk, "Diabetes since 2021")
    situation = desk.parts.cards.situation(KEY, focus="chart-summary", fingerprint="")

    assert situation.job.state is JobState.DONE


@pytest.mark.parametrize("chart", ["unchanged", "newer"])
def test_reg_eu_3_a_summary_of_a_model_switched_off_is_on_no_card_and_the_model_in_use_makes_another(make_desk, chart):
    earlier = make_desk(engine=ENGINE)
    earlier.card()
    make_summary(earlier, "Diabetes since 2021")
    parts = replace(earlier.parts, engine=EngineInfo(name="next", revision="1", profile="text-only"))
    desk = replace(earlier, parts=parts, http=TestClient(create_app(parts), base_url=PUBLIC))
    assert desk.card()["summary"].startswith("AI summary (")  # another model is no reason to drop a summary

    switch_off(desk, "model", ENGINE.name)
    card = desk.card(hook_body() if chart == "unchanged" else with_more())
    assert card["summary"].endswith("AI summary in preparation")
    assert "Diabetes since 2021" not in card["detail"]
    # The words of the first card again: that card itself.
    assert desk.event("card.repeated" if chart == "unchanged" else "card.issued").detail["state"] == "preparing"
    assert desk.kinds().count("job.queued") == 2


@pytest.mark.parametrize("chart", ["unchanged", "with an older summary"])
def test_a_purged_summary_of_unchanged_content_is_asked_for_again(make_desk, chart):
    desk = make_desk(engine=ENGINE)
    if chart != "unchanged":
        desk.card()
        make_summary(desk, "Diabetes since 2021")
    body = hook_body if chart == "unchanged" else with_more
    desk.card(body())
    summary_id = make_summary(desk, "Gout since 2021")
    assert "Gout since 2021" in desk.card(body())["summary"]

    purge(desk.store, [("summary", summary_id)], by="ops", at=desk.clock(), reason="retention")
    queued = desk.kinds().count("job.queued")
    assert desk.card(body())["summary"].endswith("in preparation")
    assert desk.card(body())["summary"].endswith("in preparation")
    assert desk.kinds().count("job.queued") == queued + 1
    make_summary(desk, "Gout since 2022")
    assert "Gout since 2022" in desk.card(body())["summary"]
