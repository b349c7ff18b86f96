"""Whatever is done to the database behind the ledger's back, verify names the first row that no longer holds (T21)."""

# ruff: noqa: S608 - SQL is put together here, by the attacker

import pytest
from ledger_values import KEY, Ledger
from sqlalchemy import create_engine, text

from ledger.binding import BOUND
from ledger.proof import Broken
from ledger.schema import audit_entry
from ledger.verify import verify

_REST = ", ".join(column.name for column in audit_entry.c if column.name != "sequence")
_LOOSE = {("job", "lease_until"), ("job", "wake_at")}


def broken(ledger: Ledger) -> Broken:
    found = ledger.verify()
    assert not found.ok
    assert found.first_broken is not None
    return found.first_broken


def where(table: str, row_id: str) -> str:
    if table == "snapshot":
        return "fingerprint = 'f1'"
    if table == "image":
        return f"summary_id = '{row_id.partition('/')[0]}'"
    return f"id = '{row_id}'"


def row_ids(ledger: Ledger) -> dict[str, str]:
    ids = ledger.fill()
    ids["snapshot"] = f"{ledger.store.cipher.key_index(KEY)}/f1"
    return ids


def test_a_ledger_left_alone_holds_and_is_anchored_to_its_head(ledger: Ledger) -> None:
    ledger.fill()
    found = ledger.verify()
    assert (found.ok, found.first_broken, found.notes) == (True, None, ())
    assert found.head == found.anchored_to == ledger.count("audit_entry")
    tables = sum(ledger.count(name) for name in BOUND)
    assert found.rows == found.head + tables


def test_an_empty_ledger_holds(ledger: Ledger) -> None:
    found = ledger.verify()
    assert (found.ok, found.head, found.anchored_to, found.rows, found.notes) == (True, 0, 0, 0, ())


@pytest.mark.parametrize("column", ["previous_hash", "entry_hash", "kind", "subject", "key_index",
                                    "user_index", "payload_digest", "bound"])  # fmt: skip
def test_an_edited_text_of_an_entry_is_found(ledger: Ledger, column: str) -> None:
    ledger.fill()
    ledger.tamper(f"UPDATE audit_entry SET {column} = {column} || ' ' WHERE sequence = 4")
    assert (broken(ledger).table, broken(ledger).id) == ("audit_entry", "4")


@pytest.mark.parametrize("column", ["at", "recorded_at"])
def test_an_edited_time_of_an_entry_is_found(ledger: Ledger, column: str) -> None:
    ledger.fill()
    ledger.tamper(f"UPDATE audit_entry SET {column} = {column} + 1 WHERE sequence = 4")
    assert (broken(ledger).table, broken(ledger).id) == ("audit_entry", "4")


def test_an_altered_payload_of_an_entry_is_found_with_keys_and_said_to_be_unproven_without(ledger: Ledger) -> None:
    ledger.fill()
    ledger.tamper(
        "UPDATE audit_entry SET payload = (SELECT payload FROM audit_entry WHERE sequence = 2) WHERE sequence = 4"
    )
    assert broken(ledger) == Broken("audit_entry", "4", 4, "its payload does not open: it was altered or moved")
    blind = ledger.reopen(keyless=True)
    found = verify(blind)
    assert found.ok
    assert any("no keys at hand" in note for note in found.notes)


def test_a_payload_sealed_anew_by_one_who_has_the_key_is_found(ledger: Ledger) -> None:
    ids = row_ids(ledger)
    place = {"table": "card", "row": ids["card"], "column": "content"}
    forged = ledger.store.cipher.seal(b'{"summary":"all is well"}', **place).ciphertext.hex()
    literal = f"x'{forged}'" if ledger.is_sqlite else f"decode('{forged}', 'hex')"
    ledger.tamper(f"UPDATE card SET content = {literal} WHERE id = '{ids['card']}'")
    assert (broken(ledger).id, broken(ledger).reason) == (ids["card"], "its content is not the one digested")


def test_a_payload_emptied_without_a_purge_is_found(ledger: Ledger) -> None:
    ledger.fill()
    ledger.tamper("UPDATE audit_entry SET payload = NULL WHERE sequence = 4")
    assert broken(ledger).id == "4"
    assert "no purge tells of it" in broken(ledger).reason


def test_a_deleted_entry_is_found(ledger: Ledger) -> None:
    ledger.fill()
    ledger.tamper("DELETE FROM audit_entry WHERE sequence = 5")
    assert broken(ledger) == Broken("audit_entry", "5", 5, "the entry is gone")


def test_two_entries_changed_about_are_found(ledger: Ledger) -> None:
    ledger.fill()
    ledger.tamper(
        "UPDATE audit_entry SET sequence = -1 WHERE sequence = 3",
        "UPDATE audit_entry SET sequence = 3 WHERE sequence = 4",
        "UPDATE audit_entry SET sequence = 4 WHERE sequence = -1",
    )
    assert (broken(ledger).table, broken(ledger).id) == ("audit_entry", "3")


@pytest.mark.parametrize("sequence", [-5, 0, 1000])
def test_an_inserted_entry_is_found(ledger: Ledger, sequence: int) -> None:
    ledger.fill()
    ledger.tamper(
        f"INSERT INTO audit_entry (sequence, {_REST}) SELECT {sequence}, {_REST} FROM audit_entry WHERE sequence = 4"
    )
    assert broken(ledger).table == "audit_entry"


