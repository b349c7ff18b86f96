"""A FHIR server on loopback that fails as it is told to, by resource type: CH-11's faults as bytes on a socket."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from hook_desk import bundle, condition, patient

Fault = Callable[["FaultyFhir", socket.socket, str], None]


@dataclass
class FaultyFhir:
    """Answers Patient reads and searches lawfully, and whatever has a fault as the fault has it."""

    base: str = ""
    faults: dict[str, Fault] = field(default_factory=dict)  # by resource type; "*" for every other
    asked: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: socket.socket) -> None:
        """One request, one answer, one connection."""
        with connection, suppress(OSError):
            request = connection.recv(65_536).decode("latin-1")
            if not request:
                return  # given up before it was asked
            target = request.split(" ")[1].partition("/fhir/")[2]
            self.asked.append(target)
            kind = target.partition("?")[0].partition("/")[0]
            (self.faults.get(kind) or self.faults.get("*") or lawful)(self, connection, target)


def send(connection: socket.socket, body: Any, *, status: str = "200 OK", **headers: str) -> None:
    """A whole answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/fhir+json", "Content-Length": str(len(content)), "Connection": "close"}
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in (lines | names).items())
    connection.sendall(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content)


def lawful(_server: FaultyFhir, connection: socket.socket, target: str) -> None:
    if target.startswith("Patient/"):
        return send(connection, patient(target.partition("/")[2]))
    is_condition = target.startswith("Condition")
    return send(connection, bundle(*([condition()] if is_condition else [])))


def hanging(server: FaultyFhir, _connection: socket.socket, _target: str) -> None:
    """Accepts, and never answers."""
    server.ended.wait(60)


def dripping(server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """A byte now and then: each is progress, and none is an answer."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n")
    while not server.ended.wait(0.1):
        connection.sendall(b" ")


def status(code: str, **headers: str) -> Fault:
    """Says that it cannot."""
    return lambda _server, connection, _target: send(connection, {}, status=code, **headers)


def half_a_page(_server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """The connection is cut in the middle of the body."""
    whole = json.dumps(bundle(condition())).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {len(whole)}\r\n\r\n"
    connection.sendall(head.encode() + whole[: len(whole) // 2])


def page_loop(server: FaultyFhir, connection: socket.socket, target: str) -> None:
    """Its next page is this page."""
    link = [{"relation": "next", "url": f"{server.base}/{target}"}]
    send(connection, bundle(condition(), link=link))


def endless_pages(server: FaultyFhir, connection: socket.socket, target: str) -> None:
    """There is always one more."""
    number = len(server.asked)
    link = [{"relation": "next", "url": f"{server.base}/{target.partition('?')[0]}?page={number}"}]
    send(connection, bundle(condition(number=number), link=link))


def page_elsewhere(_server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """Its next page is on another host."""
    send(connection, bundle(condition(), link=[{"relation": "next", "url": "http://127.0.0.1:1/fhir/Condition"}]))


def wrong_total(_server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """It counts fifty and sends one."""
    send(connection, bundle(condition(), total=50))


def redirecting(_server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """Points elsewhere, where the token must not go."""
    send(connection, b"", status="302 Found", Location="http://127.0.0.1:1/fhir/Condition")


def huge_page(_server: FaultyFhir, connection: socket.socket, _target: str) -> None:
    """More than is taken of one answer."""
    whole = json.dumps(bundle(condition())).encode()
    send(connection, whole + b" " * 6_000_000)


@contextmanager
def faulty_fhir() -> Iterator[FaultyFhir]:
    """The server, on a port of its own, a thread for each connection."""
    server = FaultyFhir()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server.base = f"http://127.0.0.1:{listener.getsockname()[1]}/fhir"
        thread = threading.Thread(target=_accept, args=(server, listener), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _accept(server: FaultyFhir, listener: socket.socket) -> None:
    with suppress(OSError):
        while not server.ended.is_set():
            connection, _ = listener.accept()
            threading.Thread(target=server.serve, args=(connection,), daemon=True).start()
