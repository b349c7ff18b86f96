"""T6: a token can be used and never seen."""

import copy
import dataclasses
import logging
import pickle

import pytest

from fhir_adapters.secret import Secret

CANARY = "canary.token-4711"


@dataclasses.dataclass(frozen=True)
class Holder:
    token: Secret


def test_t6_the_token_stays_out_of_every_way_of_showing_it():
    secret = Secret(CANARY)
    holder = Holder(secret)
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret!s:>40}", repr(holder), repr([secret])]
    shown += [repr(dataclasses.asdict(holder)), "%s %r" % (secret, secret), repr(getattr(secret, "__dict__", {}))]  # noqa: UP031
    assert not [text for text in shown if CANARY in text]
    assert secret.reveal() == CANARY


def test_t6_the_token_stays_out_of_logs_and_their_tracebacks(caplog):
    error = RuntimeError("it failed with", Secret(CANARY))
    logging.getLogger("test").error("it failed with %s", Secret(CANARY), exc_info=error)
    assert "RuntimeError" in caplog.text
    assert CANARY not in caplog.text


def test_t6_a_secret_is_not_stored_and_a_copy_is_itself():
    secret = Secret(CANARY)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


@pytest.mark.parametrize("value", ["", "a b", "a\r\nX-Evil: 1", "tökén", "a\0", None, 5, b"bytes"])
def test_what_cannot_stand_in_a_header_is_refused_without_being_quoted(value):
    with pytest.raises(ValueError, match="visible ASCII") as refused:
        Secret(value)
    assert not value or str(value) not in str(refused.value)


def test_secrets_compare_by_value_and_with_secrets_only():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    with pytest.raises(TypeError):
        hash(Secret("a"))
