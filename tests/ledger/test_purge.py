"""A purged payload is gone, its reader gets nothing, and the chain goes on verifying."""

import pytest
from ledger_values import FOCUS, KEY, Ledger, a_job, an_event, an_issuance, now
from sqlalchemy import text

from ledger.events import record
from ledger.export import export
from ledger.purge import purge
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
    assert (story.card.record.content, story.card.key.patient_id) == (b"", "")
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
