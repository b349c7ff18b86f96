"""A purged payload is gone, its reader gets nothing, and the chain goes on verifying."""

# ruff: noqa: S608 - SQL is put together here, by the attacker

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ledger_values import FOCUS, KEY, Ledger, a_job, a_summary, an_event, an_issuance, now
from sqlalchemy import create_engine, text

from ledger.errors import LedgerError
from ledger.events import record
from ledger.export import export
from ledger.proof import Broken
from ledger.purge import purge
from ledger.records import SummaryJob
from ledger.summaries import Summaries
from ledger.verify import verify


def gone(ledger: Ledger, *records: tuple[str, str]) -> int:
    return purge(ledger.store, records, by="retention", at=now(), reason="ten years")


def test_purged_rows_of_every_kind_leave_the_chain_verifying(ledger: Ledger) -> None:
    ids = ledger.fill()
    snapshot = ("snapshot", f"{ledger.store.cipher.key_index(KEY)}/f1")
    assert gone(ledger, *ids.items(), snapshot, ("audit_entry", "1"), ("audit_entry", "3")) == len(ids) + 3
    assert verify(ledger.store).ok
    assert verify(ledger.reopen(keyless=True)).ok
    assert ledger.cards.snapshot(KEY, "f1") is None
    assert Summaries(ledger.store).find(ids["summary"]) is None
    assert Summaries(ledger.store).images(ids["summary"]) == ()
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2").summary is None
    story = ledger.desk.story(ids["card"])
    assert story is not None
    assert (story.card.record.content, story.card.key, story.card.client) == (b"", None, KEY.client)
    assert len(list(export(ledger.store))) > 0


def test_what_stands_in_the_chain_still_tells_that_it_was_there(ledger: Ledger) -> None:
    (place,) = record(ledger.store, [an_event()])
    gone(ledger, ("audit_entry", str(place)))
    (row,) = ledger.store.rows(text("SELECT kind, payload FROM audit_entry WHERE sequence = 1"))
    assert (row["kind"], row["payload"]) == ("page.opened", None)


def test_a_purged_payload_that_comes_back_is_found(ledger: Ledger) -> None:
    issuance = an_issuance()
    ledger.cards.issue(issuance, timeout_s=20)
    gone(ledger, ("card", issuance.cards[0].id))
    ledger.tamper("UPDATE card SET content = (SELECT payload FROM audit_entry WHERE sequence = 1)")
    found = ledger.verify().first_broken
    assert found is not None
    assert found.table == "card"


def test_a_job_at_work_and_rows_nobody_knows_are_passed_over(ledger: Ledger) -> None:
    job_id = ledger.cards.issue(an_issuance(job=a_job()), timeout_s=20).job_id
    assert gone(ledger, ("job", job_id), ("card", "none"), ("image", "none/7"), ("audit_entry", "99")) == 0
    assert ledger.claim(job_id).payload == a_job().payload


def test_a_purged_summary_leaves_this_process_memory_too(ledger: Ledger) -> None:
    ids = ledger.fill()
    ledger.answers.release(ids["withdrawal"], by="auditor", at=now(), note="checked")
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2").summary is not None
    gone(ledger, ("summary", ids["summary"]))
    assert ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f2").summary is None
    assert ledger.store.recent.get(ids["summary"]) is None


def test_the_purged_bytes_are_overwritten_in_the_file(sqlite_ledger: Ledger) -> None:
    issuance = an_issuance()
    sqlite_ledger.cards.issue(issuance, timeout_s=20)
    (row,) = sqlite_ledger.store.rows(text("SELECT content FROM card"))
    gone(sqlite_ledger, ("card", issuance.cards[0].id))
    sqlite_ledger.close()
    path = sqlite_ledger.url.removeprefix("sqlite:///")
    with open(path, "rb") as file:  # noqa: PTH123
        assert row["content"] not in file.read()


@pytest.mark.parametrize("record_id", ["", "x"])
def test_a_record_that_can_be_none_is_refused(ledger: Ledger, record_id: str) -> None:
    with pytest.raises(ValueError, match="no record"):
        gone(ledger, ("audit_entry", record_id))
    with pytest.raises(ValueError, match="no record"):
        gone(ledger, ("image", record_id))
    with pytest.raises(ValueError, match="no record"):
        gone(ledger, ("nurse", record_id))


