"""A whole journey with marked tokens: an access token and a client's JWTs are found nowhere afterwards (T6, S38)."""

import base64
import json
import time
import uuid
from dataclasses import dataclass, field, replace

import pytest
from fhir_stub import fhir_server
from house import hook_body
from joserfc import jws
from joserfc.jwk import ECKey
from sqlalchemy import select
from starlette.testclient import TestClient
from test_job_journey import queue_content

from cds_service.app import create_app
from cds_service.client_settings import ClientSettings
from cds_service.main import build_parts
from cds_service.parts import EngineInfo
from ledger.cards import Cards
from ledger.errors import LedgerBusy
from ledger.export import export
from ledger.schema import metadata

KEY = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
ISSUER, PATH = "https://ehr.test", "/cds-services/chart-summary"
ACCESS, CLAIM = "canary-access-token-4711", "canary-claim-4712"


class Away(Cards):
    """A book of cards whose database is away."""

    def issue(self, *_args, **_named):
        raise LedgerBusy("the database is away")


@dataclass
class Ehr:
    """An EHR that signs its calls, and remembers what it has sent and was answered."""

    http: TestClient
    broken: TestClient  # the same service, whose database is away
    public: str
    base: str
    sent: list
    tokens: list = field(default_factory=list)
    answers: list = field(default_factory=list)

    def sign(self, path):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": self.public + path, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        content = json.dumps(claims | {"x": CLAIM})
        self.tokens.append(
            jws.serialize_compact({"alg": "ES384", "typ": "JWT", "kid": "k1"}, content, KEY, algorithms=["ES384"])
        )
        return self.tokens[-1]

    def post(self, body, *, path=PATH, token="", http=None):
        headers = {"Authorization": f"Bearer {token or self.sign(path)}"}
        answer = (http or self.http).post(path, json=body, headers=headers)
        self.answers.append(f"{answer.headers} {answer.text}")
        return answer

    def body(self, patient_id="p1", **changes):
        """A call whose conditions have to be read with the access token."""
        token = {"access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "y"}
        body = hook_body(patient_id, fhirServer=self.base, fhirAuthorization=token)
        del body["prefetch"]["conditions"]
        return body | changes


def told_by_the_fhir_server(_base, path):
    """A server that repeats what it was sent, as some do."""
    if "p2" in path:
        return 403, {"X-Echo": ACCESS}, {"resourceType": "OperationOutcome", "issue": [{"diagnostics": ACCESS}]}
    return 200, {}, {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []}


@pytest.fixture
def ehr(house, tmp_path):
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [KEY.as_dict(private=False)]}))
    with fhir_server(told_by_the_fhir_server) as (base, _asked, sent):
        client = ClientSettings(id="ehr", issuer=ISSUER, jwks_file=tmp_path / "jwks.json", fhir_bases=[{"url": base}])
        settings = house.settings.model_copy(update={"clients": (client,)})
        engine = EngineInfo(name="scripted", revision="1", profile="text-only")
        parts = replace(build_parts(settings, house.store), engine=engine, starts=())
        broken = TestClient(create_app(replace(parts, cards=Away(house.store))))
        with TestClient(create_app(parts)) as http:
            yield Ehr(http, broken, settings.public_base_url, base, sent)


def everything_kept(house):
    """All that the house keeps, as it lies there and opened with the ledger's own keys."""
    files = [path.read_bytes().decode(errors="replace") for path in house.folder.rglob("*") if path.is_file()]
    rows = [str(house.store.rows(select(table))) for table in metadata.sorted_tables]
    opened = [line.decode(errors="replace") for line in export(house.store)]
    return "\n".join([*files, *rows, *opened, queue_content(house)])


def test_t6_s38_no_token_is_found_in_logs_database_broker_answers_or_metrics(house, ehr, capfd):
    worker = house.start_worker("slow_engines:Quick")
    card = ehr.post(ehr.body()).json()["cards"][0]
    (job,) = house.wait_ended(jobs=1)
    assert ehr.post(ehr.body()).json()["cards"][0]["summary"].startswith("AI summary")
    given = {"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-24T10:00:00Z"}
    statuses = [
        ehr.post({"feedback": [given]}, path=f"{PATH}/feedback").status_code,
        ehr.post(ehr.body(context={})).status_code,
        ehr.post(ehr.body(), token=ehr.tokens[0]).status_code,
        ehr.post(ehr.body(), token=ehr.tokens[0][:-2]).status_code,
        ehr.post(ehr.body(fhirServer="https://evil.test/fhir")).status_code,
        ehr.post(ehr.body("p2", prefetch={})).status_code,
        ehr.post(ehr.body(), http=ehr.broken).status_code,
    ]
    metrics = ehr.http.get("/metrics").text

    assert job["state"] == "done"
    assert statuses == [200, 400, 401, 401, 403, 412, 503]
    assert f"Bearer {ACCESS}" in ehr.sent  # it was used, and for the FHIR server alone
    kept = everything_kept(house)
    assert card["uuid"] in kept  # what is searched holds what was issued
    out = capfd.readouterr()
    places = {
        "the house": kept, "the worker's log": worker.log.read_text(), "answers": "\n".join(ehr.answers),
        "metrics": metrics, "the service's log": out.out + out.err,
    }  # fmt: skip
    marks = {ACCESS, CLAIM, base64.b64encode(ACCESS.encode()).decode().rstrip("=")}
    marks |= {part for token in ehr.tokens for part in token.split(".")[1:]}
    assert [(place, mark) for place, text in places.items() for mark in marks if mark in text] == []
