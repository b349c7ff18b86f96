"""What a key set may hold, and what spoils it (S34, T1)."""

import itertools
import json
from contextlib import suppress

import pytest
from hook_desk import EC_KEY, RSA_KEY
from joserfc.jwk import ECKey, RSAKey

from cds_service.errors import BadKeys
from cds_service.jwks import read_key_set, signs_with


def key_set(*keys):
    return json.dumps({"keys": list(keys)}).encode()


EC, RSA = EC_KEY.as_dict(private=False), RSA_KEY.as_dict(private=False)
SHORT = {
    "kty": "RSA", "kid": "short", "e": "AQAB",
    "n": "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9"
         "LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2as",
}  # fmt: skip


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not a JSON Web Key Set"),
        (b"\xff", "not a JSON Web Key Set"),
        (b"[]", "not a JSON Web Key Set"),
        (b"null", "not a JSON Web Key Set"),
        (b'{"keys": []}', "holds no key"),
        (b'{"keys": {"a": 1}}', "holds no key"),
        (key_set(7), "key 0: needs a kid"),
        (key_set({"kty": "EC"}), "key 0: needs a kid"),
        (key_set(EC, EC), "key 1: needs a kid of its own"),
        (key_set({"kty": "oct", "kid": "a", "k": "canary"}), "only EC and RSA"),
        (key_set({"kty": "EC", "kid": "a", "crv": "P-384", "x": "canary", "y": "canary"}), "key 0: cannot be read"),
        (key_set(RSA, EC_KEY.as_dict(private=True)), "key 1: is a private key"),
        (key_set(RSA_KEY.as_dict(private=True)), "is a private key"),
        (key_set(SHORT), "2048 bits"),
    ],
)
def test_t1_a_set_that_must_not_be_trusted_is_refused_and_nothing_of_it_repeated(content, said):
    with pytest.raises(BadKeys, match=said) as caught:
        read_key_set(content, place="client ehr: keys.json")

    assert str(caught.value).startswith("client ehr: keys.json")
    assert "canary" not in str(caught.value)


def test_keys_that_we_cannot_use_are_left_out_and_unknown_members_ignored():
    other = [{"kty": "OKP", "kid": "ed", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
             EC | {"kid": "enc", "use": "enc"}, EC | {"kid": "odd", "crv": "brainpoolP384r1"},
             EC | {"kid": "k1-coin", "crv": "secp256k1"}, EC | {"kid": "new", "kty": ["EC"]}]  # fmt: skip
    found = read_key_set(key_set(*other, EC | {"x5c": ["x"], "use": "sig"}, RSA), place="x")

    assert list(found) == ["k1", "k2"]


def test_s34_a_key_signs_with_its_own_algorithms_alone():
    assert signs_with(EC_KEY) == {"ES384"}
    assert signs_with(ECKey.generate_key("P-256")) == {"ES256"}
    assert signs_with(ECKey.generate_key("P-521")) == frozenset()
    assert signs_with(RSAKey.generate_key(2048)) == {"RS256", "RS384"}


ODD = (None, [], {}, [1], {"a": 1}, 1, -1, 1.5, True, "", "====", "\u00e9", "\0", "EC", "AQAB", "A" * 20_000, 2**63)


@pytest.mark.parametrize("key", [EC, RSA], ids=["EC", "RSA"])
def test_t3_whatever_is_published_is_a_set_of_keys_or_is_refused(key):
    for member, value in itertools.product([*key, "use", "alg", "key_ops"], ODD):
        with suppress(BadKeys):
            assert set(read_key_set(key_set(key | {member: value}, EC | {"kid": "sound"}), place="x")) >= {"sound"}
