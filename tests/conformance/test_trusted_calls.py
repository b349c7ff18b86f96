"""S32 to S39 over HTTP: who is let in, and what a refusal does not say. The cases of T1 to T4 are in test_trust."""

import base64
import hmac
import json

import pytest
from hook_calls import body
from hook_desk import EC_KEY, PUBLIC, RSA_KEY
from joserfc.jwk import ECKey

CALL = "/cds-services/chart-summary"
DOORS = ("/cds-services", CALL, f"{CALL}/feedback")


def knock(service, path, token):
    """The status of a call with this token, and its answer's body."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if path == "/cds-services":
        answer = service.http.get(path, headers=headers)
    else:
        answer = service.http.post(path, json={"feedback": []}, headers=headers)
    return answer


@pytest.mark.parametrize("path", DOORS)
def test_s32_s33_no_call_is_answered_without_a_token(service, path):
    assert knock(service, path, "").status_code == 401


@pytest.mark.parametrize("path", DOORS)
def test_s33_a_signed_token_is_asked_for_on_every_call(service, path):
    assert knock(service, path, service.token(path)).status_code in {200, 400}  # 400: this is no hook's body


@pytest.mark.parametrize("member", ["alg", "kid", "typ"])
def test_s33_each_member_of_the_header_is_required(service, member):
    token = service.token(CALL)
    if member == "alg":
        _, claims, signature = token.split(".")
        token = f"e30.{claims}.{signature}"
    else:
        token = service.token(CALL, header={member: None})
    assert knock(service, CALL, token).status_code == 401


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "jti"])
def test_s33_each_claim_is_required(service, claim):
    assert knock(service, CALL, service.token(CALL, **{claim: None})).status_code == 401


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS384", "HS512"])
def test_s34_no_signature_and_no_shared_secret_are_accepted(service, algorithm):
    """A stranger knows the public key: as a shared secret it must open nothing (T1)."""
    head = encoded(json.dumps({"alg": algorithm, "typ": "JWT", "kid": "k1"}).encode())
    signed = f"{head}.{service.token(CALL).split('.')[1]}"
    digest = "sha" + (algorithm.removeprefix("HS") if algorithm != "none" else "256")
    forged = encoded(hmac.digest(EC_KEY.as_pem(private=False), signed.encode(), digest))

    for signature in ("", forged):
        assert knock(service, CALL, f"{signed}.{signature}").status_code == 401


def encoded(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def test_s34_es384_and_rs384_are_accepted(service, chart_summary, patient_id):
    for key, header in ((EC_KEY, {"alg": "ES384", "kid": "k1"}), (RSA_KEY, {"alg": "RS384", "kid": "k2"})):
        token = service.token(CALL, key=key, header=header)
        answer = service.http.post(
            CALL, json=body(chart_summary, patient_id), headers={"authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200


def test_s35_the_audience_is_the_public_address_that_is_called_and_no_other(service):
    for path in DOORS:
        others = {PUBLIC + other for other in DOORS if other != path} | {PUBLIC, str(service.http.base_url) + path}
        for audience in sorted(others):
            assert knock(service, path, service.token(path, aud=audience)).status_code == 401, (path, audience)
        assert knock(service, path, service.token(path, aud=["https://x.test", PUBLIC + path])).status_code != 401


def test_s36_issuer_and_jku_are_those_that_are_configured(service):
    assert knock(service, CALL, service.token(CALL, iss="https://stranger.test")).status_code == 401
    for jku in ("http://169.254.169.254/jwks.json", "https://ehr.test/other.json"):
        assert knock(service, CALL, service.token(CALL, header={"jku": jku})).status_code == 401
    right = service.token(CALL, header={"jku": "https://ehr.test/jwks.json"})
    assert knock(service, CALL, right).status_code == 400


def test_s36_the_kid_picks_the_key(service):
    assert knock(service, CALL, service.token(CALL, header={"kid": "k2"})).status_code == 401
    assert knock(service, CALL, service.token(CALL, header={"kid": "unknown"})).status_code == 401


def test_s37_a_token_id_is_burnt_once_and_never_by_a_token_that_is_not_signed(service):
    stranger = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
    forged = service.token(CALL, key=stranger, jti="s37")
    good = service.token(CALL, jti="s37")

    assert knock(service, CALL, forged).status_code == 401
    assert knock(service, CALL, good).status_code == 400
    assert knock(service, CALL, good).status_code == 401


def test_s38_a_refusal_says_nothing_and_is_alike_for_every_cause(service):
    refusals = [
        knock(service, CALL, token)
        for token in (
            "", "x", "a.b.c", service.token(CALL, iss="https://stranger.test"), service.token(CALL, exp=1),
            service.token(CALL, aud="https://x.test"), service.token(CALL, header={"kid": "unknown"}),
        )
    ]  # fmt: skip

    assert {(one.status_code, one.content) for one in refusals} == {(401, b"")}
    assert {one.headers["www-authenticate"] for one in refusals} == {"Bearer"}


def test_s39_further_claims_are_tolerated(service):
    now = int(service.clock().timestamp())
    token = service.token(CALL, nbf=now - 300, sub="client-1", azp="x", scope="y", tenant="")

    assert knock(service, CALL, token).status_code == 400
