"""Who is believed, over HTTP: the specification's own token, one audience per endpoint, and a bare 401 for all else."""

import base64
import hmac
import json
from datetime import UTC, datetime

import pytest
from hook_desk import EC_KEY, ISSUER, PUBLIC, RSA_KEY, ehr, hook_body
from joserfc.jwk import ECKey

from cds_service.errors import Unauthenticated
from cds_service.jwks import read_key_set
from cds_service.trust import Trust
from ledger.records import Nonce

PATH = "/cds-services/chart-summary"

# CDS Hooks 2.0, "Trusting CDS Clients": the public key, and the token that the example's private key has signed.
SAMPLE_KEYS = {
    "keys": [
        {
            "kty": "EC",
            "use": "sig",
            "crv": "P-384",
            "kid": "example-kid",
            "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
            "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
            "alg": "ES384",
        }
    ]
}
SAMPLE_TOKEN = (
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoci5leGFtcGxlLmNvbS9q"
    "d2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1z"
    "ZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJh"
    "NWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8R"
    "EXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
SAMPLE_TENANT = "2ddd6c3a-8e9a-44c6-a305-52111ad302a2"
SAMPLE_LIFE_S = 1_422_568_860 - 1_311_280_970  # three and a half years: no site would allow it
WITHIN_IT = datetime(2014, 1, 1, tzinfo=UTC)


def sample_trust(tmp_path, **named):
    client = ehr(
        tmp_path,
        issuer="https://fhir-ehr.example.com/",
        keys=read_key_set(json.dumps(SAMPLE_KEYS).encode(), place="the specification"),
        jku="https://fhir-ehr.example.com/jwk_uri",
        tenants=(SAMPLE_TENANT,),
    )
    return Trust([client], public_base_url="https://cds.example.org", **named)


def test_s33_the_specifications_own_token_is_believed_with_its_own_key(tmp_path):
    trust = sample_trust(tmp_path, lifetime_s=SAMPLE_LIFE_S)
    found = trust.judge([f"Bearer {SAMPLE_TOKEN}"], path="/cds-services/some-service", now=WITHIN_IT)

    assert found.caller.tenant == SAMPLE_TENANT
    expires_at = datetime.fromtimestamp(1_422_568_860 + 30, UTC)
    assert found.nonce == Nonce(
        issuer="https://fhir-ehr.example.com/", jti="ee22b021-e1b7-4611-ba5b-8eec6a33ac1e", expires_at=expires_at
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"path": "/cds-services/another-service"}, "another-audience"),
        ({"now": datetime(2026, 1, 1, tzinfo=UTC)}, "expired"),
        ({"now": datetime(2011, 1, 1, tzinfo=UTC)}, "not-yet-valid"),
        ({"token": SAMPLE_TOKEN[:-1] + "c"}, "bad-signature"),
        ({"token": SAMPLE_TOKEN.replace(".d1Wf", ".d1Wg")}, "bad-signature"),
        ({"life_s": 900}, "lives-too-long"),
    ],
)
def test_s33_the_specifications_own_token_changed_is_not(tmp_path, changed, reason):
    trust = sample_trust(tmp_path, lifetime_s=changed.get("life_s", SAMPLE_LIFE_S))
    with pytest.raises(Unauthenticated) as caught:
        trust.judge(
            [f"Bearer {changed.get('token', SAMPLE_TOKEN)}"],
            path=changed.get("path", "/cds-services/some-service"),
            now=changed.get("now", WITHIN_IT),
        )

    assert caught.value.reason == reason


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def written(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def without_signature(token):
    return f"{written({'alg': 'none', 'typ': 'JWT', 'kid': 'k1'})}.{token.split('.')[1]}."


def with_the_public_key_as_secret(token):
    told = f"{written({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k2'})}.{token.split('.')[1]}"
    mac = hmac.digest(RSA_KEY.as_pem(private=False), told.encode(), "sha256")
    return f"{told}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def under_another_header(token):
    head, claims, signature = token.split(".")
    assert claims_of(f".{head}.")["alg"] == "ES384"
    return f"{written({'alg': 'RS384', 'typ': 'JWT', 'kid': 'k2'})}.{claims}.{signature}"


def with_other_claims(token):
    head, _, signature = token.split(".")
    return f"{head}.{written(claims_of(token) | {'tenant': 'b'})}.{signature}"


BAD = {
    "no algorithm": without_signature,
    "the public key as a shared secret": with_the_public_key_as_secret,
    "an ES384 signature under an RS384 header": under_another_header,
    "claims that were not signed": with_other_claims,
    "an empty signature": lambda token: token.rpartition(".")[0] + ".",
    "a signature of zeros": lambda token: token.rpartition(".")[0] + "." + "A" * 128,
    "five parts": lambda token: token + ".x.y",
    "no token": lambda _token: "",
}


@pytest.mark.parametrize("endpoint", ["/cds-services", PATH, f"{PATH}/feedback"])
@pytest.mark.parametrize("name", BAD)
def test_t1_a_forged_token_is_a_bare_401_at_every_endpoint(desk, endpoint, name):
    refused = call(desk, endpoint, BAD[name](desk.token(endpoint)))

    assert (refused.status_code, refused.content) == (401, b"")
    assert call(desk, endpoint, desk.token(endpoint)).status_code in {200, 404}


def call(desk, endpoint, token, *, path=None):
    method = "GET" if endpoint == "/cds-services" else "POST"
    body = hook_body() if endpoint == PATH else {"feedback": [{"card": "x", "outcome": "accepted"}]}
    body["feedback"] = body.get("feedback", [])
    headers = {"Authorization": f"Bearer {token}"}
    return desk.http.request(method, path or endpoint, headers=headers, json=None if method == "GET" else body)


MISSING = [{name: None} for name in ("iss", "aud", "exp", "iat", "jti")]
WRONG = [
    {"aud": PUBLIC}, {"aud": f"{PUBLIC}/cds-services"}, {"aud": f"{PUBLIC}/cds-services/order-sign-context"},
    {"aud": f"{PUBLIC}{PATH}/"}, {"aud": f"{PUBLIC}{PATH}?x=1"}, {"aud": f"{PUBLIC}{PATH}#x"},
    {"aud": f"{PUBLIC}/{PATH}"}, {"aud": f"{PUBLIC}:443{PATH}"}, {"aud": f"https://CDS.test{PATH}"},
    {"aud": f"http://cds.test{PATH}"}, {"aud": f"{PUBLIC}/cds-services/chart%2Dsummary"}, {"aud": PATH},
    {"aud": f"{PUBLIC}{PATH}/feedback"}, {"aud": f"{PUBLIC}{PATH} "}, {"aud": [f"{PUBLIC}{PATH}/"]}, {"aud": []},
    {"iss": f"{ISSUER}/"}, {"iss": ISSUER.upper()}, {"iss": "ehr"}, {"tenant": "north"}, {"jti": ""},
]  # fmt: skip


@pytest.mark.parametrize("claims", [*MISSING, *WRONG], ids=str)
def test_t1_s35_a_token_for_anything_else_is_a_bare_401_and_nothing_is_on_record(desk, claims):
    refused = call(desk, PATH, desk.token(PATH, **claims))

    assert (refused.status_code, refused.content) == (401, b"")
    assert refused.headers["www-authenticate"] == "Bearer"  # RFC 9110 section 11.6.1 asks for it; it says no more
    assert desk.kinds() == []


@pytest.mark.parametrize("path", [f"{PATH}?x=1", "/cds-services/chart%2Dsummary"])
def test_s35_the_audience_is_the_endpoint_however_its_address_is_spelt(desk, path):
    assert call(desk, PATH, desk.token(PATH), path=path).status_code == 200


@pytest.mark.parametrize(
    "path", [f"/{PATH}", f"{PATH}/", "/CDS-Services/chart-summary", "/cds-services//chart-summary"]
)
def test_s35_another_path_is_no_endpoint(desk, path):
    answer = call(desk, PATH, desk.token(PATH), path=f"{PUBLIC}{path}")

    assert answer.status_code in {401, 404, 405}
    assert desk.kinds() == []


def test_s35_behind_a_proxy_the_public_address_counts_and_no_header_says_otherwise(make_desk, tmp_path):
    desk = make_desk(trust=Trust([ehr(tmp_path)], public_base_url="https://gateway.test/chartside/"))
    outside = f"https://gateway.test/chartside{PATH}"
    lies = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test;proto=https"}

    assert call(desk, PATH, desk.token(PATH, aud=outside)).status_code == 200
    for aud in (f"{PUBLIC}{PATH}", f"https://evil.test{PATH}", f"https://gateway.test{PATH}"):
        headers = {"Authorization": f"Bearer {desk.token(PATH, aud=aud)}"} | lies
        assert desk.http.post(PATH, json=hook_body(), headers=headers).status_code == 401


@pytest.mark.parametrize("key", [EC_KEY, RSA_KEY], ids=["ES384", "RS384"])
def test_s34_both_recommended_algorithms_answer_a_hook(desk, key):
    header = {"alg": "ES384" if key is EC_KEY else "RS384", "kid": key.kid}

    assert call(desk, PATH, desk.token(PATH, key=key, header=header)).status_code == 200


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_s34_what_the_site_does_not_list_is_refused(make_desk, tmp_path, algorithm):
    short = ECKey.generate_key("P-256", {"kid": "k3"}, private=True)
    key = short if algorithm == "ES256" else RSA_KEY
    content = json.dumps({"keys": [one.as_dict(private=False) for one in (short, RSA_KEY)]}).encode()
    keys = read_key_set(content, place="test")
    for algorithms, status in ((("ES384", "RS384"), 401), ((algorithm,), 200)):
        desk = make_desk(clients=(ehr(tmp_path, keys=keys, algorithms=algorithms),))
        token = desk.token(PATH, key=key, header={"alg": algorithm, "kid": key.kid})
        assert call(desk, PATH, token).status_code == status
