"""A service over real parts for tests: a real ledger in a folder, real keys, an EHR that signs its calls."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.clients import CdsClient, FhirBase
from cds_service.jwks import read_key_set
from cds_service.parts import EngineInfo, Pace, Parts
from cds_service.trust import Trust
from fhir_adapters.addresses import read_base
from hooks.discovery import find_services
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.events import record
from ledger.jobs import Jobs
from ledger.keys import create_key_file
from ledger.migrate import migrate
from ledger.nonces import Nonces
from ledger.records import Event, Issuance, Nonce
from ledger.schema import audit_entry
from ledger.store import LedgerStore, open_store

PUBLIC = "https://cds.test"
BASE = "https://ehr.test/fhir"
ISSUER = "https://ehr.test"
START = datetime.now(UTC)  # the ledger judges leases and usefulness by its own, real clock
USER = "Practitioner/u1"
EC_KEY = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
RSA_KEY = RSAKey.generate_key(2048, {"kid": "k2"}, private=True)
ENGINE = EngineInfo(name="medgemma", revision="3f9c", profile="text-only")


@dataclass
class Clock:
    """A clock that tests move."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Desk:
    """One running service and an EHR beside it."""

    parts: Parts
    store: LedgerStore
    http: TestClient
    clock: Clock
    written: list[Event] = field(default_factory=list)  # every event handed to the ledger
    jti: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def token(self, path: str, *, key: Any = EC_KEY, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(self.clock().timestamp())
        head = {"alg": "ES384", "typ": "JWT", "kid": "k1"} | (header or {})
        body = {"iss": ISSUER, "aud": PUBLIC + path, "iat": now, "exp": now + 300, "jti": f"j{next(self.jti)}"} | claims
        body = {name: value for name, value in body.items() if value is not None}
        head = {name: value for name, value in head.items() if value is not None}
        return jws.serialize_compact(head, json.dumps(body).encode(), key, algorithms=[head["alg"]])

    def post(self, path: str, body: Any = None, *, content: bytes | None = None, **headers: str) -> Any:
        auth = {"Authorization": f"Bearer {self.token(path)}"}
        if content is None:
            return self.http.post(path, json=body, headers=auth | headers)
        return self.http.post(path, content=content, headers=auth | {"content-type": "application/json"} | headers)

    def get(self, path: str) -> Any:
        return self.http.get(path, headers={"Authorization": f"Bearer {self.token(path)}"})

    def hook(self, body: dict[str, Any] | None = None, *, service: str = "chart-summary") -> Any:
        return self.post(f"/cds-services/{service}", hook_body() if body is None else body)

    def card(self, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.hook(body)
        assert answer.status_code == 200, answer.text
        (card,) = answer.json()["cards"]
        return card

    def feedback(self, *items: dict[str, Any]) -> Any:
        return self.post("/cds-services/chart-summary/feedback", {"feedback": list(items)})

    def kinds(self) -> list[str]:
        """The kinds of every audit entry, in chain order."""
        rows = self.store.rows(select(audit_entry.c.kind).order_by(audit_entry.c.sequence))
        return [row["kind"] for row in rows]

    def event(self, kind: str) -> Event:
        """The newest event of this kind that was written."""
        return [one for one in self.written if one.kind == kind][-1]


def hook_body(patient_id: str = "p1", **changes: Any) -> dict[str, Any]:
    body = {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": USER, "patientId": patient_id, "encounterId": "enc1"},
        "prefetch": prefetch(patient_id),
    } | changes
    return {name: value for name, value in body.items() if value is not ...}


def patient(patient_id: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": patient_id,
        "gender": "female",
        "birthDate": "1951-03-12",
        "name": [{"family": "Canaryfamily", "given": ["Canarygiven"]}],
    }


def condition(patient_id: str = "p1", number: int = 1, text: str = "Type 2 diabetes") -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "subject": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "code": {"text": text},
        "recordedDate": "2021-05-03",
    }


def allergy(patient_id: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": {"reference": f"Patient/{patient_id}"},
        "clinicalStatus": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
            ]
        },
        "code": {"text": "Penicillin"},
        "criticality": "high",
        "reaction": [{"manifestation": [{"text": "Anaphylaxis"}]}],
    }


