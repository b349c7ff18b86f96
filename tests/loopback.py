"""An application that listens on a loopback port of its own, in a thread of this process, as `chartside serve` does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from cds_service.request_heads import LimitedHeads

_STARTS_WITHIN_S = 30


class _Server(uvicorn.Server):
    """A server that says when it has started, or has given up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()


def free_port() -> socket.socket:
    """A socket that has a port already: its address is known before the application that needs it is made."""
    return socket.create_server(("127.0.0.1", 0))


def address_of(bound: socket.socket) -> str:
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def serving(app: ASGIApp, bound: socket.socket, *, waits_for_calls: bool = True) -> Iterator[str]:
    """The address of the application behind this socket. At its end calls under way are waited for, or dropped."""
    options = {"http": LimitedHeads, "log_config": None, "access_log": False}
    server = _Server(uvicorn.Config(app, server_header=False, proxy_headers=False, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    try:
        assert server.settled.wait(_STARTS_WITHIN_S)
        assert server.started, "the application did not start"
        yield address_of(bound)
    finally:
        server.should_exit, server.force_exit = True, not waits_for_calls
        thread.join()
