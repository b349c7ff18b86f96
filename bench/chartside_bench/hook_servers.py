"""The two servers of ours that `bench hook` compares: a constant card on bare FastAPI, and Chartside's hot path.

Run as a module in a process of its own: python -m chartside_bench.hook_servers floor|chartside PORT [FOLDER]
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from cds_service.client_settings import ClientSettings, FhirBaseSettings
from cds_service.listening import listen, run
from cds_service.logs import configure_logs
from cds_service.main import build_parts, open_ledger
from cds_service.settings import BrokerSettings, EngineSettings, LedgerSettings, Settings
from chartside_bench.calls import FHIR_BASE, ISSUER, PATH
from chartside_bench.serving import Server, free_port, serving
from ledger.keys import create_key_file
from tasks.profile import Profile

FLOOR_MARK: Final = b"A constant card"
ORIGIN: Final = "http://127.0.0.1"  # as tokens name it; the port is not known when the first are signed
_CARD: Final = {
    "summary": FLOOR_MARK.decode(),
    "indicator": "info",
    "source": {"label": "Floor"},
    "uuid": str(uuid.UUID(int=1)),
}


def floor() -> ASGIApp:
    """Parse the body, answer a constant: nothing in Python and FastAPI answers a hook for less, as they come.

    "As they come" includes Python's garbage collector, a third of this floor's cost; Chartside settles its own heap
    (main.settle_heap), and so could the floor, which would then cost 0.19 ms where it costs 0.28.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(PATH)
    async def call(request: Request) -> Response:
        orjson.loads(await request.body())
        return Response(orjson.dumps({"cards": [_CARD]}), media_type="application/json")

    return app


def bench_settings(folder: Path, port: int) -> Settings:
    """What a site would set: one client with its keys (`jwks.json` in the folder), embedded parts, the ledger on."""
    key_file = folder / "keys" / "ledger.json"
    if not key_file.exists():
        create_key_file(key_file)
    client = ClientSettings(
        id="bench",
        issuer=ISSUER,
        jwks_file=folder / "jwks.json",
        fhir_bases=(FhirBaseSettings(url=FHIR_BASE),),
        rate_per_second=1_000_000,  # the service is measured, not the limit of one client
        burst=1_000_000,
    )
    return Settings(
        profile=Profile.TEXT_ONLY,
        port=port,
        public_base_url=ORIGIN,
        clients=(client,),
        ledger=LedgerSettings.model_validate(
            {
                "url": f"sqlite:///{folder}/data/ledger.db",
                "data_dir": folder / "data",
                "key_file": key_file,
                "checkpoint": folder / "checkpoint.log",
            }
        ),
        broker=BrokerSettings.model_validate({"url": "filesystem://", "folder": folder / "queue"}),
        engine=EngineSettings(kind="scripted", completions_dir=folder / "completions"),
    )


@contextmanager
def serving_ours(role: str, folder: Path) -> Iterator[Server]:
    """One of the two in a process of its own, until the block ends."""
    port = free_port()
    command = (sys.executable, "-m", "chartside_bench.hook_servers", role, str(port), str(folder))
    with serving(command, port=port) as server:
        yield server


def http_machinery() -> str:
    """What carries both servers: the event loop and the HTTP parser that uvicorn finds here."""
    config = uvicorn.Config(floor(), log_config=None)
    config.load()
    loop = config.get_loop_factory()
    module = getattr(loop, "__module__", "") or "asyncio"
    return f"{module.partition('.')[0]}, {config.http_protocol_class.__name__}"


def _chartside(folder: Path, port: int) -> None:
    """Serve as `chartside serve` does."""
    settings = bench_settings(folder, port)
    configure_logs()
    parts = build_parts(settings, open_ledger(settings))
    # The relay would wake the disk between requests of either server; no job is queued on the hot path.
    run(replace(parts, starts=()), settings)


def main(arguments: list[str]) -> None:
    """Serve one of the two until ended."""
    role, port, *rest = arguments
    if role == "floor":
        listen(floor(), host="127.0.0.1", port=int(port))
    else:
        _chartside(Path(rest[0]), int(port))


if __name__ == "__main__":
    main(sys.argv[1:])