def observation(patient_id: str = "p1", number: int = 1, value: float = 31) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": f"2026-10-{number % 28 + 1:02d}",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]}
        ],
        "code": {"text": "eGFR", "coding": [{"system": "http://loinc.org", "code": "62238-1", "display": "eGFR"}]},
        "valueQuantity": {"value": value, "unit": "mL/min/1.73 m2"},
    }


def bundle(*resources: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "entry": [{"resource": one} for one in resources],
    } | members


def prefetch(patient_id: str = "p1", **changes: Any) -> dict[str, Any]:
    empty = (
        "medicationRequests",
        "medicationStatements",
        "diagnosticReports",
        "procedures",
        "immunizations",
        "encounters",
        "carePlans",
        "documents",
        "imagingStudies",
    )
    whole = {
        "patient": patient(patient_id),
        "conditions": bundle(condition(patient_id)),
        "allergies": bundle(allergy(patient_id)),
        "observations": bundle(observation(patient_id)),
        **{key: bundle() for key in empty},
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def ehr(folder: Path, **changes: Any) -> CdsClient:
    file = folder / "jwks.json"
    file.write_text(json.dumps({"keys": [EC_KEY.as_dict(private=False), RSA_KEY.as_dict(private=False)]}))
    client = CdsClient(
        id="ehr",
        issuer=ISSUER,
        keys=read_key_set(file.read_bytes(), place="the EHR's keys"),
        algorithms=("ES384", "RS384"),
        jku="https://ehr.test/jwks.json",
        fhir_bases=(FhirBase(base=read_base(BASE)),),
    )
    return replace(client, **changes)


class WatchedCards(Cards):
    """The ledger's own cards, which remember what events they were given."""

    def __init__(self, store: LedgerStore, written: list[Event]) -> None:
        super().__init__(store)
        self.written = written

    def issue(self, issuance: Issuance, *, timeout_s: float, **options: Any) -> Any:
        result = super().issue(issuance, timeout_s=timeout_s, **options)
        self.written.extend(issuance.events)
        return result


def open_desk(folder: Path, *, clients: tuple[CdsClient, ...] = (), url: str = "", **changes: Any) -> Desk:
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    keys = create_key_file(folder / "keys" / "ledger.json")
    url = url or f"sqlite:///{data / 'ledger.db'}"
    migrate(url)
    store = open_store(url, keys=keys, checkpoint=folder / "checkpoint.log", busy_timeout_s=5)
    clock, written = Clock(), []

    def keep(events: Any, *, timeout_s: float | None = None, nonce: Nonce | None = None) -> None:
        record(store, events, timeout_s=timeout_s, nonce=nonce)
        written.extend(events)

    cards = WatchedCards(store, written)
    parts = Parts(
        services=find_services(),
        trust=Trust(clients or (ehr(folder),), public_base_url=PUBLIC),
        cards=cards,
        issued=cards,
        answers=Answers(store),
        nonces=Nonces(store),
        record=keep,
        check_ledger=partial(store.rows, select(audit_entry.c.sequence).limit(1)),
        open_server=lambda base, token: (_ for _ in ()).throw(AssertionError("no FHIR server in this test")),
        clock=clock,
        new_id=lambda: str(uuid.uuid4()),
        pace=Pace(cap_s=60),  # tests of the deadline set their own; no other hangs on how busy the machine is
    )
    parts = replace(parts, **changes)
    http = TestClient(create_app(parts), base_url=PUBLIC, raise_server_exceptions=False)
    return Desk(parts=parts, store=store, http=http, clock=clock, written=written)


def jobs(desk: Desk) -> Jobs:
    return Jobs(desk.store)
