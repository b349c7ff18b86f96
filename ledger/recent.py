"""Decrypting a summary once per process is enough: what is sealed in it never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from ledger.records import PatientKey


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was sealed in a summary's row: whose it is, and what it says."""

    key: PatientKey = field(repr=False)
    content: bytes = field(repr=False)


class RecentSummaries:
    """The last few decrypted summaries of this process. They are immutable, so none can be stale."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._kept: OrderedDict[str, Unsealed] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, summary_id: str) -> Unsealed | None:
        """What was sealed in this summary, if it is still here."""
        with self._lock:
            if summary_id in self._kept:
                self._kept.move_to_end(summary_id)
            return self._kept.get(summary_id)

    def put(self, summary_id: str, unsealed: Unsealed) -> None:
        """Keep this one and let the one go that was asked for least recently."""
        with self._lock:
            self._kept[summary_id] = unsealed
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def forget(self, summary_id: str) -> None:
        """Let this one go: it was purged."""
        with self._lock:
            self._kept.pop(summary_id, None)
