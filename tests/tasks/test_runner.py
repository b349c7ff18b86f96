"""One delivery of one job over the real ledger: how it ends, what is stored, and what the story tells of it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from job_ledger import (
    FOCUS,
    GOOD,
    KEY,
    PNG,
    Decoder,
    Engine,
    Pictures,
    condition,
    imaging_study,
    open_job_ledger,
    patient,
    payload_of,
    sources,
)

from fhir_adapters.stored import history_from_plain
from ledger.cards import Cards
from ledger.errors import LedgerBusy, LedgerUnavailable
from ledger.records import JobState, PatientKey
from ledger.summaries import Summaries
from ledger.verify import verify
from tasks.errors import (
    CompletionUnreadable,
    EngineFailed,
    EngineUnusable,
    PromptTooLarge,
)
from tasks.job import PAYLOAD_VERSION
from tasks.runner import Ending
from tasks.stored import summary_from_bytes

STEPS = ["job.queued", "job.claimed", "job.gathered", "job.prompted", "job.generated", "job.checked"]


@pytest.fixture
def book(tmp_path):
    ledger = open_job_ledger(tmp_path)
    yield ledger
    assert verify(ledger.store).ok
    ledger.store.close()


def test_a_job_becomes_a_stored_summary(book):
    job_id = book.ask()
    assert book.runner(Engine(GOOD)).run(job_id) is Ending.DONE
    assert book.standing(job_id).state is JobState.DONE
    stored = book.situation().summary
    summary = summary_from_bytes(stored.content)
    assert (stored.job_id, stored.key, stored.focus) == (job_id, KEY, FOCUS)
    assert [statement.text for statement in summary.statements] == ["Type 2 diabetes is active."]
    assert summary.profile == "text-only"


def test_its_history_can_be_read_back_and_its_citations_resolve_in_it(book):
    assert book.runner(Engine(GOOD)).run(book.ask()) is Ending.DONE
    summary = summary_from_bytes(book.situation().summary.content)
    kept = Cards(book.store).snapshot(KEY, summary.fingerprint)
    history = history_from_plain(orjson.loads(kept))
    (citation,) = summary.statements[0].citations
    assert history.by_reference[citation.reference].content_hash == citation.content_hash


def test_each_step_is_an_entry_of_the_story(book):
    job_id = book.ask()
    book.runner(Engine(GOOD)).run(job_id)
    told = book.told(job_id)
    assert [kind for kind in told if kind.startswith("job.")] == [*STEPS, "job.done"]
    assert "summary.stored" in [entry.kind for entry in book.story().entries]
    assert book.detail("job.generated")["prompt_tokens"] == 10
    assert book.detail("job.checked") == {"attempt": 1, "verified": 1, "cited": 0, "withheld": 0}


def test_what_is_recorded_holds_no_word_of_the_record(book):
    book.runner(Engine(GOOD)).run(book.ask())
    details = [str(entry.detail) for entry in book.story().entries if entry.kind.startswith("job.")]
    assert details
    assert not any("diabetes" in detail or "Canary" in detail for detail in details)


def test_what_was_read_is_written_before_the_model_is_asked(book):
    class Watching(Engine):
        def while_working(self):
            self.told = [entry.kind for entry in book.story().entries]

    engine = Watching(GOOD)
    book.runner(engine).run(book.ask())
    assert {"job.claimed", "job.gathered", "job.prompted"} <= set(engine.told)
    assert "job.generated" not in engine.told


def test_a_second_delivery_does_nothing(book):
    job_id = book.ask()
    engine = Engine(GOOD)
    assert book.runner(engine).run(job_id) is Ending.DONE
    assert book.runner(engine).run(job_id) is Ending.NOT_CLAIMED
    assert len(engine.prompts) == 1


@pytest.mark.parametrize("job_id", ["", "no-such-job", "0b1c7d4e-0000-4000-8000-000000000001", "'; DROP TABLE job; --"])
def test_a_forged_id_claims_nothing(book, job_id):
    assert book.runner(Engine(GOOD)).run(job_id) is Ending.NOT_CLAIMED


class TakenOver(Engine):
    """Works so long that another worker takes its job over."""

    book = job_id = None

    def while_working(self):
        self.book.take_over(self.job_id)


@pytest.mark.parametrize("answer", [GOOD, EngineFailed("down"), "no json"])
def test_an_attempt_that_another_took_over_writes_nothing(book, answer):
    engine = TakenOver(answer)
    engine.book, engine.job_id = book, book.ask()
    assert book.runner(engine).run(engine.job_id) is Ending.LEASE_LOST
    assert book.situation().summary is None
    assert (book.standing(engine.job_id).state, book.standing(engine.job_id).attempt) == (JobState.LEASED, 2)
    assert book.told(engine.job_id)[-1] == "job.claimed"


def test_a_failure_that_may_pass_is_tried_again(book):
    job_id = book.ask()
    assert book.runner(Engine(EngineFailed("out of memory"))).run(job_id) == "engine-failed"
    assert book.standing(job_id).state is JobState.QUEUED
    assert book.runner(Engine(GOOD)).run(job_id) is Ending.DONE
    assert book.standing(job_id).attempt == 2


def test_it_fails_for_good_when_its_attempts_are_used_up(book):
    job_id = book.ask()
    for _ in range(3):
        book.runner(Engine(EngineFailed("out of memory"))).run(job_id)
    assert book.standing(job_id).state is JobState.FAILED
    assert book.standing(job_id).reason == "engine-failed"
    assert book.runner(Engine(GOOD)).run(job_id) is Ending.NOT_CLAIMED


@pytest.mark.parametrize(
    ("error", "reason"),
    [(CompletionUnreadable("cut off"), "completion-unreadable"), (PromptTooLarge("too large"), "prompt-too-large")],
)
def test_a_failure_that_stays_is_not_tried_again(book, error, reason):
    job_id = book.ask()
    assert book.runner(Engine(error)).run(job_id) == reason
    assert (book.standing(job_id).state, book.standing(job_id).reason) == (JobState.FAILED, reason)


def test_a_completion_that_is_no_json_fails_and_that_it_was_made_is_told(book):
    job_id = book.ask()
    assert book.runner(Engine("I think the patient is fine.")).run(job_id) == "completion-unreadable"
    assert book.told(job_id)[-2:] == ["job.generated", "job.failed"]


def test_ch_5_the_soft_time_limit_ends_the_attempt(book):
    job_id = book.ask()
    assert book.runner(Engine(SoftTimeLimitExceeded())).run(job_id) == "time-limit"
    assert book.standing(job_id).state is JobState.QUEUED


def test_an_engine_that_can_serve_nobody_leaves_the_job_to_another_worker(book):
    job_id = book.ask()
    assert book.runner(Engine(EngineUnusable("device lost"))).run(job_id) == EngineUnusable.reason
    assert book.standing(job_id).state is JobState.QUEUED


def test_without_a_model_the_job_ends_and_says_why(book):
    job_id = book.ask()
    assert book.runner(None).run(job_id) == "no-model"
    assert (book.standing(job_id).state, book.standing(job_id).reason) == (JobState.FAILED, "no-model")


def test_an_error_that_nobody_foresaw_ends_the_attempt_and_its_text_gets_nowhere(book):
    job_id = book.ask()
    with structlog.testing.capture_logs() as logs:
        assert book.runner(Engine(ZeroDivisionError("canary Jane Roe"))).run(job_id) == "unexpected-error"
    assert book.standing(job_id).state is JobState.QUEUED
    assert [line["error"] for line in logs] == ["ZeroDivisionError"]
    assert "canary" not in str(logs)
    assert not any("canary" in str(entry.detail) for entry in book.story().entries)


def test_t24_a_resource_of_another_patient_stops_the_summary_with_an_alarm(book):
    job_id = book.ask(payload_of(condition(), condition(2, patient_id="p2")))
    engine = Engine(GOOD)
    assert book.runner(engine).run(job_id) == "wrong-patient-data"
    assert (book.standing(job_id).state, book.standing(job_id).reason) == (JobState.FAILED, "wrong-patient-data")
    assert engine.prompts == []
    assert "alarm.wrong-patient-resource" in book.told(job_id)
    assert book.situation().summary is None


def test_t24_two_patients_in_one_record_stop_it_with_an_alarm(book):
    job_id = book.ask(payload_of(condition(), patient("p2")))
    assert book.runner(Engine(GOOD)).run(job_id) == "wrong-patient-data"
    assert [kind for kind in book.told(job_id) if kind.startswith("alarm.")]
    assert book.standing(job_id).state is JobState.FAILED


def test_t24_a_payload_of_another_patient_than_the_job_stops_it(book):
    other = PatientKey(client="ehr", tenant="", fhir_base="https://ehr.test/fhir", patient_id="p9")
    job_id = book.ask(key=other)
    engine = Engine(GOOD)
    assert book.runner(engine).run(job_id) == "wrong-patient-data"
    assert engine.prompts == []
    assert [kind for kind in book.told(job_id) if kind.startswith("alarm.")]


def test_ch_16_a_payload_of_a_newer_service_is_left_to_a_newer_worker(book):
    newer = orjson.dumps(orjson.loads(payload_of(condition())) | {"version": PAYLOAD_VERSION + 1})
    job_id = book.ask(newer)
    assert book.runner(Engine(GOOD)).run(job_id) == "payload-unreadable"
    assert book.standing(job_id).state is JobState.QUEUED


def test_a_payload_that_nobody_can_read_fails_for_good(book):
    job_id = book.ask(b"not json")
    assert book.runner(Engine(GOOD)).run(job_id) == "payload-unreadable"
    assert book.standing(job_id).state is JobState.FAILED


def test_the_lease_is_renewed_while_a_slow_model_works(book):
    job_id = book.ask()

    class Slow(Engine):
        def while_working(self):
            self.seen = []
            until = time.monotonic() + 2.0
            while time.monotonic() < until:
                self.seen.append(book.jobs.claim(job_id, worker="thief", lease_s=30))
                time.sleep(0.05)

    engine = Slow(GOOD)
    assert book.runner(engine, lease_s=1.5).run(job_id) is Ending.DONE
    assert engine.seen == [None] * len(engine.seen)
    assert book.standing(job_id).attempt == 1


def test_ch_9_a_ledger_that_cannot_be_reached_leaves_the_job_to_its_lease(book):
    job_id = book.ask()

    class Away:
        def __getattr__(self, name):
            return getattr(book.jobs, name)

        def finish(self, *_, **__):
            raise LedgerBusy("locked")

        def fail(self, *_, **__):
            raise LedgerUnavailable("down")

    runner = replace(book.runner(Engine(GOOD)), jobs=Away())
    assert runner.run(job_id) is Ending.LEDGER_AWAY
    assert book.standing(job_id).state is JobState.LEASED
    assert book.situation().summary is None


def test_ch_9_a_ledger_that_is_away_at_the_claim_is_no_crash(book):
    class Away:
        def claim(self, *_, **__):
            raise LedgerUnavailable("down")

    assert replace(book.runner(Engine(GOOD)), jobs=Away()).run(book.ask()) is Ending.LEDGER_AWAY


def test_a_step_that_cannot_be_recorded_stops_the_attempt_before_the_model(book):
    engine = Engine(GOOD)

    def refuse(_events):
        raise LedgerBusy("locked")

    job_id = book.ask()
    assert book.runner(engine, record_with=refuse).run(job_id) == "ledger-busy"
    assert engine.prompts == []
    assert book.standing(job_id).state is JobState.QUEUED


def test_a_job_past_its_usefulness_never_reaches_the_model(book):
    job_id = book.ask(useful_until=datetime.now(UTC) - timedelta(seconds=1))
    engine = Engine(GOOD)
    assert book.runner(engine).run(job_id) is Ending.NOT_CLAIMED
    assert engine.prompts == []


def test_its_pictures_are_stored_and_can_be_read_back(book):
    engine = Engine(GOOD)
    imaging = {"profile": "imaging", "decoder": Decoder(), "sources": sources(dicomweb=Pictures())}
    job_id = book.ask(payload_of(condition(), imaging_study()))
    assert book.runner(engine, **imaging).run(job_id) is Ending.DONE
    (image,) = Summaries(book.store).images(book.situation().summary.id)
    assert image.png == PNG
    assert image.label == engine.prompts[0].images[0].label
    assert {"dicomweb.search", "dicomweb.retrieve"} <= set(book.told(job_id))


def test_t24_a_dicom_header_of_another_patient_stops_the_summary_with_an_alarm(book):
    engine = Engine(GOOD)
    imaging = {"profile": "imaging", "decoder": Decoder(patient_id="p2"), "sources": sources(dicomweb=Pictures())}
    job_id = book.ask(payload_of(condition(), imaging_study()))
    assert book.runner(engine, **imaging).run(job_id) == "wrong-patient-data"
    assert engine.prompts == []
    assert "alarm.wrong-patient-image" in book.told(job_id)
    assert book.standing(job_id).state is JobState.FAILED
