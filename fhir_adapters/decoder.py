"""Decodes DICOM files in guarded subprocesses: whatever a file does to a decoder, this process goes on (T9).

with GuardedDecoder() as decoder:
    decoder.inspect(dicom).patient_id
    decoder.decode(dicom).png
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Self

import numpy as np
import orjson

from fhir_adapters.decoder_guard import DecodeLimits
from fhir_adapters.decoder_wire import Refusal, WireBroken, receive, send
from fhir_adapters.errors import GuardMissing, UnreadableImage
from fhir_adapters.imaging import DecodedImage, ImageHeader
from fhir_adapters.pixel_codecs import Codec
from fhir_adapters.pixels import SIDE, png

_MOST_ANSWER_BYTES = SIDE * SIDE * 3
_MOST_TEXT = 256


class GuardedDecoder:
    """A pool of warm, guarded subprocesses. Any number of threads may use it; each file has one process for itself.

    Open it in the process that uses it, a Celery prefork child included (the children are plain subprocesses, not
    multiprocessing's); a fork of an open decoder does not work and says so. Memory while decoding is bounded by
    `limits.memory_bytes` per child. Of `codecs`, those that are installed are used; a file that needs another one is
    refused with NO_DECODER.
    """

    def __init__(
        self, *, children: int = 1, limits: DecodeLimits | None = None, codecs: Iterable[Codec] = tuple(Codec)
    ) -> None:
        self._limits = limits or DecodeLimits()
        self._codecs = tuple(codecs)
        self._slots: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._children = children
        self._opened_by: int | None = None  # process id
        self._lock = threading.Lock()
        self._replaced = 0
        self._isolation: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        """Start the children. Raises GuardMissing where the walls cannot be put up."""
        self._opened_by = os.getpid()
        for _ in range(self._children):
            self._slots.put(self._start())
        return self

    def __exit__(self, *error: object) -> None:
        """End the children; a decode in another thread ends with its own time-out."""
        self._opened_by = None
        for _ in range(self._children):
            child = self._slots.get(timeout=self._limits.timeout_s + self._limits.start_s)
            if child is not None:
                child.end()

    @property
    def isolation(self) -> tuple[str, ...]:
        """The walls that hold around the children: always memory, cpu time, open files and no file written.

        "no network", "not root", "no new privileges" and "no new process" are there only where the kernel allowed
        them. File system reads and system calls as such are not walled off.
        """
        return self._isolation

    @property
    def replaced(self) -> int:
        """How many children misbehaved (time-out, crash, nonsense) and were killed and replaced since the start."""
        return self._replaced

    def inspect(self, dicom: bytes) -> ImageHeader:
        """What the header says, read in a guarded child. Raises UnreadableImage, GuardMissing."""
        answer, _ = self._ask({"do": "header"}, dicom)
        return _read_header_answer(answer)

    def decode(self, dicom: bytes, *, frame: int | None = None) -> DecodedImage:
        """One frame (from 1; else the only or the middle one), square. Raises UnreadableImage, GuardMissing.

        The caller has compared `inspect`'s patient with the context's: decoding does not.
        """
        answer, pixels = self._ask({"do": "picture", "frame": frame}, dicom)
        return _read_picture_answer(answer, pixels)

    def _ask(self, request: dict[str, object], dicom: bytes) -> tuple[dict[str, object], bytes]:
        if self._opened_by != os.getpid():
            raise GuardMissing("The decoder is not open in this process.")
        deadline = time.monotonic() + self._limits.timeout_s
        try:
            child = self._slots.get(timeout=self._limits.timeout_s)
        except queue.Empty:
            raise UnreadableImage(Refusal.BUSY, outcome="timed out") from None
        done: _Child | None = None
        try:
            if child is None or not child.is_fit(self._limits.uses):
                child, deadline = self._renewed(child), time.monotonic() + self._limits.timeout_s
            answer = child.ask(request, dicom, deadline)
            done = child
        except (TimeoutError, WireBroken) as error:
            with self._lock:
                self._replaced += 1
            late = isinstance(error, TimeoutError)
            raise UnreadableImage(Refusal.TIME if late else Refusal.CRASHED) from None
        finally:
            # Only a finished exchange leaves a child for the next file: after any other end, a signal's exception
            # included, the answer still under way would be taken for the next patient's (T24).
            if done is None and child is not None:
                child.end()
            self._slots.put(done)
        if "refused" in answer[0]:
            raise _refusal(answer[0]["refused"])
        return answer

    def _renewed(self, child: _Child | None) -> _Child:
        if child is not None:
            child.end()
        return self._start()

    def _start(self) -> _Child:
        child = _Child(self._limits, self._codecs)
        self._isolation = child.walls
        return child


class _Child:
    """One guarded subprocess and our end of its socket."""

    def __init__(self, limits: DecodeLimits, codecs: tuple[Codec, ...]) -> None:
        self._sock, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _start_process(limits, codecs, theirs)
        except OSError as error:
            self._sock.close()
            raise GuardMissing("A decoding process cannot be started, so images are not used.") from error
        self.uses = 0
        try:
            hello, _ = receive(self._sock, most_bytes=0, deadline=time.monotonic() + limits.start_s)
        except (TimeoutError, WireBroken):
            hello = {}
        walls = hello.get("walls")
        if not isinstance(walls, list):
            self.end()
            raise GuardMissing("A guarded decoding process cannot be set up on this machine, so images are not used.")
        self.walls = tuple(str(wall) for wall in walls)

    def is_fit(self, uses: int) -> bool:
        """Whether it lives and has not served its number of files."""
        return self._process.poll() is None and self.uses < uses

    def ask(self, request: dict[str, object], dicom: bytes, deadline: float) -> tuple[dict[str, object], bytes]:
        """One question, one answer. Raises TimeoutError, WireBroken; the child is of no more use then."""
        self.uses += 1
        send(self._sock, request, dicom, deadline=deadline)
        return receive(self._sock, most_bytes=_MOST_ANSWER_BYTES, deadline=deadline)

    def end(self) -> None:
        """Kill it with whatever it may have started, reap it, close the socket. May be called twice."""
        self._sock.close()
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its own session, so its own group
        self._process.wait()


def _start_process(limits: DecodeLimits, codecs: tuple[Codec, ...], theirs: socket.socket) -> subprocess.Popen[bytes]:
    arguments = (orjson.dumps(asdict(limits)).decode(), orjson.dumps(codecs).decode())
    return subprocess.Popen(  # noqa: S603 - our own module, no shell, nothing from outside
        [sys.executable, "-I", "-B", "-m", "fhir_adapters.decoder_child", *arguments],
        stdin=theirs.fileno(),
        stdout=theirs.fileno(),
        stderr=subprocess.DEVNULL,  # codecs print what they find
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # and no secret of ours
        cwd="/",
        start_new_session=True,
    )


def _refusal(reason: object) -> UnreadableImage:
    known = isinstance(reason, str) and reason in set(Refusal)
    return UnreadableImage(Refusal(str(reason)) if known else Refusal.CRASHED)


def _read_header_answer(answer: dict[str, object]) -> ImageHeader:
    """The child's header, checked as the answer of a process that may have been taken over."""
    header = answer.get("header")
    kinds = {"frames": int, "burned_in": bool, "is_image": bool}
    names = {field.name for field in fields(ImageHeader)}
    if not isinstance(header, dict) or set(header) != names:
        raise UnreadableImage(Refusal.CRASHED)
    for name, value in header.items():
        if type(value) is not kinds.get(name, str) or (isinstance(value, str) and len(value) > _MOST_TEXT):
            raise UnreadableImage(Refusal.CRASHED)
    return ImageHeader(**header)


def _read_picture_answer(answer: dict[str, object], pixels: bytes) -> DecodedImage:
    """The child's picture: raw bytes of a checked length, turned into a PNG here, so that no file of the child's is."""
    side, frame, frames, window = (answer.get(name) for name in ("side", "frame", "frames", "window"))
    if not (type(side) is int and type(frame) is int and type(frames) is int and isinstance(window, str)):
        raise UnreadableImage(Refusal.CRASHED)
    if not 1 <= side <= SIDE or len(pixels) != side * side * 3 or len(window) > _MOST_TEXT:
        raise UnreadableImage(Refusal.CRASHED)
    picture = np.frombuffer(pixels, dtype=np.uint8).reshape(side, side, 3)
    return DecodedImage(frame=frame, frames=frames, window=window, png=png(picture))
