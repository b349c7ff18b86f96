"""How a process opens the ledger: its keys from their file or command, then the store over them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ledger.keys import find_keys
from ledger.migrate import migrate
from ledger.store import LedgerStore, open_store


def open_ledger(
    url: str,
    *,
    key_file: Path | None,
    key_command: Sequence[str],
    data_dir: Path,
    checkpoint: Path,
    busy_timeout_s: float,
    migrates: bool = False,
) -> LedgerStore:
    """The store at `url`; without keys it can be verified only. Migrated first where asked, if the keys are fit.

    Call it in the process that uses it: no fork after. Raises KeyMissing, also for a key file inside `data_dir`, and
    what `ledger.store.open_store` raises.
    """
    has_keys = key_file is not None or key_command
    find = partial(find_keys, key_file, key_command, data_dir=data_dir)
    keys = find() if has_keys else None
    if migrates:
        migrate(url)
    return open_store(url, keys=keys, checkpoint=checkpoint, busy_timeout_s=busy_timeout_s, reload_keys=find)
