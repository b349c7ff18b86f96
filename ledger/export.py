"""The whole ledger as NDJSON, in chain order: the clear text where keys allow, and all that a proof needs.

Each entry is followed by the rows it was the last to vouch for. `salted` is base64 of salt and canonical content:
its SHA-256 is the digest that the hash covers (docs of the chain: ledger/chain.py).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ledger.binding import BOUND, read_bound, row_id
from ledger.errors import KeyMissing
from ledger.proof import Rows
from ledger.store import LedgerStore
from ledger.verify import entries

_SALT_BYTES = 16


def export(store: LedgerStore) -> Iterator[bytes]:
    """One JSON object a line; times are microseconds since 1970, as hashed.

    Nothing is written: who exports records it (ledger.events). Raises ChainBroken for a payload that was altered.
    """
    with store.read() as connection:
        rows = Rows(connection, store, {})
        for batch in entries(connection):
            vouched = {entry["sequence"]: read_bound(entry["bound"]) or [] for entry in batch}
            found = rows.fetch([binding for bindings in vouched.values() for binding in bindings])
            for entry in batch:
                yield _line("audit_entry", entry, store, place=entry["payload_digest"], sealed=("payload",))
                for table, name, *_rest in vouched[entry["sequence"]]:
                    row = found.get((table, name))
                    if row is not None and row["sequence"] == entry["sequence"]:
                        yield _line(table, row, store, place=row_id(table, row), sealed=BOUND[table].sealed)


def _line(table: str, row: Mapping[str, Any], store: LedgerStore, *, place: str, sealed: tuple[str, ...]) -> bytes:
    line: dict[str, Any] = {"table": table} | {str(name): value for name, value in row.items() if name not in sealed}
    for column in sealed:
        line |= _opened(table, row, store, place=place, column=column)
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _opened(table: str, row: Mapping[str, Any], store: LedgerStore, *, place: str, column: str) -> dict[str, Any]:
    if row[column] is None or not store.has_keys:
        return {column: None}
    try:
        salted = store.cipher.open_salted(row[column], table=table, row=place, column=column)
    except KeyMissing:
        return {column: None}
    content: Any = salted[_SALT_BYTES:]
    try:
        content = orjson.loads(content)
    except orjson.JSONDecodeError:
        content = None  # a picture, or text that is no JSON: to be read from `salted`
    return {column: content, f"{column}_salted": base64.b64encode(salted).decode()}
