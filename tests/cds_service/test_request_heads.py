"""A head has an end, in bytes and in seconds, whoever sends it (T11)."""

import socket
import time

import httpx2
import pytest
from loopback import free_port, serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cds_service import request_heads

PIECE = b"a" * 10_000


async def count(request: Request) -> Response:
    return Response(str(len(await request.body())))


@pytest.fixture
def address():
    with serving(Starlette(routes=[Route("/{path:path}", count, methods=["GET", "POST"])]), free_port()) as address:
        yield address


def connect(address):
    host, _, port = address.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=20)


ENDLESS = {
    "a header": (b"GET / HTTP/1.1\r\nHost: x\r\nX: ", PIECE),
    "headers": (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X: a\r\n" * 2_000),
    "an address": (b"GET /", PIECE),
    "trailers": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 2_000),
    "a trailer": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", PIECE),
    "a chunk's extension": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;", PIECE),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_t11_a_head_without_an_end_is_cut_off_and_hinders_nobody_else(address, name):
    begin, piece = ENDLESS[name]
    with connect(address) as caller:
        caller.sendall(begin)
        with pytest.raises(OSError, match=r"reset|pipe|abort"):
            caller.sendall(piece * 1_000)  # ten megabytes, far beyond what a socket holds for whoever does not read
        assert httpx2.post(address, content=b"x" * 300_000).text == "300000"


def test_t11_a_head_of_eight_kilobytes_and_a_large_body_are_taken(address):
    with httpx2.Client() as http:
        for _ in range(2):  # on one connection
            answer = http.post(address, headers={"Authorization": f"Bearer {'a' * 8_192}"}, content=b"x" * 1_000_000)
            assert answer.text == "1000000"


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\nHost: x\r\nX: "])
def test_t11_a_head_that_does_not_come_is_given_up(address, monkeypatch, begun):
    monkeypatch.setattr(request_heads, "WITHIN_S", 0.2)
    with connect(address) as caller:
        caller.sendall(begun)
        assert caller.recv(100) == b""


def test_t11_once_the_head_is_here_a_slow_body_is_the_applications_to_judge(address, monkeypatch):
    monkeypatch.setattr(request_heads, "WITHIN_S", 0.1)
    with connect(address) as caller:
        caller.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
        time.sleep(0.3)
        caller.sendall(b"ab")
        assert caller.makefile("rb").read().endswith(b"\r\n\r\n2")
