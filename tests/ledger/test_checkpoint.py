"""The file outside the database takes whole lines only, from many processes, wherever its path leads now."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ledger_values import Ledger, an_event
from structlog.testing import capture_logs

from ledger.anchor_lines import Anchor
from ledger.checkpoint import Checkpoint
from ledger.errors import LedgerUnavailable
from ledger.events import record


def anchor(sequence: int) -> Anchor:
    return Anchor(sequence, f"{sequence:064x}", 7, "ab" * 32)


def read(file: Checkpoint) -> list[Anchor | None]:
    return [line.anchor for line in file.lines(until=file.size())]


@pytest.fixture
def file(tmp_path: Path):
    opened = Checkpoint(tmp_path / "deep" / "checkpoint")
    yield opened
    opened.close()


def test_lines_are_read_back_in_their_order_and_the_newest_is_the_highest(file: Checkpoint) -> None:
    assert (read(file), file.newest(), file.size()) == ([], None, 0)
    for sequence in (1, 2, 4, 3):  # two processes, the slower one a little late
        file.append(anchor(sequence))
    assert read(file) == [anchor(1), anchor(2), anchor(4), anchor(3)]
    assert file.newest() == anchor(4)


def test_lines_reach_the_disk_once_a_second_and_at_the_close(tmp_path: Path) -> None:
    now, synced = [100.0], []
    file = Checkpoint(tmp_path / "checkpoint", timer=lambda: now[0], sync=lambda _: synced.append(len(read(file))))
    for sequence in (1, 2, 3):
        file.append(anchor(sequence))
    assert synced == [1]
    now[0] += 1
    file.append(anchor(4))
    assert synced == [1, 4]
    file.close()
    assert synced == [1, 4]  # nothing new
    file.append(anchor(5))
    file.close()
    assert synced == [1, 4, 5]


def test_a_sync_that_fails_is_logged_and_tried_again_and_the_lines_stay(tmp_path: Path) -> None:
    tried = []

    def fail(_descriptor: int) -> None:
        tried.append(1)
        raise OSError(5, "no disk")

    file = Checkpoint(tmp_path / "checkpoint", timer=lambda: 100.0, sync=fail)
    with capture_logs() as logs:
        for sequence in (1, 2):
            file.append(anchor(sequence))
        file.close()
    assert len(tried) == len(logs) == 3
    assert read(file) == [anchor(1), anchor(2)]


def test_the_newest_is_found_in_a_long_file(file: Checkpoint) -> None:
    for sequence in range(1, 200):
        file.append(anchor(sequence))
    assert file.newest() == anchor(199)


def test_ten_writers_leave_whole_lines(file: Checkpoint) -> None:
    def write(first: int) -> None:
        own = Checkpoint(file.path)
        for sequence in range(first, first + 20):
            own.append(anchor(sequence))
        own.close()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(write, range(0, 200, 20)))
    assert sorted(one.sequence for one in read(file) if one) == list(range(200))


@pytest.mark.parametrize("torn", [b"5", b"5 ab", b"\0" * 900, b"\0" * 70_000, b"5 ab\0\0", b"5 " + b"a" * 64 + b" 7"])
@pytest.mark.parametrize("looks_first", [True, False])
def test_a_line_that_was_cut_short_gives_way_to_the_next(file: Checkpoint, torn: bytes, looks_first: bool) -> None:
    file.append(anchor(1))
    with file.path.open("ab") as raw:
        raw.write(torn)
    if looks_first:
        assert file.newest() == anchor(1)
    file.append(anchor(2))
    assert read(file) == [anchor(1), anchor(2)]
    assert (file.first(), file.newest()) == (anchor(1), anchor(2))


def test_a_last_line_that_lacks_its_end_alone_is_kept(file: Checkpoint) -> None:
    file.append(anchor(1))
    file.append(anchor(2))
    file.path.write_bytes(file.path.read_bytes().rstrip(b"\n"))
    file.append(anchor(3))
    assert read(file) == [anchor(1), anchor(2), anchor(3)]


def test_what_the_disk_takes_only_in_part_leaves_no_part(tmp_path: Path) -> None:
    taken = [1000, 60, 0, 1000]
    path = tmp_path / "checkpoint"
    file = Checkpoint(path, write=lambda descriptor, line: os.write(descriptor, line[: taken.pop(0)]))
    with capture_logs() as logs:
        for sequence in (1, 2, 3):
            file.append(anchor(sequence))
    assert [entry["event"] for entry in logs] == ["ledger.checkpoint_not_written"] * 2
    assert read(file) == [anchor(1)]
    assert path.read_bytes().endswith(b"\n")
    file.append(anchor(4))
    assert read(file) == [anchor(1), anchor(4)]
    file.close()


def test_writers_on_a_full_disk_glue_no_line_to_anothers(file: Checkpoint) -> None:
    def half(descriptor: int, line: bytes) -> int:
        return os.write(descriptor, line[:50])

    def write(number: int) -> None:
        own = Checkpoint(file.path, **({"write": half} if number % 2 else {}))
        for sequence in range(number * 20, number * 20 + 20):
            own.append(anchor(sequence))
        own.close()

    with capture_logs(), ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert sorted(one.sequence for one in read(file) if one) == [
        sequence for sequence in range(160) if not sequence // 20 % 2
    ]
    assert None not in read(file)


@pytest.mark.parametrize("foreign", [b"x y z w", b"\xff\xfe", b"-1 a 1 b", b"5 ab 1 "])
def test_a_line_that_is_none_of_ours_stays_and_the_next_is_whole(file: Checkpoint, foreign: bytes) -> None:
    file.append(anchor(1))
    with file.path.open("ab") as raw:
        raw.write(foreign)
    file.append(anchor(2))
    first, middle, last = read(file)
    assert (first, last) == (anchor(1), anchor(2))
    assert middle is None or middle.entry_hash == "ab"
    assert file.newest() == anchor(2)


def test_what_was_read_before_is_read_again_once_another_wrote_or_changed_it(file: Checkpoint) -> None:
    file.append(anchor(1))
    assert file.newest() == anchor(1)
    file.append(anchor(2))
    assert file.newest() == anchor(2)
    other = Checkpoint(file.path)
    other.append(anchor(3))
    other.close()
    assert file.newest() == anchor(3)
    with file.path.open("ab") as raw:
        raw.write(b"5 torn")
    file.append(anchor(4))
    assert file.newest() == anchor(4)
    whole = file.path.read_bytes()
    file.path.write_bytes(whole.replace(b"\n4 ", b"\n9 "))
    os.utime(file.path, ns=(1, 1))  # the clock of a file steps by milliseconds
    assert file.newest() == Anchor(9, anchor(4).entry_hash, 7, "ab" * 32)
    assert read(file) == [anchor(1), anchor(2), anchor(3), None, file.newest()]


def test_lines_behind_the_given_size_are_left_for_later(file: Checkpoint) -> None:
    file.append(anchor(1))
    until = file.size()
    file.append(anchor(2))
    assert [line.anchor for line in file.lines(until=until)] == [anchor(1)]
    assert [line.anchor for line in file.lines(since=until, until=file.size())] == [anchor(2)]
    (cut,) = file.lines(until=until - 1)
    assert (cut.is_ended, cut.is_torn, cut.end) == (False, True, until - 1)


@pytest.mark.parametrize("gone", ["deleted", "moved"])
def test_a_file_that_was_taken_away_is_begun_anew_in_its_place(file: Checkpoint, gone: str) -> None:
    file.append(anchor(1))
    if gone == "deleted":
        file.path.unlink()
    else:
        file.path.rename(file.path.with_name("kept"))
    file.append(anchor(2))
    assert read(file) == [anchor(2)]


def full(_descriptor: int, _line: bytes) -> int:
    raise OSError(28, "no space")


def test_a_file_that_cannot_be_begun_stops_the_write(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.store.checkpoint = Checkpoint(Path("/dev/full"))
    with pytest.raises(LedgerUnavailable, match="cannot be begun"):
        record(sqlite_ledger.store, [an_event()])
    assert sqlite_ledger.count("audit_entry") == 0


def test_a_line_that_cannot_be_written_is_logged_and_the_commit_stands(sqlite_ledger: Ledger) -> None:
    record(sqlite_ledger.store, [an_event()])
    sqlite_ledger.store.checkpoint = Checkpoint(sqlite_ledger.checkpoint, write=full)
    with capture_logs() as logs:
        record(sqlite_ledger.store, [an_event()])
    assert [entry["event"] for entry in logs] == ["ledger.checkpoint_not_written"]
    assert sqlite_ledger.count("audit_entry") == 2
