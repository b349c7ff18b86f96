"""The service as its own composition root makes it, listening on loopback, with an EHR that signs its calls."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import orjson
from hook_desk import EC_KEY, ISSUER, PUBLIC, Desk, hook_body, patient
from loopback import free_port, serving
from sqlalchemy import select

from cds_service.app import create_app
from cds_service.main import build_parts, open_ledger
from cds_service.settings import read_settings
from ledger import schema
from ledger.chain import read_entry
from ledger.keys import create_key_file
from ledger.verify import verify

PATIENCE_S = 30.0


@dataclass
class Service(Desk):
    """A desk whose service listens at `address`."""

    address: str = ""

    def hook_of(self, base: str, *, patient_sent: bool = True, **changes: Any) -> Any:
        """A patient-view whose chart, but for the Patient, is to be read from this base."""
        sent = {"patient": patient()} if patient_sent else {}
        server = {"fhirServer": base, "fhirAuthorization": AUTHORIZATION}
        return self.hook(hook_body(prefetch=sent, **(server | changes)))

    def entries(self, kind: str) -> list[Mapping[str, Any]]:
        """The details of every entry of this kind, in chain order."""
        entries = schema.audit_entry
        rows = self.store.rows(select(entries).where(entries.c.kind == kind).order_by(entries.c.sequence))
        return [read_entry(row, self.store.cipher).detail for row in rows]

    def metric(self, line: str) -> float:
        """The figure of one line of /metrics; 0 where it is not there."""
        text = httpx2.get(f"{self.address}/metrics", trust_env=False).text
        found = [one for one in text.splitlines() if one.startswith(f"{line} ")]
        return float(found[0].rpartition(" ")[2]) if found else 0.0

    def seconds_within(self, most: str, outcome: str) -> float:
        """How many answers of chart-summary the service itself counts within so many seconds."""
        return self.metric(f'chartside_hook_seconds_bucket{{le="{most}",outcome="{outcome}",service="chart-summary"}}')


AUTHORIZATION = {
    "access_token": "canary-access-token", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read",
    "subject": "cds-service",
}  # fmt: skip


@contextmanager
def whole_service(folder: Path, *bases: str, url: str = "", **changes: Any) -> Iterator[Service]:
    """A running service; its chain verifies at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    create_key_file(folder / "keys" / "ledger.json")
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps({"keys": [EC_KEY.as_dict(private=False)]}))
    clients = [
        {
            "id": "ehr", "issuer": ISSUER, "jwks_file": jwks,
            "fhir_bases": [{"url": base} for base in bases or ("https://ehr.test/fhir",)],
        }
    ]  # fmt: skip
    ledger = {
        "url": url or f"sqlite:///{folder}/data/ledger.db", "data_dir": folder / "data",
        "key_file": folder / "keys" / "ledger.json", "checkpoint": folder / "checkpoint.log",
    }  # fmt: skip
    plain = {"profile": "text-only", "public_base_url": PUBLIC, "clients": clients, "ledger": ledger} | changes
    settings = read_settings("test", **plain)
    store = open_ledger(settings)
    parts = build_parts(settings, store)
    with free_port() as bound, serving(create_app(parts), bound) as address:
        with httpx2.Client(base_url=address, timeout=60, trust_env=False) as http:
            yield Service(parts=parts, store=store, http=http, clock=lambda: datetime.now(UTC), address=address)
        assert verify(store).ok


def wait_for(claim: Any) -> None:
    """Wait until it holds."""
    latest = time.monotonic() + PATIENCE_S
    while not claim():
        assert time.monotonic() < latest, "it did not come about"
        time.sleep(0.02)


def is_outcome(answer: Any, code: str) -> bool:
    """Whether the answer is an OperationOutcome with this issue code."""
    plain = orjson.loads(answer.content)
    return plain["resourceType"] == "OperationOutcome" and [one["code"] for one in plain["issue"]] == [code]
