"""The key ring: payload keys that rotate, and one index key that does not.

The file is JSON, mode 600, outside the data directory:
`{"version": 1, "index": KEY, "payload": [{"id": ID, "key": KEY}, …]}`,
each KEY 32 random bytes in base64. New writes use the last payload key; the others keep old rows readable.
The index key cannot rotate without rewriting every index: losing it loses the finding of patients, not the records.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ledger.errors import KeyMissing

KEY_BYTES = 32
_KEY_ID = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Keys in memory. Its repr shows key ids only."""

    index: bytes = field(repr=False)
    payload: Mapping[str, bytes] = field(repr=False)
    newest: str

    def __post_init__(self) -> None:
        keys = [self.index, *self.payload.values()]
        if any(len(key) != KEY_BYTES for key in keys) or self.newest not in self.payload:
            raise KeyMissing("each key of the ring is 32 bytes, and the newest is one of the payload keys")
        if len(set(keys)) != len(keys):
            raise KeyMissing("two keys of the ring are the same: make new ones")


def find_keys(file: Path | None, command: Sequence[str], *, data_dir: Path) -> KeyRing:
    """The ring from the key file, or as the command prints it where there is none. Raises KeyMissing."""
    if file is not None:
        return load_keys(file, data_dir)
    if not command:
        raise KeyMissing("neither a key file nor a key command is set")
    return load_keys_from_command(command)


def load_keys(path: Path, data_dir: Path) -> KeyRing:
    """The ring from a key file. Raises KeyMissing if it is absent, no ring, readable by others, or among the data."""
    if not path.is_file():
        raise KeyMissing(f"no key file at {path}")
    if path.resolve().is_relative_to(data_dir.resolve()):
        raise KeyMissing(
            f"the key file {path} lies inside the data directory: whoever copies the data would have the key"
        )
    if path.stat().st_mode & 0o077:
        raise KeyMissing(f"the key file {path} can be read by others: chmod 600 it")
    return read_ring(path.read_bytes())


def load_keys_from_command(command: Sequence[str], *, timeout_s: float = 10.0) -> KeyRing:
    """The ring as a command prints it (a vault's own client), run without a shell. Raises KeyMissing."""
    try:
        done = subprocess.run(list(command), capture_output=True, check=True, timeout=timeout_s)  # noqa: S603 - the operator's own setting
    except (OSError, subprocess.SubprocessError) as error:
        # Without its output: it may hold half a key.
        raise KeyMissing(f"the key command failed: {type(error).__name__}") from None
    return read_ring(done.stdout)


def read_ring(content: bytes) -> KeyRing:
    """The ring that this key file's content describes. Raises KeyMissing."""
    try:
        plain = orjson.loads(content)
        payload = {_key_id(entry["id"]): _key(entry["key"]) for entry in plain["payload"]}
        if plain["version"] != 1 or len(payload) != len(plain["payload"]):
            raise KeyMissing("the key file has another version, or one key id twice")
        return KeyRing(index=_key(plain["index"]), payload=payload, newest=plain["payload"][-1]["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError, ValueError, binascii.Error):
        raise KeyMissing("the key file is not a key ring: see create_key_file") from None


def create_key_file(path: Path) -> KeyRing:
    """A new ring in a new file of mode 600. An existing file is never touched: FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    plain = {"version": 1, "index": _new_key(), "payload": [{"id": "k1", "key": _new_key()}]}
    _write(path, plain, flags=os.O_CREAT | os.O_EXCL)
    return read_ring(path.read_bytes())


def rotate_key_file(path: Path) -> KeyRing:
    """The same ring with one payload key more, which new writes use from now on; replaced in one step."""
    read_ring(path.read_bytes())
    plain = orjson.loads(path.read_bytes())
    taken = {entry["id"] for entry in plain["payload"]}
    number = len(taken) + 1
    while f"k{number}" in taken:
        number += 1
    plain["payload"].append({"id": f"k{number}", "key": _new_key()})
    beside = path.with_name(path.name + ".new")
    _write(beside, plain, flags=os.O_CREAT | os.O_EXCL)
    beside.replace(path)
    return read_ring(path.read_bytes())


def _write(path: Path, plain: Mapping[str, Any], *, flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _key(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _key_id(text: str) -> str:
    if not _KEY_ID.fullmatch(text):
        raise KeyMissing("a key id is made of a-z, 0-9 and -")
    return text
