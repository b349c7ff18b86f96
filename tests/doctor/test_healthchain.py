"""The doctor on another project's service, healthchain's own scaffold: the faults known of it are found, and named."""

import asyncio

import pytest

from cds_service.doctor import Verdict
from cds_service.doctor.examination import Order, examine
from chartside_bench.healthchain import NotInstalled, install, scaffold

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the doctor finds of healthchain 0.16.1, as its own commands make and serve it."""
    try:
        home = install()
    except NotInstalled as error:
        pytest.skip(str(error))
    with scaffold(home, tmp_path_factory.mktemp("healthchain")) as server:
        return asyncio.run(examine(Order(address=f"http://127.0.0.1:{server.port}")))


def told(found, verdict):
    return {f"{one.rule.requirement} {one.rule.name}": one.told for one in found.findings if one.verdict is verdict}


def test_each_known_fault_of_healthchain_is_found(found):
    failed = told(found, Verdict.FAIL)

    assert failed["S4 discovery"] == "answered 404; the services are listed at /cds/cds-discovery"
    assert failed["S10 no-hook-instance"] == "answered 200, as if nothing were wrong"
    assert failed["S11 other-hook"] == "answered 200, as if nothing were wrong"
    assert failed["S40 cors"] == "any origin may call, with credentials"
    assert failed["T6 echo"].startswith("an answer of status 422 repeats the request")
    assert failed["S10 unknown-members"] == "answered 422"
    assert failed["T11 huge"] == "the answer is larger than 4 MB"  # it repeats the 12 MB that it refuses
    assert len(failed) == 7
    assert not found.ok


def test_what_healthchain_leaves_out_is_a_warning(found):
    assert set(told(found, Verdict.WARN)) == {
        "S10 empty-members", "S11 patient-reference", "S11 user-bare", "S13 outcomes", "S14 prefetch-listed",
        "S18 uuid", "S32 unsigned", "S41 not-stored",
    }  # fmt: skip


def test_what_healthchain_does_right_passes(found):
    passed = told(found, Verdict.PASS)

    assert {"S1 utf-8", "S5 texts", "S6 each", "S10 not-json", "S17 cards", "S18 summary", "S19 source"} <= set(passed)
    assert len(passed) == 60
