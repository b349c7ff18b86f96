"""Entries that change no row: a page opened, the audit desk viewed, a chain verified."""

from __future__ import annotations

from collections.abc import Sequence

from ledger import chain
from ledger.looking import refuse_if_moved_on
from ledger.nonces import nonce_row, spend
from ledger.records import Event, Looked, Nonce
from ledger.store import LedgerStore


def record(
    store: LedgerStore,
    events: Sequence[Event],
    *,
    timeout_s: float | None = None,
    looked: Looked | None = None,
    nonce: Nonce | None = None,
) -> tuple[int, ...]:
    """Write these events as audit entries, in one transaction and in this order; their places in the chain.

    Raises MovedOn, and writes nothing, where they tell of a look at what no longer stands; AlreadyUsed, and writes
    nothing, where the token of the call that they tell of was used before.
    """
    drafts = [chain.draft(one, store.cipher) for one in events]
    token = nonce_row(nonce, store.cipher) if nonce else None
    if not drafts and not token:
        return ()
    with store.write(timeout_s) as transaction:
        if token:
            spend(transaction, token)
        if looked is not None:
            refuse_if_moved_on(transaction, looked, store.cipher)
        return tuple(transaction.add(one) for one in drafts)