def row_of(ledger: Ledger, table: str, where: str) -> dict[str, Any]:
    (row,) = ledger.store.rows(text(f"SELECT * FROM {table} WHERE {where}"))
    return dict(row)


def put(ledger: Ledger, table: str, where: str, values: Mapping[str, Any]) -> None:
    """Write these columns as the database's owner can."""
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        if ledger.is_sqlite:
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        changes = ", ".join(f"{name} = :{name}" for name in values)
        assert connection.execute(text(f"UPDATE {table} SET {changes} WHERE {where}"), dict(values)).rowcount == 1
    engine.dispose()


def holds(ledger: Ledger) -> bool:
    with_keys, without = ledger.verify(), verify(ledger.reopen(keyless=True))
    assert without.ok or not with_keys.ok
    return with_keys.ok


def a_failed_job(ledger: Ledger) -> str:
    job_id = ledger.ask()
    ledger.jobs.fail(ledger.claim(job_id), "engine-failed", retry=False)
    return job_id


def snapshot_name(ledger: Ledger) -> tuple[str, str]:
    return ("snapshot", f"{ledger.store.cipher.key_index(KEY)}/f1")


def keep(ledger: Ledger, content: bytes = b'{"entries":[]}') -> None:
    ledger.cards.issue(an_issuance(snapshot=content), timeout_s=20)


def has_snapshot(ledger: Ledger) -> bool:
    return ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1").has_snapshot


@pytest.mark.parametrize("times", [1, 3])
def test_a_purged_job_asked_for_again_has_a_new_payload_and_the_ledger_holds(ledger: Ledger, times: int) -> None:
    job_id = a_failed_job(ledger)
    for _ in range(times):
        assert gone(ledger, ("job", job_id)) == 1
        assert holds(ledger)
        assert ledger.ask(payload=b'{"asked":"again"}') == job_id
        assert holds(ledger)
        job = ledger.claim(job_id)
        assert job.payload == b'{"asked":"again"}'
        ledger.jobs.fail(job, "engine-failed", retry=False)
        assert holds(ledger)
    ledger.ask()
    ledger.jobs.finish(ledger.claim(job_id), a_summary(ledger_job(ledger, job_id)), [], [])
    assert holds(ledger)


def ledger_job(ledger: Ledger, job_id: str) -> SummaryJob:
    row = row_of(ledger, "job", f"id = '{job_id}'")
    return SummaryJob(
        id=job_id, attempt=row["attempt"], key=KEY, focus=row["focus"], fingerprint=row["fingerprint"],
        recipe=row["recipe"], payload=b"", lease_until=now(), useful_until=now(),
    )  # fmt: skip


@pytest.mark.parametrize("times", [1, 3])
def test_a_purged_history_that_is_seen_again_is_kept_again_and_the_ledger_holds(ledger: Ledger, times: int) -> None:
    keep(ledger)
    for turn in range(times):
        assert has_snapshot(ledger)
        gone(ledger, snapshot_name(ledger))
        assert (has_snapshot(ledger), ledger.cards.snapshot(KEY, "f1")) == (False, None)
        assert holds(ledger)
        keep(ledger, f'{{"turn":{turn}}}'.encode())
        assert (has_snapshot(ledger), ledger.cards.snapshot(KEY, "f1")) == (True, f'{{"turn":{turn}}}'.encode())
        assert holds(ledger)
        keep(ledger, b"not kept: it stands already")
        assert ledger.cards.snapshot(KEY, "f1") == f'{{"turn":{turn}}}'.encode()
    kinds = [row["kind"] for row in ledger.store.rows(text("SELECT kind FROM audit_entry"))]
    assert (kinds.count("history.kept"), kinds.count("payload.purged")) == (times + 1, times)
    assert len(list(export(ledger.store))) > 0


