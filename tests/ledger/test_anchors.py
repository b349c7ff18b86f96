"""The chain against the file outside the database: a cut tail, a rewritten chain, and what nobody can prove (T21)."""

# ruff: noqa: S608 - SQL is put together here, by the attacker

import threading
from collections.abc import Callable

import pytest
from ledger_values import Ledger, an_event, an_issuance
from sqlalchemy import text

from ledger.chain import entry_hash
from ledger.errors import ChainBroken
from ledger.events import record
from ledger.keys import KeyRing, create_key_file
from ledger.proof import Broken
from ledger.verify import verify


def broken(ledger: Ledger) -> Broken:
    found = ledger.verify().first_broken
    assert found is not None
    return found


def test_a_cut_tail_is_found_against_the_checkpoint_file(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    record(ledger.store, [an_event(), an_event()])
    ledger.tamper("DELETE FROM audit_entry WHERE sequence > 1")
    found = ledger.verify()
    assert not found.ok
    assert (found.head, found.anchored_to) == (1, 1)
    assert found.first_broken == Broken(
        "audit_entry", "2", 2, "the entry is gone: the checkpoint file knows of entry 3"
    )


def test_a_cut_tail_with_its_rows_is_found_without_a_checkpoint_only_by_what_it_left(ledger: Ledger) -> None:
    ledger.cards.issue(an_issuance(), timeout_s=20)
    ledger.cards.issue(an_issuance(), timeout_s=20)
    ledger.checkpoint.unlink()
    ledger.tamper("DELETE FROM audit_entry WHERE sequence = 2")
    assert broken(ledger).reason == "no entry vouches for this row"


def test_a_wholly_recomputed_chain_is_found_against_the_checkpoint_file(ledger: Ledger) -> None:
    for _ in range(4):
        record(ledger.store, [an_event()])
    recompute(ledger, lambda row: row | {"kind": "hook.received"} if row["sequence"] == 2 else row)
    assert broken(ledger) == Broken("audit_entry", "2", 2, "it was rewritten: the checkpoint file has another hash")
    ledger.checkpoint.unlink()
    found = ledger.verify()
    assert (found.ok, found.anchored_to) == (True, 0)  # nobody could tell: hence the file, and hence the note
    assert found.notes == ("the checkpoint file is missing or empty: nothing outside the database confirms this chain",)


def test_a_recomputed_chain_whose_forger_also_wrote_the_file_lacks_the_mac(ledger: Ledger) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    hashes = recompute(ledger, lambda row: row | {"kind": "hook.received"} if row["sequence"] == 2 else row)
    forged = [f"{sequence} {entry} 1 {'0' * 64}" for sequence, entry in hashes.items()]
    ledger.checkpoint.write_text("\n".join(forged) + "\n")
    assert broken(ledger) == Broken("checkpoint", "1", 1, "the line's mac is not ours")


def test_a_recomputed_entry_that_vouches_for_nonsense_is_found_and_crashes_nothing(ledger: Ledger) -> None:
    ledger.fill()
    for nonsense in ("{}", "[[1]]", '[["card"]]', '[["nurse","1","",[],"made"]]', '[["image","x","",[],"made"]]', "no"):
        recompute(ledger, lambda row: row | {"bound": nonsense} if row["sequence"] == 3 else row)  # noqa: B023
        ledger.checkpoint.unlink(missing_ok=True)
        assert broken(ledger).id == "3" or "no entry vouches" in broken(ledger).reason


def test_t22_a_database_clock_that_went_back_is_a_note(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    record(ledger.store, [an_event()])
    recompute(ledger, lambda row: row | {"recorded_at": 7} if row["sequence"] == 2 else row)
    ledger.checkpoint.unlink()
    assert "the database's clock went back 1 times" in ledger.verify().notes


def test_entries_behind_the_last_anchor_are_said_to_be_unproven(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    anchored = ledger.checkpoint.read_bytes()
    record(ledger.store, [an_event()])
    ledger.checkpoint.write_bytes(anchored)
    found = ledger.verify()
    assert (found.ok, found.anchored_to, found.head) == (True, 1, 2)
    assert found.notes == ("entries 2 to 2 are not anchored in the checkpoint file",)


def test_half_a_line_in_the_checkpoint_file_is_a_note_and_the_next_line_is_whole(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    with ledger.checkpoint.open("ab") as file:
        file.write(b"2 abc")  # a power cut in the middle of the write
    record(ledger.store, [an_event()])
    found = ledger.verify()
    assert (found.ok, found.anchored_to) == (True, 2)
    assert found.notes == ("1 lines of the checkpoint file cannot be read",)


def test_a_ledger_with_a_broken_head_is_not_written_to(ledger: Ledger) -> None:
    record(ledger.store, [an_event(), an_event()])
    ledger.tamper("UPDATE audit_entry SET kind = 'nothing.happened' WHERE sequence = 2")
    for store in (ledger.store, ledger.reopen()):
        with pytest.raises(ChainBroken):
            record(store, [an_event()])
    assert ledger.count("audit_entry") == 2


def test_a_cut_tail_is_not_grown_over(ledger: Ledger) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    ledger.tamper("DELETE FROM audit_entry WHERE sequence > 1")
    fresh = ledger.reopen()  # a process that has seen nothing knows it from the checkpoint file
    for store in (ledger.store, fresh):
        with pytest.raises(ChainBroken, match="entry 3 was seen or anchored"):
            record(store, [an_event()])
    ledger.checkpoint.unlink()
    with pytest.raises(ChainBroken):  # and a process that has seen it knows it without
        record(ledger.store, [an_event()])


def test_a_payload_under_a_key_that_is_gone_is_a_note(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> None:
    record(ledger.store, [an_event()])
    strange = create_key_file(tmp_path_factory.mktemp("other") / "ring.json")
    assert ledger.keys is not None
    ring = KeyRing(index=ledger.keys.index, payload={"k9": strange.payload["k1"]}, newest="k9")
    store = ledger.reopen(keys=ring)
    found = verify(store)
    assert found.ok
    assert found.notes == ("1 payloads are sealed with a key that is not on the ring, and were not opened",)


def test_verify_holds_while_others_write(ledger: Ledger) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            ledger.cards.issue(an_issuance(), timeout_s=20)

    writer = threading.Thread(target=write)
    writer.start()
    reader = ledger.reopen()
    try:
        found = [verify(reader) for _ in range(8)]
    finally:
        stop.set()
        writer.join()
    assert [one.first_broken for one in found] == [None] * 8


def recompute(ledger: Ledger, change: Callable[[dict[str, object]], dict[str, object]]) -> dict[int, str]:
    """Rewrite the chain as one who owns the database and knows how it is made."""
    previous, hashes, statements = "0" * 64, {}, []
    for found in ledger.store.rows(text("SELECT * FROM audit_entry ORDER BY sequence")):
        row = change(dict(found)) | {"previous_hash": previous}
        previous = hashes[int(str(row["sequence"]))] = entry_hash(row)
        plain = {
            "kind": row["kind"],
            "recorded_at": row["recorded_at"],
            "bound": row["bound"],
            "previous_hash": row["previous_hash"],
            "entry_hash": previous,
        }
        changes = ", ".join(f"{name} = '{value}'" for name, value in plain.items()).replace(":", "\\:")
        statements.append(f"UPDATE audit_entry SET {changes} WHERE sequence = {row['sequence']}")
    ledger.tamper(*statements)
    return hashes
