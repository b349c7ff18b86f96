import base64
import hmac
import json
from datetime import timedelta

import pytest
from hook_desk import BASE, EC_KEY, ISSUER, PUBLIC, RSA_KEY, START, ehr
from joserfc import jws
from joserfc.jwk import ECKey

from cds_service.clients import Caller
from cds_service.errors import Unauthenticated
from cds_service.trust import Trust
from fhir_adapters.errors import AddressRefused
from hooks.errors import MalformedRequest

PATH = "/cds-services/chart-summary"
STRANGER = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)


def token(key=EC_KEY, header=None, **claims):
    now = int(START.timestamp())
    head = {"alg": "ES384", "typ": "JWT", "kid": "k1"} | (header or {})
    body = {"iss": ISSUER, "aud": PUBLIC + PATH, "iat": now, "exp": now + 300, "jti": "j1"} | claims
    body = {name: value for name, value in body.items() if value is not None}
    head = {name: value for name, value in head.items() if value is not None}
    return jws.serialize_compact(head, json.dumps(body).encode(), key, algorithms=[head["alg"]])


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.fixture
def client(tmp_path):
    return ehr(tmp_path)


@pytest.fixture
def trust(client):
    return Trust([client], public_base_url=PUBLIC)


def judge(trust, *tokens, path=PATH, now=START):
    return trust.judge([f"Bearer {one}" for one in tokens], path=path, now=now)


def refused(trust, *tokens, **changes):
    with pytest.raises(Unauthenticated) as caught:
        judge(trust, *tokens, **changes)
    return caught.value.reason


def test_s33_a_signed_token_names_its_client(trust, client):
    assert judge(trust, token()).caller == Caller(client=client, tenant="")


def test_s34_rs384_is_taken_too(trust):
    assert judge(trust, token(RSA_KEY, {"alg": "RS384", "kid": "k2"})).caller.client.id == "ehr"


def test_s35_aud_may_be_a_list(trust):
    assert judge(trust, token(aud=["https://other.test", PUBLIC + PATH]))


def test_s39_extra_claims_are_tolerated(trust):
    now = int(START.timestamp())
    assert judge(trust, token(nbf=now - 300, sub="client-id", com_example={"a": 1}))


def test_s36_the_configured_jku_may_stand_in_the_header(trust):
    assert judge(trust, token(header={"jku": "https://ehr.test/jwks.json"}))


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": None}, "issuer-not-listed"),
        ({"iss": "https://stranger.test"}, "issuer-not-listed"),
        ({"iss": ["https://ehr.test"]}, "issuer-not-listed"),
        ({"iss": ISSUER + "/"}, "issuer-not-listed"),
        ({"aud": None}, "another-audience"),
        ({"aud": PUBLIC + "/cds-services"}, "another-audience"),
        ({"aud": []}, "another-audience"),
        ({"aud": {PUBLIC + PATH: 1}}, "another-audience"),
        ({"exp": None}, "bad-exp"),
        ({"exp": "soon"}, "bad-exp"),
        ({"exp": True}, "bad-exp"),
        ({"iat": None}, "bad-iat"),
        ({"nbf": "x"}, "bad-nbf"),
        ({"exp": int(START.timestamp()) + 3600}, "lives-too-long"),
        ({"iat": int(START.timestamp()) + 400, "exp": int(START.timestamp()) + 500}, "not-yet-valid"),
        ({"nbf": int(START.timestamp()) + 400}, "not-yet-valid"),
        ({"jti": None}, "no-jti"),
        ({"jti": ""}, "no-jti"),
        ({"jti": 7}, "no-jti"),
        ({"jti": "x" * 300}, "no-jti"),
        ({"tenant": "b"}, "tenant-not-listed"),
        ({"tenant": ["a"]}, "tenant-not-listed"),
    ],
)
def test_t1_a_bad_claim_is_refused(trust, claims, reason):
    assert refused(trust, token(**claims)) == reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"typ": None}, "not-a-jwt"),
        ({"typ": "JWS"}, "not-a-jwt"),
        ({"kid": None}, "unknown-key"),
        ({"kid": "k9"}, "unknown-key"),
        ({"kid": "k2"}, "bad-signature"),  # the RSA key for an ES384 signature
        ({"jku": "http://169.254.169.254/"}, "another-jku"),
        ({"jku": "https://ehr.test/other.json"}, "another-jku"),
    ],
)
def test_t1_t2_a_bad_header_is_refused(trust, header, reason):
    assert refused(trust, token(header=header)) == reason


