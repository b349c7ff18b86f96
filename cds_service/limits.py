"""Request bodies within limits: counted while they stream, taken as plain JSON only (T11)."""

from __future__ import annotations

import asyncio
import codecs
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request

from cds_service.errors import BodyLate, BodyTooLarge, NotJson, UnsupportedBody
from fhir_adapters.large_work import LARGE_BYTES, run_work

_JSON: Final = "application/json"
_LEVELS: Final = 64  # T11; a request of FHIR resources has about twenty
_WRITTEN_LEVELS: Final = 254  # orjson's own limit for writing; it reads 1024


async def read_json(
    request: Request, *, limit: int, within_s: float | None = None, written_later: str = ""
) -> Mapping[str, Any]:
    """The JSON object that the request carries, of at most `limit` bytes, here within so many seconds.

    Raises UnsupportedBody, BodyTooLarge, BodyLate and NotJson, whose messages hold nothing of the body. The member
    named by `written_later` may be one that cannot be written again: the caller uses `write_again` on it before
    anything else.
    """
    _check_kind(request)
    try:
        async with asyncio.timeout(within_s):  # over all of it: a byte now and then keeps nothing open (T11)
            body = await read_body(request, limit=limit)
    except TimeoutError:
        raise BodyLate from None
    parse = partial(parse_object, body, written_later=written_later)
    return await run_work(parse, is_large=len(body) >= LARGE_BYTES)


async def read_body(request: Request, *, limit: int) -> bytes:
    """The body, or BodyTooLarge as soon as it is known to be larger than `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise BodyTooLarge(f"The body is larger than {limit} bytes.")
            chunks.append(chunk)
    except ClientDisconnect:
        raise NotJson("The body did not arrive whole.") from None
    return b"".join(chunks)


def parse_object(body: bytes, *, written_later: str = "") -> Mapping[str, Any]:
    """The JSON object in `body`. Raises NotJson."""
    try:
        read = orjson.loads(body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        raise NotJson("The body is not JSON that can be read.") from None  # the decoder's error holds the document
    if not isinstance(read, dict):
        write_again(read)
        raise NotJson("The body is JSON, but no object.")
    write_again({name: value for name, value in read.items() if name != written_later} if written_later else read)
    return read


def write_again(read: Any) -> bytes:  # noqa: ANN401 - JSON
    """What was read, as bytes, once it is known to be nested no deeper than T11 allows. Raises NotJson.

    orjson counts while it writes, for a fiftieth of what a walk in Python costs, but it counts to 254: so the lists
    that are too many for us are put around it first. They are part of the bytes, the same for every document.
    """
    innermost = _shell.innermost
    innermost[0] = read
    try:
        return orjson.dumps(_shell.outermost)
    except orjson.JSONEncodeError:
        raise NotJson(f"The body is JSON nested more than {_LEVELS} levels deep.") from None
    finally:
        innermost[0] = None  # nobody's chart stays here


class _Shell(threading.local):
    """The lists around what is written, nested once for each thread: anew for each body they cost 10 µs."""

    def __init__(self) -> None:
        self.innermost: list[Any] = [None]
        self.outermost: list[Any] = self.innermost
        for _ in range(_WRITTEN_LEVELS - _LEVELS - 1):
            self.outermost = [self.outermost]


_shell: Final = _Shell()


def _check_kind(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedBody("A compressed body is not taken; send it without Content-Encoding.")
    kind = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if kind != _JSON and not kind.endswith("+json"):
        raise UnsupportedBody("The body must be application/json.")
