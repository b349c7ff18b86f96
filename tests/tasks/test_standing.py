"""One of five states, and never a stale summary taken for a current one, or a failure for silence."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from little_history import AS_OF, chart, entry

from fhir_adapters.dates import PartialDate
from fhir_adapters.history import Coverage, Kind
from ledger.records import JobStanding, JobState, PatientKey, StoredSummary, Withdrawal
from tasks.engines.scripted import Scripted
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.standing import difference, state_of
from tasks.states import Absent, Failed, Preparing, Ready, Stale
from tasks.stored import summary_to_bytes

CHART = chart()
KEY = PatientKey(client="c", tenant="", fhir_base="https://ehr.example/fhir", patient_id="p1")


def summary_of(record, budget=8_000):
    prompt = build_prompt(record, (), patient_id="p1", focus="chart-summary", budget=budget, as_of=AS_OF)
    engine = Scripted.fixed(orjson.dumps({"statements": []}))
    return read_summary(
        engine.generate(prompt), prompt, record, model=engine.version, made_at=AS_OF, profile="text-only"
    )


SUMMARY = summary_of(CHART)


def stored(summary=SUMMARY, **more):
    kept = StoredSummary(
        id="s1", job_id="j1", key=KEY, focus="chart-summary", fingerprint=summary.fingerprint, recipe="r",
        made_at=AS_OF, content=summary_to_bytes(summary),
    )  # fmt: skip
    return replace(kept, **more)


def job(state, *, fingerprint=CHART.fingerprint, reason=""):
    return JobStanding(id="j2", state=state, fingerprint=fingerprint, recipe="r", attempt=1, since=AS_OF, reason=reason)


def withdrawal(summary_id="s1", at=AS_OF):
    return Withdrawal(id="w1", summary_id=summary_id, reason="wrong-patient", at=at, by="Practitioner/1")


def state(record=CHART, *, summary=None, job=None, withdrawal=None, engine_configured=True, **more):
    return state_of(
        record, summary=summary, job=job, withdrawal=withdrawal, engine_configured=engine_configured, **more
    )


def test_the_same_chart_is_ready():
    assert state(summary=stored()) == Ready(summary_id="s1", summary=SUMMARY)


def test_a_smaller_view_of_the_same_chart_is_ready_because_nothing_new_is_seen():
    seen = replace(CHART, entries=CHART.entries[:3], coverage=(("Observation", Coverage.PART),), fingerprint="other")
    assert isinstance(state(seen, summary=stored()), Ready)


def test_a_new_and_a_changed_entry_make_it_stale_and_are_counted():
    changed = replace(CHART.entries[8], content_hash="0" * 64)
    record = replace(
        CHART,
        entries=(*CHART.entries[:8], changed, *CHART.entries[9:], entry("E15", Kind.RESULT, "Sodium")),
        fingerprint="x",
    )
    found = state(record, summary=stored(), job=job(JobState.QUEUED, fingerprint="x"))
    assert isinstance(found, Stale)
    assert (found.newer, found.removed, found.preparing) == (2, 0, True)
    assert state(record, summary=stored()).preparing is False


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Another, Name"}, {"birth_date": None}, {"birth_date": PartialDate("1951-03-13")}, {"gender": "other"},
        {"gender": ""}, {"identifier": "another"}, {"deceased": True}, {"deceased": PartialDate("2026-10-01")},
        {"deceased": False}, {"marks": ("not in use",)},
    ],
    ids=str,
)  # fmt: skip
def test_t24_a_patient_of_other_demographics_makes_it_stale(changed):
    record = replace(CHART, patient=replace(CHART.patient, **changed), fingerprint="other")
    found = state(record, summary=stored(), job=job(JobState.QUEUED, fingerprint="other"))
    assert isinstance(found, Stale)
    assert (found.newer, found.removed, found.preparing) == (1, 0, True)
    less = replace(record, entries=CHART.entries[:1], coverage=())
    assert isinstance(state(less, summary=stored()), Stale)
    assert isinstance(state(less, summary=stored(), job=job(JobState.FAILED, fingerprint="other")), Failed)


def test_a_summary_of_an_earlier_version_is_ready_for_the_very_same_chart_alone():
    earlier = stored(replace(SUMMARY, patient_hash=""))
    assert isinstance(state(summary=earlier), Ready)
    assert isinstance(state(replace(CHART, entries=CHART.entries[:3], fingerprint="x"), summary=earlier), Stale)
    plain = {name: value for name, value in orjson.loads(earlier.content).items() if name != "patient_hash"}
    assert isinstance(state(summary=stored(content=orjson.dumps(plain))), Ready)


def test_an_entry_that_is_gone_counts_only_where_its_type_was_seen_whole():
    without_result = replace(CHART, entries=tuple(each for each in CHART.entries if each.id != "E9"))
    without_medicine = replace(CHART, entries=tuple(each for each in CHART.entries if each.id != "E4"))
    assert difference(without_result, SUMMARY).removed == 1
    assert isinstance(state(without_result, summary=stored()), Stale)
    assert difference(without_medicine, SUMMARY).removed == 0
    assert isinstance(state(without_medicine, summary=stored()), Ready)


def test_entries_that_the_budget_cut_or_that_no_model_may_see_do_not_make_it_stale_for_ever():
    more = [entry(f"E{n}", Kind.RESULT, f"Sodium number {n} " + "word " * 40, when="2001-01-01") for n in range(15, 60)]
    hidden = entry("E99", Kind.PROBLEM, "Hidden", restricted=True)
    record = replace(CHART, entries=(*CHART.entries, *more, hidden))
    summary = summary_of(record, budget=3_000)
    assert len(summary.left_out) > 2
    assert isinstance(state(record, summary=stored(summary)), Ready)


@pytest.mark.parametrize("under_way", [JobState.QUEUED, JobState.LEASED])
def test_a_job_under_way_is_preparing(under_way):
    assert state(job=job(under_way)) == Preparing(job_id="j2", since=AS_OF)


@pytest.mark.parametrize(
    ("ended", "reason", "said"),
    [
        (JobState.FAILED, "engine-failed", "engine-failed"),
        (JobState.EXPIRED, "", "expired"),
        (JobState.FAILED, "of-a-later-version", "unexpected-error"),
    ],
)
def test_a_failure_is_said_and_outranks_an_older_summary_of_other_content(ended, reason, said):
    assert state(job=job(ended, reason=reason)) == Failed(reason=said, since=AS_OF)
    newer = replace(CHART, entries=(*CHART.entries, entry("E15", Kind.RESULT, "Sodium")), fingerprint="x")
    failed = job(ended, reason=reason, fingerprint="x")
    assert state(newer, summary=stored(), job=failed) == Failed(reason=said, since=AS_OF)
    assert isinstance(state(newer, summary=stored(), job=job(ended, fingerprint="older")), Stale)
    assert isinstance(state(summary=stored(), job=failed), Ready)


def test_a_summary_that_cannot_be_read_has_failed():
    assert state(summary=stored(content=b"{}")) == Failed(reason="summary-unreadable", since=AS_OF)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"engine_configured": False}, "no-model"),
        ({}, "not-asked"),
        ({"job": job(JobState.DONE)}, "not-asked"),
        ({"withdrawal": withdrawal()}, "withdrawn"),
        ({"withdrawal": withdrawal(), "summary": stored()}, "withdrawn"),
        ({"withdrawal": withdrawal(""), "summary": stored(made_at=AS_OF + timedelta(days=1))}, "withdrawn"),
        ({"switched_off": True, "summary": stored()}, "switched-off"),
        ({"alarms_stop": True, "summary": stored(), "switched_off": True}, "wrong-patient-data"),
    ],
)
def test_absence_has_a_coded_reason(given, reason):
    assert state(**given) == Absent(reason=reason)


@pytest.mark.parametrize("minutes", [-1, 0, 1])
def test_t22_no_time_lets_a_summary_out_of_a_withdrawal_in_force(minutes):
    other = stored(id="s2", made_at=AS_OF + timedelta(minutes=minutes))
    assert state(summary=other, withdrawal=withdrawal()) == Absent(reason="withdrawn")
