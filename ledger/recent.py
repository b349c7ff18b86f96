"""Decrypting a summary once per process is enough: it never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict


class RecentSummaries:
    """The last few decrypted summaries of this process. They are immutable, so none can be stale."""

    def __init__(self, size: int = 64) -> None:
        self._size = size
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, summary_id: str) -> bytes | None:
        """The content of this summary, if it is still here."""
        with self._lock:
            if summary_id in self._kept:
                self._kept.move_to_end(summary_id)
            return self._kept.get(summary_id)

    def put(self, summary_id: str, content: bytes) -> None:
        """Keep this one and let the one go that was asked for least recently."""
        with self._lock:
            self._kept[summary_id] = content
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def forget(self, summary_id: str) -> None:
        """Let this one go: it was purged."""
        with self._lock:
            self._kept.pop(summary_id, None)
