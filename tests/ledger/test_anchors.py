"""The chain against the file outside the database: a cut tail, a rewritten chain, and what nobody can prove (T21)."""

# ruff: noqa: S608 - SQL is put together here, by the attacker

import threading
from collections.abc import Callable

import pytest
from ledger_values import Ledger, an_event, an_issuance
from sqlalchemy import text

from ledger.anchors import Anchoring
from ledger.chain import entry_hash
from ledger.errors import ChainBroken, LedgerUnavailable
from ledger.events import record
from ledger.keys import KeyRing, create_key_file
from ledger.proof import Broken
from ledger.sealing import Cipher
from ledger.store import LedgerStore, open_store
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
    assert (found.ok, found.anchored_to) == (False, 0)  # nobody could tell: hence the file
    assert found.checkpoint is Anchoring.MISSING


def test_a_recomputed_chain_whose_forger_also_wrote_the_file_lacks_the_mac(ledger: Ledger) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    hashes = recompute(ledger, lambda row: row | {"kind": "hook.received"} if row["sequence"] == 2 else row)
    forged = [f"{sequence} {entry} 1 {'0' * 64}" for sequence, entry in hashes.items()]
    ledger.checkpoint.write_text("\n".join(forged) + "\n")
    assert broken(ledger) == Broken("checkpoint", "wrong-key", 1, "the line's mac is not ours")


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


