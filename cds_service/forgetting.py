"""What this process keeps of patients so as to be quick, and that a purge empties all of it.

The ledger forgets its own decrypted summaries itself (ledger.recent). What is left here is small, says nothing that
the payload does not say, and is made anew from what the ledger still holds.
"""

from __future__ import annotations

from cds_service.recent import RecentCharts
from hooks import wording
from ledger.store import LedgerStore
from tasks.standing import difference
from tasks.stored import summary_from_bytes


def forget_at_purge(store: LedgerStore, recent: RecentCharts) -> None:
    """Have every purge over `store` empty what reading, comparing and wording keep in this process."""
    for forget in (recent.clear, summary_from_bytes.cache_clear, difference.cache_clear, wording.forget):
        store.when_purged.append(forget)
