"""Against a service that misbehaves as it likes, the doctor ends, says what it saw, and repeats nothing of it."""

import asyncio

import pytest

from cds_service.doctor import Verdict
from cds_service.doctor.examination import Order, examine


def examined(model, signer, *only, timeout_s=5.0):
    order = Order(address=model.address, signer=signer, only=frozenset(only), timeout_s=timeout_s)
    return asyncio.run(examine(order))


def told(found, requirement, name):
    return next(one.told for one in found.findings if (one.rule.requirement, one.rule.name) == (requirement, name))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "is no JSON object with a list `services`"),
        ("redirect", "answered 307"),
        ("endless", "discovery: the answer is larger than 4 MB"),
        ("hanging", "discovery: no whole answer within 0.5 s"),
        ("dripping", "discovery: no whole answer within 0.5 s"),
        ("not-utf-8", "is no JSON object with a list `services`"),
    ],
)
def test_whatever_discovery_is_the_doctor_ends_and_says_what_it_saw(model, signer, fault, said):
    model.fault = fault

    found = examined(model, signer, timeout_s=0.5 if fault in {"hanging", "dripping"} else 5.0)

    assert told(found, "S4", "discovery") == said
    assert not found.ok
    assert "Welcome" not in "".join(one.told for one in found.findings)


def test_a_service_that_has_stopped_answering_is_left_alone(model, signer):
    model.fault = "deaf-to-posts"

    found = examined(model, signer, timeout_s=0.5)

    assert found.counts[Verdict.NOT_RUN] > 50
    assert "the service has stopped answering" in {one.told for one in found.findings}
    assert told(found, "S4", "discovery") == "2 services"


def test_a_service_that_is_not_there_fails_and_nothing_is_asked():
    found = asyncio.run(examine(Order(address="http://127.0.0.1:9")))

    assert told(found, "S4", "discovery") == "discovery: the connection failed (ConnectError)"
    assert [one.rule.requirement for one in found.findings if one.verdict is Verdict.FAIL] == ["S4"]


def test_what_is_sent_says_that_it_is_synthetic_and_is_about_nobody_else(model, signer):
    examined(model, signer)
    bodies = [body.decode("utf-8", "replace") for _, path, body in model.calls if path.endswith("/model") and body]
    charts = [one for one in bodies if '"birthDate"' in one]

    assert len(charts) > 20
    assert all("SYNTHETIC Test Patient, not a person" in one and '"HTEST"' in one for one in charts)