def test_a_worker_keeps_a_purged_history_again_with_its_summary(ledger: Ledger) -> None:
    keep(ledger)
    gone(ledger, snapshot_name(ledger))
    job = ledger.claim(ledger.ask())
    ledger.jobs.finish(job, a_summary(job), [], [], history=("f1", b'{"by":"worker"}'))
    assert ledger.cards.snapshot(KEY, "f1") == b'{"by":"worker"}'
    assert holds(ledger)


def test_a_purged_history_that_ten_hooks_see_again_at_once_is_kept_once(ledger: Ledger) -> None:
    keep(ledger)
    gone(ledger, snapshot_name(ledger))
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: keep(ledger, f"{number}".encode()), range(10)))
    rows = ledger.store.rows(text("SELECT kind FROM audit_entry WHERE kind = 'history.kept'"))
    assert len(rows) == 2
    assert holds(ledger)


@pytest.mark.parametrize("what", ["job", "snapshot"])
@pytest.mark.parametrize("renewed", [False, True])
@pytest.mark.parametrize(
    "columns",
    [
        ("sealed",), ("sealed", "digest"), ("sealed", "digest", "sequence"), ("sealed", "sequence"), ("all",),
        ("sealed", "to the purge"), ("all", "to the purge"), ("all", "to the head"),
    ],
    ids="+".join,
)  # fmt: skip
def test_a_purged_payload_put_back_by_hand_is_told_from_a_lawful_new_one(
    ledger: Ledger, what: str, columns: tuple[str, ...], *, renewed: bool
) -> None:
    keep(ledger)
    job_id = a_failed_job(ledger)
    column, where = {"job": ("payload", f"id = '{job_id}'"), "snapshot": ("content", "fingerprint = 'f1'")}[what]
    before = row_of(ledger, what, where)
    gone(ledger, ("job", job_id) if what == "job" else snapshot_name(ledger))
    purged_at = ledger.count("audit_entry")
    if renewed:
        ledger.ask()
        keep(ledger)
    assert holds(ledger)
    named = {
        "sealed": [column], "digest": [f"{column}_digest"], "sequence": ["sequence"], "all": list(before),
    }  # fmt: skip
    values = {name: before[name] for one in columns if one in named for name in named[one]}
    values |= {"sequence": purged_at} if "to the purge" in columns else {}
    values |= {"sequence": ledger.count("audit_entry")} if "to the head" in columns else {}
    put(ledger, what, where, values)
    found = ledger.verify().first_broken
    assert found is not None
    assert found.table == what


@pytest.mark.parametrize("what", ["job", "snapshot"])
def test_a_new_payload_emptied_without_a_purge_does_not_hide_behind_an_earlier_purge(ledger: Ledger, what: str) -> None:
    keep(ledger)
    job_id = a_failed_job(ledger)
    gone(ledger, ("job", job_id), snapshot_name(ledger))
    ledger.ask()
    keep(ledger)
    ledger.tamper(f"UPDATE {what} SET {'payload' if what == 'job' else 'content'} = NULL")
    found = ledger.verify().first_broken
    assert found is not None
    assert (found.table, "no purge tells of it" in found.reason) == (what, True)


def test_a_purged_entry_s_payload_put_back_by_hand_is_found(ledger: Ledger) -> None:
    record(ledger.store, [an_event(), an_event()])
    before = row_of(ledger, "audit_entry", "sequence = 1")
    gone(ledger, ("audit_entry", "1"))
    assert holds(ledger)
    put(ledger, "audit_entry", "sequence = 1", {"payload": before["payload"]})
    assert ledger.verify().first_broken == Broken("audit_entry", "1", 1, "a purged payload has come back")
    assert not verify(ledger.reopen(keyless=True)).ok


def test_a_withdrawal_purged_and_then_released_holds_and_what_the_purge_took_stays_gone(ledger: Ledger) -> None:
    ids = ledger.fill()
    where = f"id = '{ids['withdrawal']}'"
    before = row_of(ledger, "withdrawal", where)
    gone(ledger, ("withdrawal", ids["withdrawal"]))
    assert ledger.answers.release(ids["withdrawal"], by="auditor", at=now(), note="checked")
    assert holds(ledger)
    after = row_of(ledger, "withdrawal", where)
    put(ledger, "withdrawal", where, {"said": before["said"]})
    assert not ledger.verify().ok
    put(ledger, "withdrawal", where, {"said": None, "release": None})
    assert not ledger.verify().ok  # the purge was before the release: it took no release
    put(ledger, "withdrawal", where, after)
    assert holds(ledger)
    gone(ledger, ("withdrawal", ids["withdrawal"]))
    assert holds(ledger)


