"""A model directory as a fixed thing: one digest over every file, and a refusal of whatever could run code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from tasks.errors import EngineUnusable

# Pickles and code: loading either is running it. Adapters name a base model that transformers would go and fetch.
REFUSED_SUFFIXES = frozenset(
    {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".msgpack", ".joblib", ".npy", ".npz", ".so", ".dll"}
    | {".py", ".pyc", ".pyd", ".sh", ".gguf"}
)
REFUSED_NAMES = frozenset({"adapter_config.json"})
REFUSED_KEYS = {
    "auto_map": "asks for code of its own",
    "_attn_implementation_internal": "asks for a kernel from elsewhere",
    "trust_remote_code": "asks to be trusted",
}
NEEDED = ("config.json", "tokenizer.json")
_JSON_LIMIT = 200_000_000  # bytes; a tokenizer.json has some tens of millions


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDirectory:
    """A directory that passed, with the SHA-256 of each of its files by relative path."""

    path: Path
    files: tuple[tuple[str, str], ...]  # (relative path, SHA-256), sorted by path
    digest: str  # SHA-256 over `files`


def inspect(path: Path, *, digest: str | None = None) -> ModelDirectory:
    """Read and hash every file of a model directory, links followed.

    Raises EngineUnusable where something in it could run code or is missing, and where `digest` is given and another
    one is found. Nothing of the model is loaded.
    """
    try:
        files = sorted(_files(path))
    except OSError as error:
        raise EngineUnusable(f"the model directory cannot be read ({type(error).__name__})") from error
    names = [name for name, _ in files]
    if refusal := next((reason for name, file in files if (reason := _refusal(name, file))), ""):
        raise EngineUnusable(refusal)
    if missing := [name for name in NEEDED if name not in names]:
        raise EngineUnusable(f"the model directory lacks {' and '.join(missing)}")
    if not any(name.endswith(".safetensors") for name in names):
        raise EngineUnusable("the model directory holds no safetensors file; no other format is loaded")
    try:
        hashed = tuple((name, _sha256(file)) for name, file in files)
    except OSError as error:
        raise EngineUnusable(f"the model directory cannot be read ({type(error).__name__})") from error
    found = hashlib.sha256("".join(f"{sha256}  {name}\n" for name, sha256 in hashed).encode()).hexdigest()
    if digest is not None and digest != found:
        raise EngineUnusable(f"the model directory has digest {found[:12]}…, pinned is {digest[:12]}…. Do not use it.")
    return ModelDirectory(path=path, files=hashed, digest=found)


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        raise NotADirectoryError
    for file in path.rglob("*"):
        if not file.is_dir():
            yield file.relative_to(path).as_posix(), file


def _refusal(name: str, file: Path) -> str:
    """Why this file is refused, or nothing."""
    if file.suffix.casefold() in REFUSED_SUFFIXES or file.name.casefold() in REFUSED_NAMES:
        return f"the model directory holds {name}, which could run code or fetch another model. Remove it."
    if file.suffix.casefold() != ".json":
        return ""
    try:
        if file.stat().st_size > _JSON_LIMIT:
            return f"{name} is too large to be read"
        content = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return f"{name} is not readable JSON"
    if name == "tokenizer.json":
        return ""  # a vocabulary may have any word as a key
    return next(
        (f"{name} {REFUSED_KEYS[key]} ({key}). Remove it." for key in _keys(content) if key in REFUSED_KEYS), ""
    )


def _keys(content: object) -> Iterator[str]:
    """Every key of nested JSON objects, without recursion: the depth is the file's choice."""
    waiting = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            yield from each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
