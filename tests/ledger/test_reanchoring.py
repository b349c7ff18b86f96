"""A checkpoint file that begins behind the chain's first entry says so for ever, until an entry says why (T21)."""

# ruff: noqa: S608 - SQL is put together here, by the attacker

import pytest
from ledger_values import Ledger, an_event, now
from sqlalchemy import text

from ledger.anchors import Anchoring
from ledger.chain import entry_hash
from ledger.errors import ChainBroken, LedgerUnavailable
from ledger.events import record
from ledger.purge import purge
from ledger.reanchoring import check_begun, reanchor
from ledger.schema import audit_entry
from ledger.verify import verify


def written(ledger: Ledger, entries: int = 3) -> None:
    for _ in range(entries):
        record(ledger.store, [an_event()])


def told(ledger: Ledger, reason: str = "restored the backup of Monday") -> int:
    return reanchor(ledger.reopen(), by="operator", at=now(), reason=reason)


def test_a_ledger_begins_with_its_file_and_says_nothing(ledger: Ledger) -> None:
    check_begun(ledger.store)
    record(ledger.store, [an_event(), an_event()])
    assert ledger.checkpoint.read_bytes().startswith(b"0 " + b"0" * 64)
    check_begun(ledger.store)
    assert (ledger.verify().ok, ledger.verify().notes, told(ledger)) == (True, (), 0)
    assert ledger.count("audit_entry") == 2


@pytest.mark.parametrize("left", [None, b"", b"\n", b"3 ab", b"nonsense\n"])
def test_a_start_over_a_chain_without_a_file_is_refused_and_names_the_way_out(
    ledger: Ledger, left: bytes | None
) -> None:
    written(ledger)
    ledger.checkpoint.unlink() if left is None else ledger.checkpoint.write_bytes(left)
    with pytest.raises(ChainBroken, match=r"has no line, though the ledger has 3 entries\..*ledger reanchor --reason"):
        check_begun(ledger.reopen())


def test_a_cut_chain_whose_file_was_removed_is_never_confirmed_again(ledger: Ledger) -> None:
    ledger.fill()
    ledger.store.close()
    first = ledger.store.rows(text("SELECT min(sequence) AS s FROM acknowledgment"))[0]["s"]
    ledger.tamper(
        *(f"DELETE FROM {table}" for table in ("withdrawal", "acknowledgment", "switch")),
        f"DELETE FROM audit_entry WHERE sequence >= {first}",
    )
    ledger.checkpoint.unlink()
    store = ledger.reopen()
    for _ in range(2):  # the next hooks are answered: a file that was lost at work stops nobody
        record(store, [an_event()])
        found = verify(store)
        assert (found.ok, found.checkpoint, found.anchored_to) == (False, Anchoring.ANEW, found.head)
        assert found.first_broken is not None
        assert (found.first_broken.id, found.first_broken.sequence) == ("anew", first - 1)
        assert f"anchored only from entry {first - 1} on: the checkpoint file begins there" in found.notes
    with pytest.raises(ChainBroken, match=f"begins behind entry {first - 1}, and no entry says why"):
        check_begun(store)
    assert verify(ledger.reopen(keyless=True)).checkpoint is Anchoring.ANEW


@pytest.mark.parametrize("writes_meanwhile", [False, True])
def test_an_entry_that_says_why_makes_it_lawful_and_the_note_stays(ledger: Ledger, writes_meanwhile: bool) -> None:
    written(ledger)
    ledger.checkpoint.unlink()
    if writes_meanwhile:
        record(ledger.store, [an_event()])
    place = told(ledger)
    assert place == 4 + writes_meanwhile
    record(ledger.store, [an_event()])
    check_begun(ledger.reopen())
    for store in (ledger.store, ledger.reopen(keyless=True)):
        found = verify(store)
        assert (found.ok, found.checkpoint) == (True, Anchoring.CONFIRMED)
        assert f"anchored only from entry 3 on: the checkpoint file begins there; entry {place} says why" in found.notes
    assert told(ledger) == 0  # once is enough
    purge(ledger.store, [("audit_entry", str(place))], by="retention", at=now(), reason="old")
    assert ledger.verify().ok


def test_an_entry_of_an_earlier_loss_does_not_cover_a_later_one(ledger: Ledger) -> None:
    written(ledger)
    ledger.checkpoint.unlink()
    assert told(ledger) == 4
    ledger.checkpoint.unlink()
    record(ledger.store, [an_event()])
    assert ledger.verify().checkpoint is Anchoring.ANEW
    assert told(ledger) == 6
    assert ledger.verify().ok


def test_an_entry_copied_to_another_place_says_nothing(ledger: Ledger) -> None:
    written(ledger)
    ledger.checkpoint.unlink()
    told(ledger)
    ledger.checkpoint.unlink()
    store = ledger.reopen()
    row = dict(store.rows(text("SELECT * FROM audit_entry WHERE sequence = 4"))[0])
    forged = row | {"sequence": 5, "previous_hash": row["entry_hash"]}
    forged["entry_hash"] = entry_hash(forged)
    with store.chore() as chore:
        chore.execute(audit_entry.insert(), forged)
    with ledger.checkpoint.open("ab") as file:
        file.write(anchored(ledger, 4, row["entry_hash"]))
    record(ledger.reopen(), [an_event()])
    assert verify(ledger.reopen()).checkpoint is Anchoring.ANEW


def anchored(ledger: Ledger, sequence: int, entry_hash: str) -> bytes:
    statement = f"{sequence} {entry_hash} 7"
    return f"{statement} {ledger.store.cipher.index('checkpoint', statement)}\n".encode()


def test_a_reason_and_a_name_are_needed_and_a_contradicted_file_must_be_moved_aside_first(ledger: Ledger) -> None:
    written(ledger)
    for by, reason in (("", "why"), ("operator", " ")):
        with pytest.raises(ValueError, match="a name and a reason"):
            reanchor(ledger.store, by=by, at=now(), reason=reason)
    ledger.tamper("DELETE FROM audit_entry WHERE sequence = 3")  # as a restored backup
    with pytest.raises(ChainBroken):
        told(ledger)
    ledger.checkpoint.rename(ledger.checkpoint.with_name("aside"))
    assert told(ledger) == 3
    assert verify(ledger.reopen()).ok


def test_a_file_that_cannot_be_read_is_an_error_of_ours(ledger: Ledger) -> None:
    written(ledger)
    ledger.checkpoint.unlink()
    ledger.checkpoint.mkdir()
    with pytest.raises(LedgerUnavailable, match="cannot be read"):
        check_begun(ledger.store)
