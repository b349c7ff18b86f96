"""The anchor outside the database: after each commit, one line `sequence hash recorded_at mac` in an append-only file.

Whoever rewrites the database, or cuts its tail, contradicts this file; whoever rewrites both needs the index key
for the mac, and must reach wherever the file is copied to (threat T21). Its first line tells behind which entry it
begins: 0 where it began with the chain. A line that was never written
(a crash between commit and append) is covered by the next, since each hash covers all before it. For the same reason a
line need not reach the disk before the next is appended: the file is synced at most once a second and when it is
closed. A power cut may cost the anchors since the last sync, never an entry, and the next line makes them good.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from ledger.anchor_lines import Anchor, Line, mend, read_line

_SYNC_EVERY_S = 1.0
_TAILS = (
    640,
    1 << 16,
    1 << 20,
)  # bytes: three or four lines, for processes may append a little out of order; then more
_LONGEST = 4096  # far more than a line of ours
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Known:
    """The file as it was when it was last read or appended to here; it ended with a whole line."""

    descriptor: int
    signature: tuple[int, int, int, int]
    newest: Anchor | None


class Checkpoint:
    """The checkpoint file. Several processes may append to it: each line is one write, under the file's lock."""

    def __init__(
        self,
        path: Path,
        *,
        timer: Callable[[], float] = time.monotonic,
        sync: Callable[[int], None] = os.fdatasync,
        write: Callable[[int, bytes], int] = os.write,
    ) -> None:
        self.path = path
        self._timer, self._sync, self._write = timer, sync, write
        self._turn = threading.RLock()  # the file's lock keeps out processes, not this one's threads
        self._descriptor: int | None = None
        self._synced_at = -math.inf
        self._has_unsynced = False
        self._known: _Known | None = None

    def begin(self, anchor: Anchor) -> None:
        """Write the first line of a file: the chain as it was found. Raises OSError."""
        self._append(anchor)

    def append(self, anchor: Anchor) -> None:
        """Append, and sync once a second. The commit has happened: a failure is logged, and healed by a later line."""
        try:
            self._append(anchor)
        except OSError as error:
            _log.error("ledger.checkpoint_not_written", sequence=anchor.sequence, errno=error.errno)

    def _append(self, anchor: Anchor) -> None:
        """Write a whole line or, where the disk takes only a part of it, none. Raises OSError."""
        with self._turn:
            known = self._still_known()
            descriptor = known.descriptor if known else self._open()
            with _locked(descriptor):
                status = os.fstat(descriptor)
                is_same = known is not None and _signature(status) == known.signature
                size, start = (status.st_size, b"") if is_same else mend(descriptor)
                line = start + f"{anchor.statement} {anchor.mac}\n".encode()
                self._known = None
                if self._write(descriptor, line) != len(line):
                    with suppress(OSError):  # then a later line mends it
                        os.ftruncate(descriptor, size)
                    raise OSError(errno.ENOSPC, "the line was cut short")
                if known is not None and is_same:
                    newest = anchor if known.newest is None else max(known.newest, anchor, key=_sequence)
                    self._known = _Known(descriptor, _signature(os.fstat(descriptor)), newest)
            self._has_unsynced = True
        if (now := self._timer()) - self._synced_at >= _SYNC_EVERY_S:
            self._sync(descriptor)
            self._synced_at, self._has_unsynced = now, False

    def newest(self) -> Anchor | None:
        """The highest of the last lines, cheaply: for the writer's look before it writes. Cuts off a torn line."""
        with self._turn:
            if (known := self._still_known()) is not None:
                return known.newest
            if self._descriptor is None and not self.path.exists():
                return None
            descriptor = self._open()
            with _locked(descriptor):
                _, unended = mend(descriptor)
                status = os.fstat(descriptor)
                newest = _last_anchor(descriptor, status.st_size)
            self._known = None if unended else _Known(descriptor, _signature(status), newest)
            return newest

    def first(self) -> Anchor | None:
        """The first line that can be read; None where there is none. Raises OSError."""
        return next((line.anchor for line in self.lines(until=self.size()) if line.anchor), None)

    def _still_known(self) -> _Known | None:
        """What is known of the file, if it is the same file and nobody wrote to it since: one look instead of four."""
        known = self._known
        if known is None or known.descriptor != self._descriptor:
            return None
        try:
            return known if _signature(self.path.stat()) == known.signature else None
        except FileNotFoundError:
            return None

    def size(self) -> int:
        """Bytes now in the file; 0 where there is none."""
        return self.path.stat().st_size if self.path.exists() else 0

    def lines(self, *, since: int = 0, until: int) -> Iterator[Line]:
        """The lines between these bytes, in file order; blank ones, which a writer may leave, are passed over."""
        if until <= since:
            return
        with self.path.open("rb") as file:
            file.seek(since)
            while file.tell() < until and (line := file.readline(min(_LONGEST, until - file.tell()))):
                is_zeros = not line.strip(b"\0\n")  # as long as a power cut made them: no line of ours, and no end
                if line.strip():
                    yield Line(line.rstrip(b"\n"), end=file.tell(), is_ended=is_zeros or line.endswith(b"\n"))

    def close(self) -> None:
        """Sync what was appended and close the file."""
        with self._turn:
            if self._descriptor is None:
                return
            descriptor, self._descriptor = self._descriptor, None
            try:
                if self._has_unsynced:
                    self._sync(descriptor)
                    self._has_unsynced = False
            except OSError as error:
                _log.error("ledger.checkpoint_not_synced", errno=error.errno)
            finally:
                os.close(descriptor)

    def _open(self) -> int:
        # A file that was moved away or deleted under us would take our lines with it: look where the path leads now.
        if self._descriptor is not None and not self._is_in_place(self._descriptor):
            self.close()
        if self._descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        return self._descriptor

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False


def _signature(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _sequence(anchor: Anchor) -> int:
    return anchor.sequence


def _last_anchor(descriptor: int, size: int) -> Anchor | None:
    """The highest of the last lines that can be read; further back where the end of the file has none."""
    for span in _TAILS:
        start = max(0, size - span)
        lines = os.pread(descriptor, span, start).split(b"\n")[1 if start else 0 :]
        anchors = [anchor for anchor in map(read_line, lines) if anchor]
        if anchors or start == 0:
            return max(anchors, key=_sequence, default=None)
    return None


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """The file's lock, for one look and one write; where the file system has none, a write is whole all the same."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)