def test_entries_behind_the_last_anchor_are_not_confirmed_until_the_next_is_written(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    anchored = ledger.checkpoint.read_bytes()
    record(ledger.store, [an_event()])
    ledger.checkpoint.write_bytes(anchored)
    waits: list[float] = []
    found = verify(ledger.store, wait=waits.append)
    assert (found.ok, found.checkpoint, found.anchored_to, found.head) == (False, Anchoring.SHORT, 1, 2)
    assert found.notes == ("entries 2 to 2 are not anchored in the checkpoint file",)
    assert sum(waits) > 1  # a writer may have been about to
    record(ledger.store, [an_event()])
    assert ledger.verify().ok


@pytest.mark.parametrize("torn", [b"2 abc", b"2", b"\0" * 9_000, b"2 ab\0\0\0"])
def test_a_line_torn_by_a_power_cut_is_not_garbled_and_the_next_write_heals_it(ledger: Ledger, torn: bytes) -> None:
    record(ledger.store, [an_event()])
    whole = ledger.checkpoint.read_bytes()
    record(ledger.store, [an_event()])
    ledger.store.close()
    ledger.checkpoint.write_bytes(whole + torn)
    cut = verify(ledger.reopen(), wait=lambda _: None)
    assert (cut.ok, cut.checkpoint, cut.anchored_to) == (False, Anchoring.SHORT, 1)
    assert "cut short while they were written" in cut.notes[-1]
    store = ledger.reopen()
    record(store, [an_event()])
    found = verify(store)
    assert (found.ok, found.anchored_to, found.notes) == (True, 3, ())
    assert ledger.checkpoint.read_bytes().startswith(whole + b"3 ")


@pytest.mark.parametrize("edit", [b"x", b"2 abg", b"2  ab", b"-", b"2 ab 1 "])
def test_an_edited_last_line_is_garbled_and_stays(ledger: Ledger, edit: bytes) -> None:
    record(ledger.store, [an_event()])
    with ledger.checkpoint.open("ab") as file:
        file.write(edit)
    for _ in range(2):
        record(ledger.store, [an_event()])
        found = verify(ledger.store, wait=lambda _: None)
        assert (found.ok, found.checkpoint, found.anchored_to) == (False, Anchoring.GARBLED, found.head)
    assert edit + b"\n2 " in ledger.checkpoint.read_bytes()


def test_zeros_that_could_not_be_cut_off_are_a_note(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    with ledger.checkpoint.open("ab") as file:
        file.write(b"\0" * 9_000 + b"\n")  # a file that may only grow
    record(ledger.store, [an_event()])
    found = ledger.verify()
    assert (found.ok, found.checkpoint, found.anchored_to) == (True, Anchoring.CONFIRMED, 2)
    assert "cut short while they were written" in found.notes[0]


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


def lines_of(ledger: Ledger) -> list[bytes]:
    return ledger.checkpoint.read_bytes().splitlines()


def forged(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines as somebody with another key would write them."""
    cipher = Cipher(create_key_file(tmp_path_factory.mktemp("foreign") / "ring.json"))
    statements = [b" ".join(line.split()[:3]).decode() for line in lines_of(ledger)]
    return [f"{one} {cipher.index('checkpoint', one)}".encode() for one in statements]


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (lambda lines: None, "missing"),
        (lambda lines: [], "empty"),
        (lambda lines: [b"", b"  ", b""], "empty"),
        (lambda lines: [*lines[:-1], b"x" + lines[-1]], "garbled"),
        (lambda lines: [b"x" + line for line in lines], "garbled"),
        (lambda lines: [lines[0][:9] + lines[0][9:].upper(), *lines[1:]], "garbled"),
        (lambda lines: [lines[0][:-1] + b"g", *lines[1:]], "garbled"),
        (lambda lines: [b"ab" * 2_000_000], "garbled"),
        (lambda lines: [*lines, lines[-1] + b" "], "garbled"),
        (lambda lines: [*lines, b"-1 " + lines[-1]], "garbled"),
        (lambda lines: lines[:-1], "short"),
        (lambda lines: lines[:1], "short"),
        (lambda lines: [*lines[:-1], lines[-1][:40]], "short"),
        (lambda lines: [line[:9] for line in lines], "short"),
        (lambda lines: [lines[0], lines[1].replace(b"1 ", b"2 ", 1), *lines[2:]], "wrong-key"),
        (lambda lines: [*lines[:-1], lines[-1][:-1] + (b"0" if lines[-1][-1:] != b"0" else b"1")], "wrong-key"),
    ],
)  # fmt: skip
def test_t21_a_checkpoint_file_that_does_not_confirm_the_chain_fails_by_its_name(
    ledger: Ledger, damage: Callable[[list[bytes]], list[bytes] | None], name: str
) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    assert verify(ledger.store).checkpoint is Anchoring.CONFIRMED
    damaged = damage(lines_of(ledger))
    if damaged is None:
        ledger.checkpoint.unlink()
    else:
        ledger.checkpoint.write_bytes(b"".join(line + b"\n" for line in damaged))
    found = verify(ledger.store, wait=lambda _: None)
    assert found.first_broken is not None
    assert (found.ok, found.checkpoint, found.first_broken.table) == (False, name, "checkpoint")
    assert found.first_broken.id == name


def test_t21_a_file_made_with_another_key_fails_with_keys_by_that_name(
    ledger: Ledger, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    ledger.checkpoint.write_bytes(b"".join(line + b"\n" for line in forged(ledger, tmp_path_factory)))
    assert ledger.verify().checkpoint is Anchoring.WRONG_KEY
    blind = verify(ledger.reopen(keyless=True))
    assert (blind.ok, blind.checkpoint) == (True, Anchoring.CONFIRMED)  # and a note says what was not proven
    assert any("no keys at hand" in note for note in blind.notes)


def test_only_a_ledger_without_any_entry_needs_no_checkpoint_file(ledger: Ledger) -> None:
    assert (ledger.verify().ok, ledger.verify().checkpoint) == (True, Anchoring.NOTHING_YET)
    ledger.checkpoint.parent.mkdir(parents=True)
    ledger.checkpoint.write_bytes(b"")
    assert (ledger.verify().ok, ledger.verify().checkpoint) == (True, Anchoring.NOTHING_YET)
    for left in (b"garbage\n", b"garbage", b"1 ab\n"):
        ledger.checkpoint.write_bytes(left)
        assert not verify(ledger.store, wait=lambda _: None).ok
    ledger.checkpoint.unlink()
    record(ledger.store, [an_event()])
    ledger.tamper("DELETE FROM audit_entry")
    assert ledger.verify().checkpoint is Anchoring.CONTRADICTED


def test_a_line_that_comes_a_moment_after_its_commit_is_waited_for(ledger: Ledger) -> None:
    for _ in range(2):
        record(ledger.store, [an_event()])
    whole = ledger.checkpoint.read_bytes()
    for cut in (whole.index(b"\n") + 1, len(whole) - 90, len(whole) - 1):
        ledger.checkpoint.write_bytes(whole[:cut])
        found = verify(ledger.store, wait=lambda _: ledger.checkpoint.write_bytes(whole))
        assert (found.ok, found.anchored_to, found.notes) == (True, 2, ())


def test_a_file_moved_aside_is_begun_anew_and_confirms_the_whole_chain_only_joined_with_the_old(ledger: Ledger) -> None:
    for _ in range(3):
        record(ledger.store, [an_event()])
    ledger.checkpoint.rename(ledger.checkpoint.with_name("aside"))
    assert ledger.verify().checkpoint is Anchoring.MISSING
    record(ledger.store, [an_event()])
    found = ledger.verify()
    assert (found.ok, found.checkpoint, found.anchored_to) == (False, Anchoring.ANEW, 4)
    joined = ledger.checkpoint.with_name("aside").read_bytes() + ledger.checkpoint.read_bytes()
    ledger.checkpoint.write_bytes(joined)
    assert ledger.verify().ok


def test_a_broken_row_is_named_before_a_checkpoint_file_that_fails(ledger: Ledger) -> None:
    record(ledger.store, [an_event(), an_event()])
    ledger.checkpoint.unlink()
    ledger.tamper("UPDATE audit_entry SET kind = 'nothing.happened' WHERE sequence = 1")
    assert (broken(ledger).table, ledger.verify().checkpoint) == ("audit_entry", Anchoring.MISSING)


def test_a_checkpoint_that_is_no_file_is_an_error_of_ours(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    ledger.checkpoint.unlink()
    ledger.checkpoint.mkdir()
    with pytest.raises(LedgerUnavailable, match="the checkpoint file cannot be read"):
        ledger.verify()


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


def other_host(ledger: Ledger) -> LedgerStore:
    """A service host of its own: the same database and keys, a checkpoint file of its own."""
    file = ledger.folder / "other host" / "checkpoint"
    store = open_store(ledger.url, keys=ledger.keys, checkpoint=file, busy_timeout_s=20)
    ledger.opened.append(store)
    return store


def test_another_hosts_writes_are_not_confirmed_here_and_that_is_no_break(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    other = other_host(ledger)
    record(other, [an_event()])
    found = verify(ledger.store, wait=lambda _: None)
    assert (found.ok, found.is_unconfirmed, found.checkpoint) == (False, True, Anchoring.SHORT)
    assert (found.anchored_to, found.head) == (1, 2)
    assert verify(other).checkpoint is Anchoring.ANEW  # that host's file knows nothing of what came before it
    joined = ledger.folder / "joined"
    joined.write_bytes(ledger.checkpoint.read_bytes() + other.checkpoint.path.read_bytes())
    whole = open_store(ledger.url, keys=ledger.keys, checkpoint=joined, busy_timeout_s=20)
    assert verify(whole).ok
    whole.close()


def test_a_tail_of_another_host_that_was_cut_is_never_ok_until_this_host_writes_and_never_in_the_joined_files(
    ledger: Ledger,
) -> None:
    record(ledger.store, [an_event()])
    other = other_host(ledger)
    for _ in range(3):
        record(other, [an_event()])
    ledger.tamper("DELETE FROM audit_entry WHERE sequence > 2")
    found = verify(ledger.store, wait=lambda _: None)
    assert (found.ok, found.is_unconfirmed) == (False, True)  # from here, a cut tail and a lawful one look the same
    there = verify(other, wait=lambda _: None)
    assert (there.is_unconfirmed, there.checkpoint) == (False, Anchoring.CONTRADICTED)
    record(ledger.store, [an_event()])  # what was cut was never seen here
    assert verify(ledger.store).ok
    with other.checkpoint.path.open("ab") as file:
        file.write(ledger.checkpoint.read_bytes())
    assert verify(other).checkpoint is Anchoring.CONTRADICTED


@pytest.mark.parametrize("damage", [b"", b"nonsense\n", None])
def test_a_file_that_confirms_nothing_is_more_than_unconfirmed(ledger: Ledger, damage: bytes | None) -> None:
    record(ledger.store, [an_event()])
    ledger.checkpoint.unlink()
    if damage is not None:
        ledger.checkpoint.write_bytes(damage)
    found = verify(ledger.store, wait=lambda _: None)
    assert (found.ok, found.is_unconfirmed) == (False, False)


def test_a_break_before_the_last_anchor_is_a_break_though_the_file_is_short_as_well(ledger: Ledger) -> None:
    record(ledger.store, [an_event()])
    record(other_host(ledger), [an_event()])
    ledger.tamper("UPDATE audit_entry SET kind = 'nothing.happened' WHERE sequence = 2")
    found = verify(ledger.store, wait=lambda _: None)
    assert (found.ok, found.is_unconfirmed, found.checkpoint) == (False, False, Anchoring.SHORT)
