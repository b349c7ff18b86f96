"""Sealed columns in, sealed columns out, and what every module says of an id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ledger.binding import row_id
from ledger.errors import ChainBroken
from ledger.records import Event
from ledger.sealing import Cipher, canonical

_LONGEST_ID = 128


def seal_into(
    row: dict[str, Any], cipher: Cipher, *, table: str, contents: Mapping[str, bytes | dict[str, Any]]
) -> None:
    """Add the sealed columns of these contents, and their digests, to a row that already has its id."""
    for column, content in contents.items():
        plain = content if isinstance(content, bytes) else canonical(content)
        sealed = cipher.seal(plain, table=table, row=row_id(table, row), column=column)
        row[column], row[f"{column}_digest"] = sealed.ciphertext, sealed.digest


def open_column(row: Mapping[str, Any], cipher: Cipher, *, table: str, column: str) -> bytes:
    """A sealed column's content; empty once purged."""
    if row[column] is None:
        return b""
    return cipher.open(row[column], table=table, row=row_id(table, row), column=column)


def open_plain(row: Mapping[str, Any], cipher: Cipher, *, table: str, column: str) -> dict[str, Any]:
    """A sealed column's JSON object; empty once purged."""
    content = open_column(row, cipher, table=table, column=column)
    if not content:
        return {}
    plain = orjson.loads(content)
    if not isinstance(plain, dict):
        raise ChainBroken(f"{table} {row_id(table, row)}: {column} holds no object")
    return plain


def is_id(text: str) -> bool:
    """Whether a text from outside could be an id here at all: PostgreSQL refuses NUL, and nothing of ours is long."""
    return 0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable()


def take(events: Sequence[Event], kind: str, subject: str) -> tuple[Event | None, list[Event]]:
    """The caller's own event of this kind and subject, if any, and the others: one thing is recorded once."""
    mine = next((one for one in events if one.kind == kind and one.subject == subject), None)
    return mine, [one for one in events if one is not mine]
