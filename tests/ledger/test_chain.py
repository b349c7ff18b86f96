"""An entry's hash covers what it says it covers, and what an EHR sends cannot name a patient in clear."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from ledger_values import KEY, USER, Ledger, an_event, now
from sqlalchemy import select, text

from ledger.chain import GENESIS, VERSION, draft, read_entry, subject_for
from ledger.clock import database_now, from_micros, to_micros
from ledger.events import record
from ledger.records import Event
from ledger.schema import audit_entry


def entries(ledger: Ledger) -> list[dict[str, object]]:
    return [dict(row) for row in ledger.store.rows(text("SELECT * FROM audit_entry ORDER BY sequence"))]


def test_events_become_entries_in_their_order_each_following_from_the_last(ledger: Ledger) -> None:
    assert record(ledger.store, [an_event("a"), an_event("b")]) == (1, 2)
    assert record(ledger.store, [an_event("c")]) == (3,)
    assert record(ledger.store, []) == ()
    rows = entries(ledger)
    assert [row["kind"] for row in rows] == ["a", "b", "c"]
    assert [row["previous_hash"] for row in rows] == [GENESIS, rows[0]["entry_hash"], rows[1]["entry_hash"]]


def test_the_hash_can_be_made_with_the_standard_library_alone(ledger: Ledger) -> None:
    record(ledger.store, [an_event("page.opened", "größe")])
    (row,) = entries(ledger)
    named = ("sequence", "previous_hash", "kind", "subject", "at", "recorded_at", "key_index", "user_index")
    values = [VERSION, *(row[name] for name in named), row["payload_digest"], row["bound"]]
    statement = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(statement.encode()).hexdigest() == row["entry_hash"]


def test_an_entry_says_when_it_happened_and_when_it_was_recorded(ledger: Ledger) -> None:
    at = now() - timedelta(days=3)
    before = from_micros(ledger.store.rows(text_now())[0]["now"])
    record(ledger.store, [an_event(at=at)])
    (row,) = entries(ledger)
    assert row["at"] == to_micros(at)
    assert from_micros(int(str(row["recorded_at"]))) >= before


def text_now():  # type: ignore[no-untyped-def]
    return select(database_now().label("now"))


def test_the_databases_time_is_utc_to_the_second(ledger: Ledger) -> None:
    found = from_micros(ledger.store.rows(text_now())[0]["now"])
    assert abs(found - now()) < timedelta(seconds=5)


def test_times_are_exact_and_need_a_zone() -> None:
    moment = datetime(2026, 11, 24, 8, 0, 0, 123457, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(-1) == datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        to_micros(datetime(2026, 11, 24))  # noqa: DTZ001


@pytest.mark.parametrize("kind", ["", "Card Issued", "x" * 65, "a\nb", "é"])
def test_the_kind_of_an_event_is_a_code(ledger: Ledger, kind: str) -> None:
    with pytest.raises(ValueError, match="short code"):
        record(ledger.store, [an_event(kind)])


def test_an_event_that_cannot_be_kept_keeps_its_neighbours_out_too(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="JSON"):
        record(ledger.store, [an_event(), an_event(detail={"x": object()})])
    assert entries(ledger) == []


def test_an_ehrs_hook_instance_that_is_no_uuid_is_hashed_and_read_back_in_clear(ledger: Ledger) -> None:
    cipher = ledger.store.cipher
    said = "Smith, John 1950-01-01"
    assert subject_for("3c1f0a52-7b0e-4d62-9a70-000000000001", cipher) == "3c1f0a52-7b0e-4d62-9a70-000000000001"
    assert "Smith" not in subject_for(said, cipher)
    record(ledger.store, [an_event(subject=said)])
    (row,) = ledger.store.rows(audit_entry.select())
    entry = read_entry(row, cipher)
    assert (entry.subject, entry.key, entry.user) == (said, KEY, USER)


def test_nothing_of_a_person_is_in_the_clear_columns_of_a_draft(ledger: Ledger) -> None:
    event = Event(kind="x", subject="s", at=now(), key=KEY, user=USER, detail={"note": "secret"})
    one = draft(event, ledger.store.cipher)
    shown = f"{one.kind}{one.subject}{one.key_index}{one.user_index}{one.payload_digest}{one.payload!r}"
    assert not [word for word in (KEY.patient_id, USER, "secret") if word in shown]
