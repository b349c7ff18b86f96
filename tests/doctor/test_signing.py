"""The doctor's client: which key files it reads, and what it signs."""

import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from cds_service.doctor.signing import read_signer
from cds_service.errors import NotConfigured

EC = ECKey.generate_key("P-384", {"kid": "ec"}, private=True)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"}, private=True)


def forms(key):
    return {
        "pem": key.as_pem(private=True),
        "jwk": json.dumps(key.as_dict(private=True)).encode(),
        "jwks": json.dumps({"keys": [key.as_dict(private=True)]}).encode(),
    }


@pytest.mark.parametrize("form", ["pem", "jwk", "jwks"])
@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES384"), (RSA, "RS384")], ids=["EC", "RSA"])
def test_s33_a_token_holds_what_the_standard_asks_for(tmp_path, key, algorithm, form):
    (tmp_path / "key").write_bytes(forms(key)[form])
    signer = read_signer(tmp_path / "key", issuer="https://ehr.test", kid="k9")

    token = jwt.decode(signer.token("https://cds.test/cds-services"), key, algorithms=[algorithm])

    assert token.header == {"alg": algorithm, "typ": "JWT", "kid": "k9"}
    assert token.claims["aud"] == "https://cds.test/cds-services"
    assert token.claims["iss"] == "https://ehr.test"
    assert token.claims["exp"] - token.claims["iat"] == 300
    assert abs(token.claims["iat"] - time.time()) < 60
    assert len(token.claims["jti"]) == 36


def test_the_kid_of_the_file_is_used_where_none_is_given(tmp_path):
    (tmp_path / "key").write_bytes(forms(EC)["jwk"])

    assert read_signer(tmp_path / "key", issuer="a").kid == "ec"


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, {}, "cannot be read"),
        (b"{", {}, "no EC or RSA key"),
        (b"secret words", {}, "no EC or RSA key"),
        (b'{"keys": []}', {}, "no EC or RSA key"),
        (b'{"keys": [7, 8]}', {}, "no EC or RSA key"),
        (b'{"kty": "EC"}', {}, "no EC or RSA key"),
        (b'{"kty": "oct", "k": "c2VjcmV0IHdvcmRzIHNlY3JldCB3b3Jkcw"}', {}, "no EC or RSA key"),
        (json.dumps({"keys": [EC.as_dict(private=True), RSA.as_dict(private=True)]}).encode(), {}, "no EC or RSA key"),
        (EC.as_pem(private=False), {"kid": "a"}, "is a public key"),
        (EC.as_pem(private=True), {}, "--kid"),
        (EC.as_pem(private=True), {"kid": "a", "algorithm": "RS384"}, "--alg"),
        (EC.as_pem(private=True), {"kid": "a", "algorithm": "HS256"}, "--alg"),
        (ECKey.generate_key("P-256", private=True).as_pem(private=True), {"kid": "a"}, "P-384"),
    ],
)
def test_a_key_that_cannot_sign_is_refused_by_name_and_never_shown(tmp_path, content, options, said):
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(NotConfigured, match=said) as caught:
        read_signer(file, issuer="a", **options)
    assert "secret" not in str(caught.value)
