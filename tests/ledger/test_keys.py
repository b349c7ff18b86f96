"""A key file that is absent, shared, or lies among the data is refused; rotation leaves old rows readable."""

import os
import stat
import sys
from pathlib import Path

import orjson
import pytest
from ledger_values import Ledger, an_event, an_issuance

from ledger.cards import Cards
from ledger.errors import KeyMissing
from ledger.events import record
from ledger.keys import KeyRing, create_key_file, load_keys, load_keys_from_command, read_ring, rotate_key_file
from ledger.opening import open_ledger
from ledger.verify import verify


def test_a_new_key_file_is_for_its_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "ring.json"
    ring = create_key_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_keys(file, tmp_path / "data") == ring
    with pytest.raises(FileExistsError):
        create_key_file(file)
    assert load_keys(file, tmp_path / "data") == ring


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="no key file"):
        load_keys(tmp_path / "none.json", tmp_path / "data")
    with pytest.raises(KeyMissing, match="no key file"):
        load_keys(tmp_path, tmp_path / "data")


def test_a_key_file_among_the_data_is_refused_also_through_a_link(tmp_path: Path) -> None:
    file = tmp_path / "data" / "sub" / "ring.json"
    create_key_file(file)
    link = tmp_path / "link.json"
    link.symlink_to(file)
    for path in (file, link, tmp_path / "elsewhere" / ".." / "data" / "sub" / "ring.json"):
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        with pytest.raises(KeyMissing, match="inside the data directory"):
            load_keys(path, tmp_path / "data")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "ring.json"
    create_key_file(file)
    file.chmod(mode)
    with pytest.raises(KeyMissing, match="chmod 600"):
        load_keys(file, tmp_path / "data")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"null", b"\xff", b'{"version":1}', b'{"version":1,"index":"AAAA","payload":[]}',
        b'{"version":1,"index":"!","payload":[{"id":"k1","key":"!"}]}',
        b'{"version":1,"index":7,"payload":[{"id":"k1","key":"AAAA"}]}',
    ],
)  # fmt: skip
def test_a_file_that_is_no_key_ring_is_refused_without_showing_it(content: bytes) -> None:
    with pytest.raises(KeyMissing) as caught:
        read_ring(content)
    assert "AAAA" not in str(caught.value)


def test_short_equal_or_doubly_named_keys_are_refused(tmp_path: Path) -> None:
    create_key_file(tmp_path / "ring.json")
    plain = orjson.loads((tmp_path / "ring.json").read_bytes())
    entry = plain["payload"][0]
    for change in (
        {"payload": [{"id": "k1", "key": "AAAA"}]},
        {"index": entry["key"]},
        {"payload": [entry, entry]},
        {"payload": [entry | {"id": "K 1"}]},
        {"version": 2},
    ):
        with pytest.raises(KeyMissing):
            read_ring(orjson.dumps(plain | change))


def test_a_ring_shows_no_key(keys: KeyRing) -> None:
    shown = repr(keys)
    assert shown == "KeyRing(newest='k1')"


def test_a_command_may_print_the_ring(tmp_path: Path) -> None:
    ring = create_key_file(tmp_path / "ring.json")
    assert load_keys_from_command(["cat", str(tmp_path / "ring.json")]) == ring


@pytest.mark.parametrize(
    "command",
    [["/no/such/command"], [sys.executable, "-c", "print('half a key'); raise SystemExit(1)"], ["sleep", "30"]],
)
def test_a_command_that_fails_is_refused_without_its_output(command: list[str]) -> None:
    with pytest.raises(KeyMissing) as caught:
        load_keys_from_command(command, timeout_s=0.5)
    assert "half a key" not in str(caught.value)


def test_after_a_rotation_new_rows_use_the_new_key_and_old_rows_stay_readable(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "ring.json"
    before = create_key_file(file)
    old, new = an_issuance(), an_issuance()
    Cards(sqlite_ledger.reopen(keys=before)).issue(old, timeout_s=20)
    after = rotate_key_file(file)
    assert (after.newest, set(after.payload)) == ("k2", {"k1", "k2"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    store = sqlite_ledger.reopen(keys=after)
    Cards(store).issue(new, timeout_s=20)
    for issuance in (old, new):
        found = Cards(store).find(issuance.cards[0].id)
        assert found is not None
        assert found.key == issuance.key
    assert load_keys(file, tmp_path / "data") == after
    assert verify(store).ok
    only_old = KeyRing(index=after.index, payload={"k1": after.payload["k1"]}, newest="k1")
    with pytest.raises(KeyMissing, match="not on the ring"):
        Cards(sqlite_ledger.reopen(keys=only_old)).find(new.cards[0].id)


def test_a_rotation_that_was_cut_off_leaves_the_old_ring(tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    ring = create_key_file(file)
    (tmp_path / "ring.json.new").write_text("half")
    with pytest.raises(FileExistsError):
        rotate_key_file(file)
    assert read_ring(file.read_bytes()) == ring


def test_a_store_without_keys_writes_nothing(sqlite_ledger: Ledger) -> None:
    with pytest.raises(KeyMissing):
        record(sqlite_ledger.reopen(keyless=True), [an_event()])
    assert os.path.exists(sqlite_ledger.checkpoint) is False  # noqa: PTH110


def test_a_process_that_was_not_restarted_reads_its_key_file_again_after_a_rotation(
    sqlite_ledger: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "keys" / "own.json"
    create_key_file(file)
    places = {
        "key_file": file,
        "key_command": (),
        "data_dir": tmp_path / "data",
        "checkpoint": sqlite_ledger.checkpoint,
    }
    old = open_ledger(sqlite_ledger.url, **places, busy_timeout_s=20)
    record(old, [an_event()])
    rotate_key_file(file)
    new = open_ledger(sqlite_ledger.url, **places, busy_timeout_s=20)
    issuance = an_issuance()
    Cards(new).issue(issuance, timeout_s=20)
    for _ in range(2):
        found = Cards(old).find(issuance.cards[0].id)
        assert found is not None
        assert found.key == issuance.key
    assert (verify(old).ok, verify(old).notes) == (True, ())
    old.close()
    new.close()