def test_an_entry_squeezed_in_is_found(ledger: Ledger) -> None:
    ledger.fill()
    head = ledger.count("audit_entry")
    shifts = [f"UPDATE audit_entry SET sequence = {n + 1} WHERE sequence = {n}" for n in range(head, 3, -1)]
    ledger.tamper(
        *shifts,
        f"INSERT INTO audit_entry (sequence, {_REST}) SELECT 4, {_REST} FROM audit_entry WHERE sequence = 3",
    )
    assert (broken(ledger).table, broken(ledger).id) == ("audit_entry", "4")


@pytest.mark.parametrize("table", list(BOUND))
def test_an_edited_column_of_any_row_is_found(ledger: Ledger, table: str) -> None:
    ids = row_ids(ledger)
    row = where(table, ids[table])
    before = dict(ledger.store.rows(text(f"SELECT * FROM {table} WHERE {row}"))[0])
    for column in BOUND[table].table.c:
        changed = {str: f"COALESCE({column.name}, '') || 'x'", int: f"COALESCE({column.name}, 0) + 1"}
        # Other sealed bytes, whole and under the right key, do not open here.
        foreign = "(SELECT payload FROM audit_entry WHERE sequence = 1)"
        ledger.tamper(f"UPDATE {table} SET {column.name} = {changed.get(column.type.python_type, foreign)} WHERE {row}")
        found = ledger.verify().first_broken
        if (table, column.name) in _LOOSE:
            assert found is None  # whose turn it is: work in hand, no claim about what happened
        else:
            assert found, f"{table}.{column.name} was edited unseen"
            assert found.table == table
        if found and column.name not in BOUND[table].identity:
            assert found.id == ids[table]
        put_back(ledger, table, before)
        assert ledger.verify().ok


def put_back(ledger: Ledger, table: str, before: dict[str, object]) -> None:
    changes = ", ".join(f"{name} = {'NULL' if value is None else ':' + name}" for name, value in before.items())
    # The edited row may go by another name now; snapshots and pictures are the only rows of their tables.
    edited = f"id LIKE '{before['id']}%'" if "id" in before else "1 = 1"
    engine = create_engine(ledger.url)
    with engine.begin() as connection:
        if not ledger.is_sqlite:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        values = {name: value for name, value in before.items() if value is not None}
        connection.execute(text(f"UPDATE {table} SET {changes} WHERE {edited}"), values)
    engine.dispose()


@pytest.mark.parametrize("table", list(BOUND))
def test_a_deleted_row_of_any_table_is_found(ledger: Ledger, table: str) -> None:
    ids = row_ids(ledger)
    ledger.tamper(f"DELETE FROM {table} WHERE {where(table, ids[table])}")
    assert (broken(ledger).table, broken(ledger).id, broken(ledger).reason) == (table, ids[table], "the row is gone")


@pytest.mark.parametrize("table", list(BOUND))
def test_a_row_put_into_any_table_is_found(ledger: Ledger, table: str) -> None:
    ids = row_ids(ledger)
    columns = [column.name for column in BOUND[table].table.c]
    fresh = {BOUND[table].identity[-1]: "7" if table == "image" else "'put-in'"}
    fresh |= {"job_id": "'put-in'", "identity": "'put-in'", "recipe": "'put-in'", "cleared_at": "1"}
    values = ", ".join(fresh.get(name, name) for name in columns)
    ledger.tamper(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {where(table, ids[table])}"
    )
    found = broken(ledger)
    assert (found.table, found.reason) == (table, "no entry vouches for this row")
    assert found.id.endswith("7" if table == "image" else "put-in")


def test_a_row_altered_to_another_type_is_found(sqlite_ledger: Ledger) -> None:
    ids = row_ids(sqlite_ledger)
    sqlite_ledger.tamper(f"UPDATE card SET client = x'00ff' WHERE id = '{ids['card']}'")
    assert (broken(sqlite_ledger).table, broken(sqlite_ledger).id) == ("card", ids["card"])


@pytest.mark.parametrize("change", ["sequence = 'text'", "who = 'text'", "state = x'00'"])
def test_a_job_altered_to_another_type_is_found(sqlite_ledger: Ledger, change: str) -> None:
    ids = row_ids(sqlite_ledger)
    sqlite_ledger.tamper(f"UPDATE job SET {change} WHERE id = '{ids['job']}'")
    assert (broken(sqlite_ledger).table, broken(sqlite_ledger).id) == ("job", ids["job"])


def test_a_job_set_back_to_an_earlier_state_is_found_even_with_its_old_entry_named(ledger: Ledger) -> None:
    job_id = ledger.ask()
    before = dict(ledger.store.rows(text(f"SELECT * FROM job WHERE id = '{job_id}'"))[0])
    ledger.claim(job_id)
    columns = ("sequence", "state", "attempt", "worker", "since")
    back = ", ".join(f"{name} = '{before[name]}'" for name in columns)
    ledger.tamper(f"UPDATE job SET {back} WHERE id = '{job_id}'")
    assert (broken(ledger).table, broken(ledger).id) == ("job", job_id)
    assert "set back" in broken(ledger).reason
