"""Whatever workers, relays and clocks do, a job ends once, with one summary at most; no late attempt writes."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from ledger_values import KEY, Ledger, a_job, a_summary, an_issuance, now
from sqlalchemy import text

from ledger.errors import NotHeld
from ledger.keys import create_key_file
from ledger.migrate import migrate
from ledger.records import JobState, SummaryJob

ENDED = {JobState.DONE, JobState.FAILED, JobState.EXPIRED}


class Jobs(RuleBasedStateMachine):
    """Three contents, any number of workers, one database; the model beside it is a dictionary."""

    claims: Bundle[SummaryJob] = Bundle("claims")
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chartside-jobs-"))
        shutil.copy(self.template / "ledger.db", self.folder / "ledger.db")
        keys = create_key_file(self.folder / "keys" / "ring.json")
        self.ledger = Ledger(url=f"sqlite:///{self.folder}/ledger.db", folder=self.folder, keys=keys)
        self.newest: dict[str, int] = {}  # the attempt that holds each job
        self.finished: dict[str, int] = {}

    @initialize()
    def one_is_asked(self) -> None:
        self.ask("f1", useful=True)

    @rule(fingerprint=st.sampled_from(["f1", "f2", "f3"]), useful=st.booleans())
    def ask(self, fingerprint: str, useful: bool) -> None:
        until = now() + timedelta(hours=1 if useful else -1)
        job = a_job(fingerprint=fingerprint, useful_until=until)
        before = self.states()
        result = self.ledger.cards.issue(an_issuance(job=job), timeout_s=20)
        assert result.job_queued == (before.get(result.job_id) in {None, JobState.FAILED, JobState.EXPIRED})

    @rule(target=claims, data=st.data())
    def claim(self, data: st.DataObject) -> SummaryJob | None:
        job_id = data.draw(st.sampled_from(sorted(self.states())))
        job = self.ledger.jobs.claim(job_id, worker="w", lease_s=60)
        if job is not None:
            assert job.attempt == self.newest.get(job_id, 0) + 1
            self.newest[job_id] = job.attempt
        return job

    @rule(seconds=st.sampled_from([30, 61]))
    def time_passes(self, seconds: int) -> None:
        self.ledger.later(seconds, "lease_until", "wake_at")

    @rule(job=claims)
    def finish(self, job: SummaryJob | None) -> None:
        if job is not None and self.writes(job, lambda held: self.ledger.jobs.finish(held, a_summary(held), [], [])):
            self.finished[job.id] = self.finished.get(job.id, 0) + 1

    @rule(job=claims, retry=st.booleans())
    def fail(self, job: SummaryJob | None, retry: bool) -> None:
        if job is not None:
            self.writes(job, lambda held: self.ledger.jobs.fail(held, "engine-failed", retry=retry))

    @rule(job=claims)
    def renew(self, job: SummaryJob | None) -> None:
        if job is not None:
            self.writes(job, lambda held: self.ledger.jobs.renew(held, 60))

    @rule()
    def a_relay_looks(self) -> None:
        states = self.states()
        published = self.ledger.jobs.due()
        assert not {job_id for job_id in published if states[job_id] in ENDED}
        assert not set(published) & set(self.ledger.jobs.due())

    def writes(self, job: SummaryJob, write) -> bool:  # type: ignore[no-untyped-def]
        standing = self.ledger.jobs.standing(job.id)
        assert standing is not None
        held = standing.state is JobState.LEASED and standing.attempt == job.attempt
        if held:
            write(job)
        else:
            with pytest.raises(NotHeld):
                write(job)
        return held

    def states(self) -> dict[str, JobState]:
        return {row["id"]: JobState(row["state"]) for row in self.ledger.store.rows(text("SELECT id, state FROM job"))}

    @invariant()
    def a_job_has_a_summary_exactly_when_it_is_done(self) -> None:
        done = {job_id for job_id, state in self.states().items() if state is JobState.DONE}
        assert done == set(self.finished)
        assert all(times == 1 for times in self.finished.values())
        assert self.ledger.count("summary") == len(done)

    @invariant()
    def the_situation_tells_the_jobs_state(self) -> None:
        situation = self.ledger.cards.situation(KEY, focus=a_job().focus, fingerprint="f1")
        assert situation.job is not None
        assert situation.job.state is self.states()[situation.job.id]

    def teardown(self) -> None:
        assert self.ledger.verify().ok
        self.ledger.close()
        shutil.rmtree(self.folder)


def test_the_job_machine_keeps_its_invariants(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/ledger.db")
    Jobs.template = tmp_path
    quick = settings(max_examples=25, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Jobs, settings=quick)