def test_s34_no_signature_and_a_public_key_as_shared_secret_are_refused(trust):
    claims = token().split(".")[1]
    for algorithm in ("HS256", "none"):
        signed = f"{encoded({'alg': algorithm, 'typ': 'JWT', 'kid': 'k2'})}.{claims}"
        mac = hmac.digest(RSA_KEY.as_pem(private=False), signed.encode(), "sha256") if algorithm == "HS256" else b""

        assert (
            refused(trust, f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}") == "algorithm-not-allowed"
        )


def test_t1_an_algorithm_that_the_site_does_not_list_is_refused(trust):
    assert refused(trust, token(RSA_KEY, {"alg": "RS256", "kid": "k2"})) == "algorithm-not-allowed"


def test_t1_a_critical_header_is_refused(trust):
    head = encoded({"alg": "ES384", "typ": "JWT", "kid": "k1", "crit": ["x"], "x": 1})

    assert refused(trust, f"{head}.{token().partition('.')[2]}") == "critical-header"


def test_t1_a_strangers_key_is_refused(trust):
    assert refused(trust, token(STRANGER)) == "bad-signature"


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c", "é.é.é", "bnVsbA.bnVsbA.x", "x" * 9000, "e30.e30.", "W10.e30.x"]
)
def test_what_is_no_token_is_refused(trust, text):
    assert refused(trust, text) in {"no-bearer-token", "not-a-jwt", "issuer-not-listed"}


def test_another_scheme_no_header_and_two_headers_are_refused(trust):
    for headers in (["Basic eDp5"], [], [f"Bearer {token()}"] * 2):
        with pytest.raises(Unauthenticated):
            trust.judge(headers, path=PATH, now=START)


def test_t22_the_leeway_holds_on_both_sides_and_no_longer(trust):
    assert judge(trust, token(), now=START + timedelta(seconds=329))
    assert refused(trust, token(), now=START + timedelta(seconds=330)) == "expired"
    assert judge(trust, token(), now=START - timedelta(seconds=30))
    assert refused(trust, token(), now=START - timedelta(seconds=31)) == "not-yet-valid"


def test_a_tenant_must_be_listed_and_may_be_left_out_where_there_is_one(tmp_path):
    one = Trust([ehr(tmp_path, tenants=("a",))], public_base_url=PUBLIC)
    two = Trust([ehr(tmp_path, tenants=("a", "b"))], public_base_url=PUBLIC)

    assert judge(one, token()).caller.tenant == "a"
    assert judge(two, token(tenant="b")).caller.tenant == "b"
    assert refused(two, token()) == "tenant-not-listed"
    assert refused(two, token(tenant="c")) == "tenant-not-listed"


@pytest.mark.parametrize("tenant", [{}, [], 0, 0.0, False, " ", "A", ["a"], {"a": 1}, 1, "a "])
@pytest.mark.parametrize("tenants", [(), ("a",), ("a", "b")])
def test_b8c_a_tenant_that_is_no_name_is_never_an_absent_one(tmp_path, tenants, tenant):
    trust = Trust([ehr(tmp_path, tenants=tenants)], public_base_url=PUBLIC)

    assert refused(trust, token(tenant=tenant)) == "tenant-not-listed"


def test_section_9_3_a_tenant_may_be_empty_where_there_is_one(tmp_path):
    trust = Trust([ehr(tmp_path, tenants=("a",))], public_base_url=PUBLIC)

    assert judge(trust, token(tenant="")).caller.tenant == "a"


def test_only_the_demo_has_an_anonymous_client(client, trust):
    demo = Trust([], public_base_url=PUBLIC, demo=client)

    assert demo.judge([], path=PATH, now=START) == Caller(client=client)
    with pytest.raises(Unauthenticated):
        demo.judge(["Bearer x"], path=PATH, now=START)  # a token that was sent is judged, in the demo too


@pytest.mark.parametrize("spelling", [BASE, BASE + "/", "https://EHR.test:443/fhir"])
def test_t5_a_configured_base_is_found_in_any_spelling_and_has_one_key(client, spelling):
    assert client.base_of(spelling).url == BASE


@pytest.mark.parametrize(
    "address",
    ["https://evil.test/fhir", "https://ehr.test", "https://ehr.test/fhir/x", "http://ehr.test/fhir", "https://ehr.test@evil.test/fhir",
     "https://2130706433/fhir", "file:///etc/passwd", "x"],
)  # fmt: skip
def test_t5_any_other_base_is_refused(client, address):
    with pytest.raises(AddressRefused):
        client.base_of(address)


def test_a_client_with_several_bases_must_name_one(client, tmp_path):
    assert client.base_of("").url == BASE
    with pytest.raises(MalformedRequest):
        ehr(tmp_path, fhir_bases=client.fhir_bases * 2).base_of("")