def test_a_purged_withdrawal_cannot_be_released_by_hand_under_its_purge(ledger: Ledger) -> None:
    ids = ledger.fill()
    gone(ledger, ("withdrawal", ids["withdrawal"]))
    where, sequence = f"id = '{ids['withdrawal']}'", ledger.count("audit_entry")
    put(ledger, "withdrawal", where, {"released_at": 1, "sequence": sequence})
    found = ledger.verify().first_broken
    assert found is not None
    assert (found.table, found.reason) == ("withdrawal", "the row was altered after its purge")


def test_a_history_that_stands_is_guarded_against_every_change_but_a_purge(ledger: Ledger) -> None:
    keep(ledger)
    for change in ("content = 'x'", "kept_at = 1", "sequence = 9", "content_digest = 'x'", "fingerprint = 'f9'"):
        with pytest.raises(LedgerError), ledger.store.write() as transaction:
            transaction.execute(text(f"UPDATE snapshot SET {change}"))
    gone(ledger, snapshot_name(ledger))
    for change in ("kept_at = 1", "fingerprint = 'f9'", "content = 'x', fingerprint = 'f9'"):
        with pytest.raises(LedgerError), ledger.store.write() as transaction:
            transaction.execute(text(f"UPDATE snapshot SET {change}"))
    assert holds(ledger)


@pytest.mark.parametrize("with_its_job", [False, True])
def test_a_purged_summary_of_unchanged_content_is_asked_for_and_made_again(
    ledger: Ledger, *, with_its_job: bool
) -> None:
    made: list[str] = []
    for turn in range(3):
        result = ledger.cards.issue(an_issuance(job=a_job()), timeout_s=20)
        assert result.job_queued
        job = ledger.claim(result.job_id)
        summary = a_summary(job, content=f"turn {turn}".encode())
        ledger.jobs.finish(job, summary, [], [])
        made.append(job.id)
        situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
        assert situation.summary == summary
        assert situation.job is not None
        assert (situation.job.id, situation.job.is_purged) == (job.id, False)
        assert not ledger.cards.issue(an_issuance(job=a_job()), timeout_s=20).job_queued
        gone(ledger, ("summary", summary.id), *([("job", job.id)] if with_its_job else []))
        situation = ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f1")
        assert (situation.summary, situation.job and situation.job.is_purged) == (None, True)
        assert (verify(ledger.store).first_broken, verify(ledger.reopen(keyless=True)).first_broken) == (None, None)
    assert len(set(made)) == 3
    assert (ledger.count("job"), ledger.count("summary")) == (3, 3)


def test_a_purged_summary_is_asked_for_once_by_many_hooks_at_once(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    summary = a_summary(job)
    ledger.jobs.finish(job, summary, [], [])
    gone(ledger, ("summary", summary.id))
    cards = ledger.cards
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda _: cards.issue(an_issuance(job=a_job()), timeout_s=60), range(8)))
    assert sum(one.job_queued for one in asked) == 1
    assert len({one.job_id for one in asked}) == 1
    assert ledger.verify().ok


def test_a_done_job_that_gave_up_its_place_is_still_guarded_by_the_chain(ledger: Ledger) -> None:
    job = ledger.claim(ledger.ask())
    summary = a_summary(job)
    ledger.jobs.finish(job, summary, [], [])
    gone(ledger, ("summary", summary.id), ("job", job.id))
    ledger.ask()
    ledger.tamper(f"UPDATE job SET recipe = 'prompt-1/model-1/text-only ' WHERE id = '{job.id}'")
    found = ledger.verify().first_broken
    assert found is not None
    assert (found.table, found.id, found.reason) == ("job", job.id, "the row was altered")
