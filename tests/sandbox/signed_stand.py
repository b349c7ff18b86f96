"""The sample EHR before the service as `chartside serve` composes it: real ledger, tokens required, both over TCP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey
from loopback import address_of, free_port, serving
from starlette.applications import Starlette
from starlette.routing import Mount

from cds_service.app import create_app
from cds_service.client_settings import ClientSettings, FhirBaseSettings
from cds_service.main import build_parts, open_ledger
from cds_service.settings import DeadlineSettings, LedgerSettings, read_settings
from chartside_sandbox.client.signing import Signer
from chartside_sandbox.ehr import sample_ehr
from ledger.keys import create_key_file
from ledger.store import LedgerStore

# The public Sandbox names itself so; its private key is public, which is why this is a client for tests alone.
ISSUER = "https://sandbox.cds-hooks.org"
JKU = f"{ISSUER}/.well-known/jwks.json"
KIDNEY = "example-kidney"
USER = "Practitioner/demo-clinician-a"


@dataclass(frozen=True)
class SignedStand:
    service: str
    ehr: str  # the sample EHR's page
    signer: Signer
    http: httpx2.Client
    store: LedgerStore

    @property
    def origin(self) -> str:
        """Where the EHR's page comes from, as a browser says it."""
        return self.ehr.removesuffix("/sandbox")

    def fire(self, behaviour: str, hook: str = "patient-view", *, sending: str = "prefetch", **values: Any) -> Any:
        """What the EHR's page is told after a hook."""
        body = {
            "behaviour": behaviour,
            "chart": f"chart-{behaviour}",
            "sending": sending,
            "values": {"userId": USER, "patientId": KIDNEY, **values},
        }
        return self.posted(f"cds/hooks/{hook}", body)

    def answer(self, behaviour: str, **item: Any) -> Any:
        return self.posted("cds/answers", {"behaviour": behaviour, "chart": f"chart-{behaviour}", **item})

    def posted(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.http.post(f"{self.ehr}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def exchange(self, told: dict[str, Any], number: int = -1) -> dict[str, Any]:
        """One of the exchanges that the page was told of, with its bodies."""
        found: dict[str, Any] = self.http.get(f"{self.ehr}/cds/exchanges/{told['exchanges'][number]['id']}").json()
        return found


@contextmanager
def signed_stand(folder: Path) -> Iterator[SignedStand]:
    key = ECKey.generate_key("P-384", {"kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f"}, private=True)
    signer = Signer(issuer=ISSUER, key=key, algorithm="ES384", jku=JKU)
    jwks = folder / "sandbox.jwks.json"
    jwks.write_text(json.dumps(signer.public_keys()))
    keys = folder / "keys" / "ledger.json"
    create_key_file(keys)
    with ExitStack() as opened:
        ours, theirs = (opened.enter_context(free_port()) for _ in range(2))
        service, origin = (address_of(one) for one in (ours, theirs))
        settings = read_settings(
            profile="text-only",
            public_base_url=service,
            cors_origins=(origin,),
            ledger=LedgerSettings(
                url=f"sqlite:///{folder}/data/ledger.db",
                data_dir=folder / "data",
                key_file=keys,
                checkpoint=folder / "checkpoint.log",
            ),
            deadlines=DeadlineSettings(gather_s=5, cap_s=10),
            clients=(
                ClientSettings(
                    id="sandbox",
                    issuer=ISSUER,
                    jwks_file=jwks,
                    jku=JKU,
                    test_only=True,
                    fhir_bases=(FhirBaseSettings(url=f"{origin}/sandbox/fhir"),),
                ),
            ),
        )
        store = open_ledger(settings)
        ehr = sample_ehr(service=service, address=f"{origin}/sandbox", signer=signer)
        opened.enter_context(serving(create_app(build_parts(settings, store)), ours))
        opened.enter_context(serving(Starlette(routes=[Mount("/sandbox", ehr)]), theirs))
        http = opened.enter_context(httpx2.Client(trust_env=False, timeout=30))
        yield SignedStand(service, f"{origin}/sandbox", signer, http, store)
