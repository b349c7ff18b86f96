"""One job, one stored summary: leases by the database's time, attempts that fence, wake-ups that are never lost."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_values import KEY, OTHER_KEY, PICTURE, Ledger, a_summary, an_event, new_id, now

from ledger.errors import AlreadyRecorded, NotHeld, WrongPatient
from ledger.jobs import EXHAUSTED, Jobs, Waits
from ledger.records import JobState, StoredImage
from ledger.summaries import Summaries


def test_a_claimed_job_brings_what_was_asked(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask(payload=b"chart"))
    assert (job.key, job.payload, job.attempt, job.fingerprint) == (KEY, b"chart", 1, "f1")


def test_a_job_is_held_by_one_worker_at_a_time(ledger: Ledger) -> None:
    job_id = ledger.ask()
    ledger.claim(job_id)
    assert ledger.jobs.claim(job_id, worker="w2", lease_s=60) is None
    assert ledger.jobs.claim("no such job", worker="w2", lease_s=60) is None


def test_ten_workers_woken_at_once_make_one_claim(ledger: Ledger) -> None:
    job_id, jobs = ledger.ask(), ledger.jobs
    with ThreadPoolExecutor(10) as pool:
        claims = list(pool.map(lambda name: jobs.claim(job_id, worker=f"w{name}", lease_s=60), range(10)))
    assert sum(claim is not None for claim in claims) == 1


def test_a_finished_job_gives_its_summary_and_pictures(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    summary = a_summary(job)
    ledger.jobs.finish(job, summary, [PICTURE, StoredImage(ordinal=0, label="Lateral", png=b"p")], [an_event("x")])
    standing = ledger.jobs.standing(job.id)
    assert standing is not None
    assert standing.state is JobState.DONE
    assert Summaries(ledger.store).find(summary.id) == summary
    assert [image.label for image in Summaries(ledger.store).images(summary.id)] == ["Lateral", "Chest, frontal"]
    assert Summaries(ledger.store).find("none") is None
    assert ledger.verify().ok


def test_the_history_that_the_worker_read_is_kept_with_its_summary_and_once(ledger: Ledger) -> None:
    for fingerprint in ("f1", "f2"):
        job = ledger.claim(ledger.ask(fingerprint=fingerprint))
        ledger.jobs.finish(job, a_summary(job), [], [], history=("as-gathered", b'{"entries":[1,2]}'))
    assert ledger.cards.snapshot(KEY, "as-gathered") == b'{"entries":[1,2]}'
    assert ledger.count("snapshot") == 1
    assert ledger.verify().ok


def test_a_lease_runs_out_by_the_databases_clock(ledger: Ledger) -> None:
    job_id = ledger.ask()
    first = ledger.claim(job_id, lease_s=60)
    ledger.later(59, "lease_until", "wake_at")
    assert ledger.jobs.claim(job_id, worker="w2", lease_s=60) is None
    assert ledger.jobs.due() == ()
    ledger.later(2, "lease_until", "wake_at")
    assert ledger.jobs.due() == (job_id,)
    assert ledger.claim(job_id, worker="w2").attempt == first.attempt + 1


def test_the_worker_of_an_earlier_attempt_writes_nothing(ledger: Ledger) -> None:
    job_id = ledger.ask()
    first = ledger.claim(job_id)
    ledger.later(61, "lease_until")
    second = ledger.claim(job_id, worker="w2")
    entries = ledger.count("audit_entry")
    for late in (
        lambda: ledger.jobs.finish(first, a_summary(first), [PICTURE], [an_event("model.ran")]),
        lambda: ledger.jobs.fail(first, "engine-failed", retry=True),
        lambda: ledger.jobs.renew(first, 60),
    ):
        with pytest.raises(NotHeld):
            late()
    assert (ledger.count("audit_entry"), ledger.count("summary"), ledger.count("image")) == (entries, 0, 0)
    ledger.jobs.finish(second, a_summary(second), [], [])
    with pytest.raises(NotHeld):
        ledger.jobs.finish(second, a_summary(second), [], [])
    assert ledger.count("summary") == 1


def test_a_lease_that_ran_out_unnoticed_may_still_finish(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    ledger.later(600, "lease_until")
    ledger.jobs.finish(job, a_summary(job), [], [])
    assert ledger.count("summary") == 1


def test_a_renewed_lease_holds_longer(ledger: Ledger) -> None:
    job_id = ledger.ask()
    job = ledger.claim(job_id, lease_s=60)
    ledger.jobs.renew(job, 600)
    ledger.later(300, "lease_until", "wake_at")
    assert ledger.jobs.claim(job_id, worker="w2", lease_s=60) is None
    assert ledger.jobs.due() == ()
    assert ledger.verify().ok


def test_ch_17_a_job_that_kills_every_worker_ends_as_failed(ledger: Ledger) -> None:
    job_id = ledger.ask()
    for attempt in (1, 2, 3):
        assert ledger.claim(job_id).attempt == attempt
        ledger.later(61, "lease_until", "wake_at")
    assert ledger.jobs.due() == ()
    standing = ledger.jobs.standing(job_id)
    assert standing is not None
    assert (standing.state, standing.reason) == (JobState.FAILED, EXHAUSTED)
    assert ledger.jobs.claim(job_id, worker="w", lease_s=60) is None
    assert ledger.verify().ok


def test_a_claim_itself_ends_a_job_whose_attempts_are_used_up(ledger: Ledger) -> None:
    job_id = ledger.ask()
    for _ in range(3):
        ledger.claim(job_id)
        ledger.later(61, "lease_until")
    assert ledger.jobs.claim(job_id, worker="w", lease_s=60) is None
    standing = ledger.jobs.standing(job_id)
    assert standing is not None
    assert standing.state is JobState.FAILED


def test_a_failure_worth_retrying_is_queued_again_until_attempts_are_used_up(ledger: Ledger) -> None:
    job_id = ledger.ask()
    states = []
    for _ in range(3):
        ledger.jobs.fail(ledger.claim(job_id), "engine-failed", retry=True, events=[an_event("model.failed")])
        standing = ledger.jobs.standing(job_id)
        assert standing is not None
        states.append((standing.state, standing.reason))
    assert states == [(JobState.QUEUED, "engine-failed")] * 2 + [(JobState.FAILED, "engine-failed")]
    assert ledger.verify().ok


def test_a_job_past_its_usefulness_expires_before_anyone_begins(ledger: Ledger) -> None:
    by_relay = ledger.ask(fingerprint="f1", useful_until=now() - timedelta(seconds=1))
    assert ledger.jobs.due() == ()
    by_claim = ledger.ask(fingerprint="f2", useful_until=now() - timedelta(seconds=1))
    assert ledger.jobs.claim(by_claim, worker="w", lease_s=60) is None
    standings = [ledger.jobs.standing(job_id) for job_id in (by_relay, by_claim)]
    assert [standing.state if standing else None for standing in standings] == [JobState.EXPIRED] * 2
    assert ledger.verify().ok


def test_a_new_job_is_published_once_and_again_when_its_message_seems_lost(ledger: Ledger) -> None:
    job_id = ledger.ask()
    assert ledger.jobs.due() == (job_id,)
    assert ledger.jobs.due() == ()
    ledger.later(61, "wake_at")
    assert ledger.jobs.due() == (job_id,)


def test_a_job_that_ended_is_never_published(ledger: Ledger) -> None:
    done, failed = ledger.claim(ledger.ask(fingerprint="f1")), ledger.claim(ledger.ask(fingerprint="f2"))
    ledger.jobs.finish(done, a_summary(done), [], [])
    ledger.jobs.fail(failed, "prompt-too-large", retry=False)
    ledger.later(10_000, "wake_at")
    assert ledger.jobs.due() == ()


def test_a_retry_waits_a_little(ledger: Ledger) -> None:
    jobs = Jobs(ledger.store, waits=Waits(retry_after_s=30))
    job_id = ledger.ask()
    jobs.fail(ledger.claim(job_id), "engine-failed", retry=True)
    assert jobs.due() == ()
    ledger.later(31, "wake_at")
    assert jobs.due() == (job_id,)


def test_two_relays_never_publish_the_same_job_at_once(ledger: Ledger) -> None:
    asked = {ledger.ask(fingerprint=f"f{number}") for number in range(40)}
    stores = [ledger.reopen() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda store: [Jobs(store).due(limit=7) for _ in range(10)], stores))
    published = [job_id for relay in batches for batch in relay for job_id in batch]
    assert len(published) == len(set(published))
    published += ledger.jobs.due(limit=100)
    assert set(published) == asked


def test_due_keeps_to_its_limit_and_the_oldest_come_first(ledger: Ledger) -> None:
    asked = [ledger.ask(fingerprint=f"f{number}") for number in range(5)]
    assert set(ledger.jobs.due(limit=2)) == set(asked[:2])
    assert set(ledger.jobs.due(limit=9)) == set(asked[2:])


def test_design_9_a_summary_of_another_patient_is_not_stored(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    for wrong in (a_summary(job, key=OTHER_KEY), a_summary(job, job_id=new_id())):
        with pytest.raises(WrongPatient):
            ledger.jobs.finish(job, wrong, [], [])
    assert ledger.count("summary") == 0


def test_design_9_a_job_handed_over_with_another_key_is_not_stored(ledger: Ledger) -> None:
    job = replace(ledger.claim(ledger.ask()), key=OTHER_KEY)
    with pytest.raises(WrongPatient):
        ledger.jobs.finish(job, a_summary(job), [], [])
    assert ledger.count("summary") == 0


def test_a_summary_id_used_twice_leaves_the_job_held(ledger: Ledger) -> None:
    first, second = ledger.claim(ledger.ask(fingerprint="f1")), ledger.claim(ledger.ask(fingerprint="f2"))
    summary = a_summary(first)
    ledger.jobs.finish(first, summary, [], [])
    with pytest.raises(AlreadyRecorded):
        ledger.jobs.finish(second, a_summary(second, id=summary.id), [], [])
    ledger.jobs.finish(second, a_summary(second), [], [])
    assert ledger.verify().ok
