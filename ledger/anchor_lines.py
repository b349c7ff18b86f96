"""A line of the checkpoint file, `sequence hash recorded_at mac`: whole, torn while it was written, or none of ours."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

_LINE = re.compile(rb"(\d{1,18}) ([0-9a-f]{64}) (\d{1,18}) ([0-9a-f]{64})")
_BEGUN = re.compile(rb"\d{1,18}(?: (?:[0-9a-f]{0,64}|[0-9a-f]{64} (?:\d{0,18}|\d{1,18} [0-9a-f]{0,64})))?")
_MOST_TORN = 1 << 20  # more than the lines of any second: what a power cut may take


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
        return read_line(self.text)

    @property
    def is_torn(self) -> bool:
        """Whether it is the beginning of a line of ours, as a crash in the middle of the write leaves it.

        After a power cut a file may have its new size and, in place of the last lines, zeros.
        """
        begun = self.text.rstrip(b"\0")
        return not begun or _BEGUN.fullmatch(begun) is not None


def read_line(line: bytes) -> Anchor | None:
    """What a line says, its end left off; None where it is no whole line of ours."""
    parts = _LINE.fullmatch(line)
    if parts is None:
        return None
    sequence, entry_hash, recorded_at, mac = (part.decode() for part in parts.groups())
    return Anchor(int(sequence), entry_hash, int(recorded_at), mac)


def mend(descriptor: int) -> tuple[int, bytes]:
    """Cut a torn line off the file's end, with its lock held; the size now, and what must come before a new line.

    Only the beginning of a line of ours is cut off. Anything else is evidence: it stays, and the new line begins
    behind it; so it does where the file may only grow.
    """
    size = os.fstat(descriptor).st_size
    if size == 0 or os.pread(descriptor, 1, size - 1) == b"\n":
        return size, b""
    since = max(0, size - _MOST_TORN)
    tail = os.pread(descriptor, size - since, since)
    start = tail.rfind(b"\n") + 1
    last = Line(tail[start:], end=size, is_ended=False)
    if (since and not start) or last.anchor or not last.is_torn:
        return size, b"\n"
    try:
        os.ftruncate(descriptor, since + start)
    except OSError:
        return size, b"\n"
    return since + start, b""
