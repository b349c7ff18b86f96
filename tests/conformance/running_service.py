"""The service as an EHR meets it: uvicorn on a loopback port, a real ledger, real keys, a FHIR server beside it.

Clients call it under an address that is not its public one, as behind a proxy: tokens name the public one (S35).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from fhir_desk import FhirDesk
from hook_desk import Desk, ehr, open_desk
from loopback import free_port, serving
from wire_rules import check_answer

from cds_service.app import create_app
from cds_service.clients import FhirBase
from cds_service.parts import Pace
from fhir_adapters.addresses import read_base
from fhir_adapters.fhir_http import HttpFhirServer


@contextmanager
def running_service(folder: Path, fhir: FhirDesk, **changes: Any) -> Iterator[Desk]:
    """A service that listens, whose `http` is a client of it over TCP that judges every answer by the wire's rules."""
    bases = (FhirBase(base=read_base(fhir.base)),)
    clients = (ehr(folder, fhir_bases=bases),)
    reader = httpx2.AsyncClient(follow_redirects=False, trust_env=False)

    async def close(opened: Any) -> None:
        opened.push_async_callback(reader.aclose)

    defaults = {
        "clients": clients,
        "open_server": lambda base, token: HttpFhirServer(base.url, client=reader, token=token),
        "starts": (close,),
        "pace": Pace(gather_s=20, cap_s=60),  # what is late is tested where lateness is the point
    }
    desk = open_desk(folder, **(defaults | changes))
    try:
        with free_port() as bound, serving(create_app(desk.parts), bound) as address, caller(address) as http:
            desk.http = http
            yield desk
    finally:
        desk.store.close()


@contextmanager
def caller(address: str) -> Iterator[httpx2.Client]:
    """An HTTP client that fails its test where any answer breaks a rule that holds for all of them."""

    def check(response: httpx2.Response) -> None:
        response.read()
        check_answer(response)

    with httpx2.Client(base_url=address, event_hooks={"response": [check]}, trust_env=False, timeout=60) as http:
        yield http
