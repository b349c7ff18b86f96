"""A FHIR server on loopback for conformance tests: a few resources, a book of who asked for what, and a barrier."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hook_desk import allergy, bundle, condition, observation, patient


@dataclass
class Asked:
    """One request as it arrived."""

    path: str
    query: dict[str, list[str]]
    authorization: str


@dataclass
class FhirDesk:
    """What the server has of any patient, and what it was asked."""

    base: str = ""
    asked: list[Asked] = field(default_factory=list)
    without: set[str] = field(default_factory=set)  # patients of whom nothing is here
    refused: set[str] = field(default_factory=set)  # patients whose record the token may not see
    gates: dict[str, Gate] = field(default_factory=dict)  # by patient id
    held: dict[str, threading.Event] = field(default_factory=dict)  # patients whose requests wait for it

    def of(self, patient_id: str) -> list[Asked]:
        """What was asked about one patient."""
        return [one for one in self.asked if patient_id in one.path or patient_id in str(one.query)]

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and body."""
        self.asked.append(asked)
        kind, _, named = asked.path.partition("/")
        patient_id = asked.query.get("patient", [named])[0]
        if (gate := self.gates.get(patient_id)) is not None:
            gate.pass_through()
        if (held := self.held.get(patient_id)) is not None:
            held.wait(30)
        if patient_id in self.refused:
            return 403, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "forbidden"}]}
        if patient_id in self.without:
            return 404, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}
        if named:
            return 200, patient(named)
        if "page" in asked.query:
            return 200, bundle(condition(patient_id, number=2, text="Gout"))
        return 200, bundle(*_MADE.get(kind, lambda _: [])(patient_id))


_MADE: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "Condition": lambda patient_id: [condition(patient_id)],
    "AllergyIntolerance": lambda patient_id: [allergy(patient_id)],
    "Observation": lambda patient_id: [observation(patient_id)],
}


class Gate:
    """Holds requests back until `expected` of them are here at once; read one after the other, none ever passes."""

    def __init__(self, expected: int) -> None:
        self._barrier = threading.Barrier(expected)
        self.met = False

    def pass_through(self) -> None:
        """Wait for the others; once they have met, everybody passes."""
        if self.met:
            return
        try:
            self._barrier.wait(timeout=15)
            self.met = True
        except threading.BrokenBarrierError:
            return  # alone: `met` says so


@contextmanager
def fhir_desk() -> Iterator[FhirDesk]:
    """The server, on a port of its own."""
    desk = FhirDesk()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            path = url.path.removeprefix("/fhir/")
            asked = Asked(path, parse_qs(url.query), self.headers.get("authorization", ""))
            status, body = desk.answer(asked)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/fhir+json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: object) -> None:
            """A caller that hung up is no fault of a test."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    desk.base = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    try:
        yield desk
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
