"""`python -m chartside_sandbox`: the sample EHR alone, signing with the key that it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from ehr_stand import CdsStub
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from loopback import free_port, serving
from signed_stand import KIDNEY, USER
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from chartside_sandbox.__main__ import signing_ehr

KEYS = {
    "ES384": ECKey.generate_key("P-384", {"kid": "k1"}, private=True),
    "RS384": RSAKey.generate_key(2048, {"kid": "k1"}, private=True),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_with_a_key_every_call_is_signed_by_the_algorithm_that_fits_it_c7(tmp_path: Path, algorithm: str) -> None:
    seen: list[str] = []

    class Noting(CdsStub):
        async def _discover(self, request: Request):
            seen.append(request.headers["authorization"].removeprefix("Bearer "))
            return await super()._discover(request)

    file = tmp_path / "key.json"
    file.write_text(json.dumps(KEYS[algorithm].as_dict(private=True)))
    with free_port() as bound, serving(Starlette(routes=Noting().routes()), bound) as service:
        ehr = signing_ehr(service, file, issuer="https://ehr.test", jku="", address="http://testserver/sandbox")
        body = {"behaviour": "reference", "chart": "chart-one", "values": {"userId": USER, "patientId": KIDNEY}}
        told = TestClient(ehr).post("/cds/hooks/patient-view", json=body).json()
    assert told["failures"] == []
    (token,) = seen
    opened = jwt.decode(token, KEYS[algorithm], algorithms=[algorithm])
    assert (opened.header["alg"], opened.claims["aud"]) == (algorithm, f"{service}/cds-services")


@pytest.mark.parametrize(
    ("key", "issuer"),
    [
        (KEYS["ES384"].as_dict(private=False), "https://ehr.test"),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "k1"}, "https://ehr.test"),
        ([], "https://ehr.test"),
        (KEYS["ES384"].as_dict(private=True), ""),
    ],
    ids=["public", "symmetric", "no-jwk", "no-issuer"],
)
def test_a_key_that_cannot_sign_or_a_missing_issuer_stops_the_start(tmp_path: Path, key: object, issuer: str) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))
    with pytest.raises(typer.BadParameter):
        signing_ehr("http://127.0.0.1:1", file, issuer=issuer, jku="", address="")
