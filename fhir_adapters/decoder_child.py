"""The guarded process in which DICOM files are parsed and decoded; started by decoder.py, ends with its socket.

python -I -m fhir_adapters.decoder_child LIMITS-AS-JSON CODECS-AS-JSON
"""

from __future__ import annotations

import codecs as text_codecs
import contextlib
import os
import socket
import sys
import warnings
from collections.abc import Collection
from dataclasses import asdict

# What is only needed later is imported before the walls go up: nobody, whom we become, may not be able to read the
# interpreter's own files.
import numpy.ma  # noqa: F401
import orjson
import PIL.ImageFile  # noqa: F401
from pydicom.charset import python_encoding

from fhir_adapters.decoder_guard import DecodeLimits, raise_walls
from fhir_adapters.decoder_wire import Refusal, WireBroken, receive, send
from fhir_adapters.dicom_frame import render
from fhir_adapters.dicom_header import MOST_FILE_BYTES, read_header
from fhir_adapters.errors import UnreadableImage
from fhir_adapters.pixel_codecs import Codec, load


def main() -> None:
    """Serve one socket, which is our standard input and output, until the other side closes it."""
    sock = _take_socket()
    warnings.simplefilter("ignore")  # pydicom's warnings quote header text
    for name in set(python_encoding.values()):
        with contextlib.suppress(LookupError):  # an alias that this Python lacks
            text_codecs.lookup(name)
    usable = load(map(Codec, orjson.loads(sys.argv[2])))
    try:
        walls = raise_walls(DecodeLimits(**orjson.loads(sys.argv[1])))
    except (OSError, ValueError):
        send(sock, {"walls": None})
        return
    send(sock, {"walls": walls})
    while True:
        try:
            request, dicom = receive(sock, most_bytes=MOST_FILE_BYTES)
            send(sock, *_answer(request, dicom, usable))
        except WireBroken:
            return
        del dicom


def _answer(request: dict[str, object], dicom: bytes, codecs: Collection[Codec]) -> tuple[dict[str, object], bytes]:
    try:
        if request.get("do") == "header":
            return {"header": asdict(read_header(dicom))}, b""
        frame = request.get("frame")
        picture, number, frames, window = render(dicom, frame if isinstance(frame, int) else None, codecs=codecs)
    except UnreadableImage as error:
        return {"refused": str(error)}, b""
    except MemoryError:
        return {"refused": Refusal.MEMORY}, b""
    except Exception:  # noqa: BLE001 - the root of a process: whatever a codec raises is an answer, not an end
        return {"refused": Refusal.DAMAGED}, b""
    return {"side": picture.shape[0], "frame": number, "frames": frames, "window": window}, picture.tobytes()


def _take_socket() -> socket.socket:
    """Our socket off the standard streams, so that nothing a library prints can reach the other side."""
    sock = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.close(nothing)
    return sock


if __name__ == "__main__":
    main()
