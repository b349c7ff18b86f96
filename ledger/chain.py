"""The hash chain: each audit entry names the hash of the one before it.

entry_hash = SHA-256 of the JSON array [version, sequence, previous_hash, kind, subject, at, recorded_at, key_index,
user_index, payload_digest, bound]. It needs no key to verify, and a purged payload or a rotated key leaves it whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson

from ledger.binding import Binding
from ledger.clock import from_micros, to_micros
from ledger.records import AuditEntry, Event
from ledger.sealing import Cipher, canonical, key_from_plain, key_to_plain

VERSION = "chartside-ledger-1"
GENESIS = "0" * 64  # what the first entry names as the hash before it
_KIND = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
_HASHED = itemgetter(
    "sequence",
    "previous_hash",
    "kind",
    "subject",
    "at",
    "recorded_at",
    "key_index",
    "user_index",
    "payload_digest",
    "bound",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry sealed and ready, but for its place in the chain."""

    kind: str
    subject: str
    at: int
    key_index: str
    user_index: str
    payload: bytes = field(repr=False)
    payload_digest: str


def draft(event: Event, cipher: Cipher) -> Draft:
    """Seal an event. Raises ValueError for a kind that is no code, a time without a zone, a detail that is not JSON."""
    if not _KIND.fullmatch(event.kind):
        raise ValueError("the kind of an event is a short code such as card.issued")
    subject = subject_for(event.subject, cipher)
    plain = {"key": key_to_plain(event.key), "user": event.user, "detail": dict(event.detail)}
    if subject != event.subject:
        plain["subject"] = event.subject
    sealed = cipher.seal(canonical(plain), table="audit_entry", column="payload")
    return Draft(
        kind=str(event.kind),
        subject=subject,
        at=to_micros(event.at),
        key_index=cipher.key_index(event.key),
        user_index=cipher.user_index(event.user),
        payload=sealed.ciphertext,
        payload_digest=sealed.digest,
    )


def subject_for(subject: str, cipher: Cipher) -> str:
    """The subject as the chain shows it: a UUID as it is, the rest hashed (an EHR may send a name as hook instance)."""
    return subject if not subject or _UUID.fullmatch(subject) else f"hmac:{cipher.index('subject', subject)}"


def link(
    one: Draft, *, sequence: int, previous_hash: str, recorded_at: int, bindings: Sequence[Binding]
) -> dict[str, Any]:
    """The row of this entry at this place in the chain."""
    row = {
        "sequence": sequence,
        "previous_hash": previous_hash,
        "kind": one.kind,
        "subject": one.subject,
        "at": one.at,
        "recorded_at": recorded_at,
        "key_index": one.key_index,
        "user_index": one.user_index,
        "payload": one.payload,
        "payload_digest": one.payload_digest,
        "bound": orjson.dumps(bindings).decode(),
    }
    row["entry_hash"] = entry_hash(row)
    return row


def entry_hash(row: Mapping[str, Any]) -> str:
    """The hash that this row's columns must have; empty, which no entry has, where one of them is not even JSON."""
    try:
        statement = orjson.dumps([VERSION, *_HASHED(row)])
    except TypeError:  # SQLite keeps a blob in a text column, if someone puts it there
        return ""
    return hashlib.sha256(statement).hexdigest()


def read_entry(row: Mapping[str, Any], cipher: Cipher) -> AuditEntry:
    """An entry as a value. A purged payload reads as no key, no user and the detail {"purged": true}."""
    plain: dict[str, Any] = {"key": None, "user": "", "detail": {"purged": True}}
    if row["payload"] is not None:
        opened = cipher.open(row["payload"], table="audit_entry", row=row["payload_digest"], column="payload")
        plain = orjson.loads(opened)
    return AuditEntry(
        sequence=row["sequence"],
        kind=row["kind"],
        subject=plain.get("subject", row["subject"]),
        at=from_micros(row["at"]),
        recorded_at=from_micros(row["recorded_at"]),
        key=key_from_plain(plain["key"]),
        user=plain["user"],
        detail=plain["detail"],
        entry_hash=row["entry_hash"],
        previous_hash=row["previous_hash"],
    )
