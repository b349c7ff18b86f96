"""How the decoder and its guarded child talk: length, JSON, bytes over one socket. Never pickle, never a class name."""

from __future__ import annotations

import socket
import struct
import time
from enum import StrEnum

import orjson

_LENGTHS = struct.Struct(">II")  # of the JSON header, of the body
_MOST_HEADER_BYTES = 64 * 1024


class Refusal(StrEnum):
    """Why a DICOM file is not decoded: words of ours alone, so that no header text can travel in an error."""

    NOT_DICOM = "not a DICOM file"
    TRANSFER_SYNTAX = "its transfer syntax is not on the list"
    NO_DECODER = "no decoder for this transfer syntax is installed"
    TOO_LARGE = "larger than the limits"
    TOO_MANY_FRAMES = "more frames than the limit"
    NO_IMAGE = "no image"
    NO_FRAME = "no such frame"
    NO_RESCALE = "CT without rescale slope and intercept"
    DAMAGED = "damaged"
    DOUBTFUL = "two readings of its pixels differ"
    MEMORY = "needs more memory than the limit"
    TIME = "needs more time than the limit"
    CRASHED = "the decoder crashed on it"
    BUSY = "no decoder became free in time"


class WireBroken(Exception):
    """The other side is gone, or does not speak as agreed."""


def send(sock: socket.socket, header: dict[str, object], body: bytes = b"", *, deadline: float | None = None) -> None:
    """Send one message before `deadline` (monotonic seconds; None waits for ever). Raises TimeoutError, WireBroken."""
    text = orjson.dumps(header)
    try:
        sock.settimeout(_remaining(deadline))
        sock.sendall(_LENGTHS.pack(len(text), len(body)) + text)
        sock.settimeout(_remaining(deadline))
        sock.sendall(body)
    except TimeoutError:
        raise
    except OSError as error:
        raise WireBroken from error


def receive(sock: socket.socket, *, most_bytes: int, deadline: float | None = None) -> tuple[dict[str, object], bytes]:
    """One message with a body of at most `most_bytes`. Raises TimeoutError, WireBroken."""
    header_length, body_length = _LENGTHS.unpack(_exactly(sock, _LENGTHS.size, deadline))
    if header_length > _MOST_HEADER_BYTES or body_length > most_bytes:
        raise WireBroken
    try:
        header = orjson.loads(_exactly(sock, header_length, deadline))
    except orjson.JSONDecodeError as error:
        raise WireBroken from error
    if not isinstance(header, dict):
        raise WireBroken
    return header, bytes(_exactly(sock, body_length, deadline))


def _exactly(sock: socket.socket, length: int, deadline: float | None) -> bytearray:
    data = bytearray(length)
    view, filled = memoryview(data), 0
    while filled < length:
        try:
            sock.settimeout(_remaining(deadline))
            got = sock.recv_into(view[filled:])
        except TimeoutError:
            raise
        except OSError as error:
            raise WireBroken from error
        if got == 0:
            raise WireBroken
        filled += got
    return data


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
