"""Faults that other services were seen to have: each is built into a service that is right otherwise, and named."""

import asyncio
from dataclasses import replace

import pytest

from cds_service.doctor import Verdict
from cds_service.doctor.examination import Order, examine

BROKEN = {Verdict.FAIL, Verdict.WARN}
TIMED = {"S16 in-time", "REL-1 at-once"}  # how long something took is the machine's doing as well


def examined(model, signer, *only, timeout_s=5.0):
    order = Order(address=model.address, signer=signer, only=frozenset(only), timeout_s=timeout_s)
    return asyncio.run(examine(order))


def broken(examination):
    return {f"{one.rule.requirement} {one.rule.name}" for one in examination.findings if one.verdict in BROKEN}


def test_a_service_without_a_fault_breaks_nothing(model, signer):
    found = examined(model, signer)

    assert broken(found) <= TIMED
    assert found.ok
    assert found.counts[Verdict.PASS] >= 110
    not_run = {f"{one.rule.requirement} {one.rule.name}" for one in found.findings if one.verdict is Verdict.NOT_RUN}
    assert not_run == {
        "S1 tls", "S10 fhir-server", "S11 no-encounter", "S11 no-orders", "S12 next-page", "S14 server-alone",
        "S15 bearer", "S32 unsigned", "REL-1 failing", "REL-1 hanging", "REL-1 meanwhile",
    }  # fmt: skip


# fault -> what is found broken, when these ids are asked
FAULTS = {
    "listed-elsewhere": {"S4 discovery"},
    "no-prefetch": {"S14 prefetch-listed"},
    "no-description": {"S5 texts"},
    "nested-token": {"S9 tokens"},
    "chained-search": {"S9 searches"},
    "own-hook": {"S8 hook-names"},
    "listed-twice": {"S7 unique"},
    "empty-title": {"S5 title", "S2 no-empties"},
    "any-id": {"S6 unknown-service"},
    "last-wins": {"S6 told-apart"},
    "any-hook": {"S11 other-hook"},
    "no-hook-instance": {"S10 no-hook-instance", "S10 hook-instance-type"},
    "context-unchecked": {
        "S11 no-patient",
        "S11 no-user",
        "S11 patient-type",
        "S11 patient-reference",
        "S11 user-bare",
    },
    "encounter-required": {"S10 optional-fields"},
    "strict": {"S10 unknown-members", "S10 empty-members"},
    "fhir-server-is-silence": {"S10 fhir-server"},
    "null-fails": {"S12 null"},
    "entries-wanted": {"S12 empty-bundle", "S12 outcome-entry", "S12 outcome"},
    "echo": {"T6 echo", "T6 token", "S13 outcomes"},
    "plain-errors": {"S13 outcomes"},
    "no-uuid": {"S18 uuid"},
    "hard-stop": {"S18 indicator"},
    "long-summary": {"S18 summary"},
    "no-source": {"S19 source"},
    "auto-launchable": {"S24 links"},
    "no-selection-behavior": {"cds-resp-6 behavior-present"},
    "nulls": {"S2 no-empties"},
    "empty-list": {"S2 no-empties"},
    "empty-actions": {"S2 no-empties", "S25 system-actions"},
    "text-json": {"S1 media-type"},
    "any-origin": {"S40 cors"},
    "cacheable": {"S41 not-stored"},
    "unsigned": {"S33 unsigned-call", "S33 unsigned-discovery", "S33 unsigned-feedback"},
    "alg-none": {"S34 none"},
    "hs256": {"S34 shared-secret"},
    "other-audience": {"S35 other-audience"},
    "explained": {"S38 bare"},
    "unverified": {"T1 stranger", "T1 tampered", "T1 other-algorithm"},
    "unchecked-header": {"T1 no-kid", "T1 unknown-kid", "T1 no-typ"},
    "unchecked-claims": {"T1 no-iss", "T1 other-iss", "T1 no-aud", "T1 no-jti"},
    "expired": {"T1 expired", "T1 not-yet", "T4 long-lived"},
    "replay": {"T4 replay"},
    "jku-fetched": {"T2 jku"},
    "reads-anywhere": {"T5 elsewhere"},
    "plural-fails": {"S31 plural"},
    "any-outcome": {"cds-fb-1 outcome"},
    "large-fails": {"T11 huge"},
    "deep-fails": {"T11 deep"},
}
# What is judged on answers to other checks needs those asked too.
ASKED_TOO = {"echo": {"S10"}, "plain-errors": {"S10"}, "explained": {"T1"}}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_fault_is_named_by_its_id(model, signer, fault):
    expected = FAULTS[fault]
    ids = {one.partition(" ")[0] for one in expected}
    model.fault = fault

    found = examined(model, signer, *ids, *ASKED_TOO.get(fault, ()))

    assert broken(found) == expected


def test_a_crash_that_is_answered_with_no_cards_is_a_failure(model, signer):
    model.fault = "crash-is-empty"

    found = examined(model, signer, "S10", "S11", "S12", "S13")

    assert {"S10 no-hook-instance", "S11 no-patient", "S11 other-hook", "S12 all-failed", "S13 nothing"} <= broken(
        found
    )
    assert not found.ok


def test_t6_a_stack_trace_is_seen(model, signer):
    model.fault = "stack-trace"

    assert "T6 stack-trace" in broken(examined(model, signer, "T6", "S10"))


def test_rel1_a_handler_that_blocks_stops_the_others(model, signer):
    model.fault = "blocking"

    assert broken(examined(model, signer, "REL-1")) == {"REL-1 at-once"}


def test_s28_a_service_without_feedback_is_not_blamed(model, signer):
    model.fault = "no-feedback"

    found = examined(model, signer, "S28", "S29", "S31")

    assert {one.verdict for one in found.findings} == {Verdict.NOT_RUN}
    assert "takes no feedback, which it may" in found.findings[0].told


def test_services_listed_at_another_address_are_examined_all_the_same(model, signer):
    model.fault = "listed-elsewhere"

    found = examined(model, signer, "S4", "S18", "S11")

    assert [one.told for one in found.findings if one.rule.name == "discovery"] == [
        "answered 404; the services are listed at /cds-discovery"
    ]
    assert found.service == "model"
    assert broken(found) == {"S4 discovery"}


def test_without_a_key_a_locked_service_is_not_run_and_says_what_to_give(model):
    found = examined(model, None)

    assert found.counts[Verdict.FAIL] == 0
    assert {one.verdict for one in found.findings if one.rule.requirement == "S32"} == {Verdict.PASS}
    told = {one.told for one in found.findings if one.rule.requirement in {"S4", "S10", "S12", "T11"}}
    assert told == {"the service wants signed calls: give --jwt-key and --issuer"}


def test_without_a_key_an_open_service_is_examined_and_warned_of(model):
    model.is_open = True

    assert broken(examined(model, None)) - TIMED == {"S32 unsigned"}


def test_s33_a_key_that_the_service_does_not_know_is_told(model, signer):
    found = examined(model, replace(signer, kid="other"), "S33", "S10")

    assert "S33 signed" in broken(found)
    assert {one.told for one in found.findings if one.rule.requirement == "S10"} == {
        "the service answers signed calls with 401: is this key known under this issuer and kid, for this URL?"
    }
