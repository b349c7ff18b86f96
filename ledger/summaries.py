"""Stored summaries and their pictures, as rows and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from ledger import schema
from ledger.clock import from_micros, to_micros
from ledger.errors import WrongPatient
from ledger.recent import Unsealed
from ledger.records import PatientKey, StoredImage, StoredSummary
from ledger.rows import is_id, open_column, open_plain, seal_into
from ledger.sealing import Cipher, key_from_plain, key_to_plain
from ledger.store import LedgerStore

_FIND = select(schema.summary).where(schema.summary.c.id == bindparam("summary_id"))
_IMAGES = (
    select(schema.image).where(schema.image.c.summary_id == bindparam("summary_id")).order_by(schema.image.c.ordinal)
)


class Summaries:
    """Summaries by id, withdrawn or not: who shows one asks `Answers.withdrawal_of` first."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def find(self, summary_id: str) -> StoredSummary | None:
        """The summary of this id; None where there is none, or its content was purged."""
        rows = self._store.rows(_FIND, {"summary_id": summary_id}) if is_id(summary_id) else []
        return read_summary(rows[0], self._store.cipher) if rows else None

    def images(self, summary_id: str) -> tuple[StoredImage, ...]:
        """The pictures kept with a summary, in their order; purged ones are left out."""
        rows = self._store.rows(_IMAGES, {"summary_id": summary_id}) if is_id(summary_id) else []
        return read_images(rows, self._store.cipher)


def summary_row(summary: StoredSummary, cipher: Cipher) -> dict[str, Any]:
    """The row of a summary to be stored, sealed."""
    row: dict[str, Any] = {
        "id": summary.id,
        "job_id": summary.job_id,
        "key_index": cipher.key_index(summary.key),
        "focus": summary.focus,
        "fingerprint": summary.fingerprint,
        "recipe": summary.recipe,
        "made_at": to_micros(summary.made_at),
    }
    who = {"key": key_to_plain(summary.key)}
    seal_into(row, cipher, table="summary", contents={"who": who, "content": summary.content})
    return row


def image_row(summary_id: str, image: StoredImage, cipher: Cipher) -> dict[str, Any]:
    """The row of a picture to be stored, sealed."""
    row: dict[str, Any] = {"summary_id": summary_id, "ordinal": image.ordinal}
    seal_into(row, cipher, table="image", contents={"label": image.label.encode(), "png": image.png})
    return row


def read_summary(row: Mapping[str, Any], cipher: Cipher) -> StoredSummary | None:
    """A summary's row as a value; None once purged."""
    key = key_from_plain(open_plain(row, cipher, table="summary", column="who").get("key"))
    if key is None or row["content"] is None:
        return None
    return _summary(row, key, open_column(row, cipher, table="summary", column="content"))


def read_images(rows: Sequence[Mapping[str, Any]], cipher: Cipher) -> tuple[StoredImage, ...]:
    """Rows of pictures as values."""
    return tuple(
        StoredImage(
            ordinal=row["ordinal"],
            label=open_column(row, cipher, table="image", column="label").decode(),
            png=open_column(row, cipher, table="image", column="png"),
        )
        for row in rows
        if row["png"] is not None
    )


def read_current(store: LedgerStore, row: Mapping[str, Any], key: PatientKey) -> StoredSummary | None:
    """A summary's row without what is sealed in it, which comes from this process' cache where it is there.

    Raises WrongPatient where the seal names another patient than the row does: the row was moved (decision 9).
    """
    unsealed = store.recent.get(row["id"])
    if unsealed is None:
        whole = store.rows(_FIND, {"summary_id": row["id"]})
        read = read_summary(whole[0], store.cipher) if whole else None
        if read is None:
            return None
        unsealed = Unsealed(read.key, read.content)
        store.recent.put(row["id"], unsealed)
    if unsealed.key != key:
        raise WrongPatient(f"summary {row['id']} is sealed for another patient key: run chartside ledger verify")
    return _summary(row, key, unsealed.content)


def _summary(row: Mapping[str, Any], key: PatientKey, content: bytes) -> StoredSummary:
    return StoredSummary(
        id=row["id"],
        job_id=row["job_id"],
        key=key,
        focus=row["focus"],
        fingerprint=row["fingerprint"],
        recipe=row["recipe"],
        made_at=from_micros(row["made_at"]),
        content=content,
    )
