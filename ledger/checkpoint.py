"""The anchor outside the database: after each commit, one line `sequence hash recorded_at mac` in an append-only file.

Whoever rewrites the database, or cuts its tail, contradicts this file; whoever rewrites both needs the index key
for the mac, and must reach wherever the file is copied to (threat T21). A line that was never written
(a crash between commit and append) is covered by the next, since each hash covers all before it. For the same reason a
line need not reach the disk before the next is appended: the file is synced at most once a second and when it is
closed. A power cut may cost the anchors since the last sync, never an entry, and the next line makes them good.
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

_SYNC_EVERY_S = 1.0
_TAIL_BYTES = 640  # three or four lines: processes may append a little out of order
_LINE = re.compile(rb"(\d{1,18}) ([0-9a-f]{64}) (\d{1,18}) ([0-9a-f]{64})")
_BEGUN = re.compile(rb"\d{1,18}(?: (?:[0-9a-f]{0,64}|[0-9a-f]{64} (?:\d{0,18}|\d{1,18} [0-9a-f]{0,64})))?")
_LONGEST = 4096  # far more than a line of ours
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Anchor:
    """One line of the file: the chain had this hash at this sequence."""

    sequence: int
    entry_hash: str
    recorded_at: int  # microseconds
    mac: str

    @property
    def statement(self) -> str:
        """What the mac covers."""
        return f"{self.sequence} {self.entry_hash} {self.recorded_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the file as it stands."""

    text: bytes = field(kw_only=False)
    end: int  # where the next begins
    is_ended: bool  # False: it is being written, or nothing was written after it was cut short

    @property
    def anchor(self) -> Anchor | None:
        """What it says; None where it cannot be read."""
        return _read_line(self.text)

    @property
    def is_torn(self) -> bool:
        """Whether it is the beginning of a line of ours, as a crash in the middle of the write leaves it."""
        return _BEGUN.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class _Known:
    """The file as it was when it was last read or appended to here; it ended with a whole line."""

    descriptor: int
    signature: tuple[int, int, int, int]
    newest: Anchor | None


class Checkpoint:
    """The checkpoint file. Several processes may append to it: each line is one write to a file opened O_APPEND."""

    def __init__(
        self,
        path: Path,
        *,
        timer: Callable[[], float] = time.monotonic,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        self.path = path
        self._timer, self._sync = timer, sync
        self._descriptor: int | None = None
        self._synced_at = -math.inf
        self._has_unsynced = False
        self._known: _Known | None = None

    def append(self, anchor: Anchor) -> None:
        """Append, and sync once a second. The commit has happened: a failure is logged, and healed by a later line."""
        try:
            known = self._still_known()
            descriptor = known.descriptor if known else self._open()
            # A power cut may have left half a line; the next must not be glued to it.
            start = b"" if known or _ends_whole(descriptor) else b"\n"
            written = os.write(descriptor, start + f"{anchor.statement} {anchor.mac}\n".encode())
            self._has_unsynced = True
            self._known = _after(known, anchor, written) if known else None
            if (now := self._timer()) - self._synced_at >= _SYNC_EVERY_S:
                self._sync(descriptor)
                self._synced_at, self._has_unsynced = now, False
        except OSError as error:
            _log.error("ledger.checkpoint_not_written", sequence=anchor.sequence, errno=error.errno)

    def newest(self) -> Anchor | None:
        """The highest of the last lines, cheaply: for the writer's look before it writes."""
        if (known := self._still_known()) is not None:
            return known.newest
        if self._descriptor is None and not self.path.exists():
            return None
        descriptor = self._open()
        status = os.fstat(descriptor)
        start = max(0, status.st_size - _TAIL_BYTES)
        lines = os.pread(descriptor, _TAIL_BYTES, start).split(b"\n")[1 if start else 0 :]
        anchors = [anchor for anchor in map(_read_line, lines) if anchor]
        newest = max(anchors, key=_sequence, default=None)
        self._known = _Known(descriptor, _signature(status), newest) if lines[-1:] == [b""] else None
        return newest

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
                if line.strip():
                    yield Line(line.rstrip(b"\n"), end=file.tell(), is_ended=line.endswith(b"\n"))

    def close(self) -> None:
        """Sync what was appended and close the file."""
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


def _after(known: _Known, anchor: Anchor, written: int) -> _Known | None:
    """The file after this line; None where another process wrote to it as well."""
    signature = _signature(os.fstat(known.descriptor))
    if signature[2] != known.signature[2] + written:
        return None
    newest = anchor if known.newest is None else max(known.newest, anchor, key=_sequence)
    return _Known(known.descriptor, signature, newest)


def _sequence(anchor: Anchor) -> int:
    return anchor.sequence


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _read_line(line: bytes) -> Anchor | None:
    parts = _LINE.fullmatch(line)
    if parts is None:
        return None
    sequence, entry_hash, recorded_at, mac = (part.decode() for part in parts.groups())
    return Anchor(int(sequence), entry_hash, int(recorded_at), mac)
