"""Whether what somebody looked at still stands, asked again in the transaction that puts the look on record.

Between a read and its write somebody may report harm or switch something off. What leaves after that must not show it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from ledger import schema
from ledger.errors import LedgerBusy, MovedOn
from ledger.prepared import Prepared
from ledger.records import Looked
from ledger.sealing import Cipher
from ledger.store import Transaction
from ledger.switches import switch_name

_HELD = Prepared(
    select(schema.withdrawal.c.id)
    .where(schema.withdrawal.c.key_index == bindparam("key_index"), schema.withdrawal.c.released_at.is_(None))
    .order_by(schema.withdrawal.c.sequence.desc())
    .limit(1)
)
_OFF = Prepared(select(schema.switch.c.kind, schema.switch.c.name).where(schema.switch.c.cleared_at.is_(None)))


def has_moved_on(transaction: Transaction, looked: Looked, cipher: Cipher) -> bool:
    """Whether a report, a release or a switch came after this look: then the page would now be another."""
    held = _newest_hold(transaction, cipher.key_index(looked.key))
    return (held, _off(transaction)) != (looked.withdrawal_id, frozenset(looked.switched_off))


def refuse_if_moved_on(transaction: Transaction, looked: Looked, cipher: Cipher) -> None:
    """Raise MovedOn where `has_moved_on`."""
    if has_moved_on(transaction, looked, cipher):
        raise MovedOn("a report, a release or a switch came while the page was made; nothing was written")


def refuse_cards(transaction: Transaction, *, of_summaries: Iterable[str], switched_off: Iterable[str]) -> None:
    """Raise LedgerBusy where no card may leave any more, though its hook looked a moment before.

    `of_summaries` are the key indexes of the cards that show a summary, `switched_off` what was off when the hook
    looked. Asked again, it looks again.
    """
    for key_index in set(of_summaries):
        if _newest_hold(transaction, key_index):
            raise LedgerBusy("the AI summary was withdrawn while its card was made; nothing was written")
    if _off(transaction).difference(switched_off):
        raise LedgerBusy("something was switched off while the card was made; nothing was written")


def _newest_hold(transaction: Transaction, key_index: str) -> str:
    rows = transaction.rows(_HELD, {"key_index": key_index})
    return str(rows[0]["id"]) if rows else ""


def _off(transaction: Transaction) -> frozenset[str]:
    return frozenset(switch_name(row["kind"], row["name"]) for row in transaction.rows(_OFF, {}))
