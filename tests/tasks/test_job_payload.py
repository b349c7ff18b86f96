"""What a job carries: exact, and unreadable where it is not what a hook writes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from job_ledger import AS_OF, condition, gathered

from fhir_adapters.history import Coverage, Omission, Reason
from tasks.errors import PayloadOfLater, PayloadUnreadable
from tasks.job import PAYLOAD_VERSION, JobPayload

PAYLOAD = JobPayload.of(gathered(condition(), condition(2, "Gout")), service_id="chart-summary", as_of=AS_OF)
PLAIN = orjson.loads(PAYLOAD.to_bytes())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def changed(**members):
    return orjson.dumps(PLAIN | members)


def test_a_payload_comes_back_as_it_was():
    assert JobPayload.from_bytes(PAYLOAD.to_bytes()) == PAYLOAD


def test_its_history_is_the_one_that_the_hook_saw():
    seen = gathered(condition(), condition(2, "Gout")).history
    assert JobPayload.from_bytes(PAYLOAD.to_bytes()).read().history == seen


def test_a_time_keeps_its_zone():
    as_of = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert JobPayload.from_bytes(replace(PAYLOAD, as_of=as_of).to_bytes()).as_of == as_of


def test_what_was_not_seen_is_carried_and_what_was_not_read_is_left_to_the_worker():
    seen = gathered()
    omissions = (
        Omission(what="Observation", reason=Reason.FAILED, count=2, detail="HTTP 503"),
        Omission(what="Condition", reason=Reason.OVER_LIMIT, count=9),
        Omission(what="CarePlan", reason=Reason.NOT_SUPPLIED),
    )
    seen = replace(seen, history=replace(seen.history, omissions=omissions))
    payload = JobPayload.of(seen, service_id="chart-summary", as_of=AS_OF)
    assert JobPayload.from_bytes(payload.to_bytes()).omissions == (omissions[0], omissions[2])


def test_coverage_comes_back():
    assert dict(JobPayload.from_bytes(PAYLOAD.to_bytes()).coverage)["Condition"] is Coverage.WHOLE


def test_ch_16_a_later_version_is_left_to_a_newer_worker():
    with pytest.raises(PayloadOfLater) as raised:
        JobPayload.from_bytes(changed(version=PAYLOAD_VERSION + 1, resources="of another kind"))
    assert raised.value.retryable


@pytest.mark.parametrize("version", [0, -1, None, "1", [], 1.5])
def test_any_other_version_is_unreadable_for_good(version):
    with pytest.raises(PayloadUnreadable) as raised:
        JobPayload.from_bytes(changed(version=version))
    assert not raised.value.retryable


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 100_000, b"{}"])
def test_what_is_no_payload_is_unreadable(content):
    with pytest.raises(PayloadUnreadable):
        JobPayload.from_bytes(content)


@pytest.mark.parametrize(
    "members",
    [
        {"patient_id": ""}, {"patient_id": None}, {"patient_id": 7}, {"service_id": []},
        {"as_of": "yesterday"}, {"as_of": "2026-11-24T09:30:00"}, {"as_of": None}, {"as_of": 1},
        {"resources": "abc"}, {"resources": {"a": 1}}, {"resources": [1]}, {"resources": [None]},
        {"coverage": []}, {"coverage": {"Condition": "everything"}}, {"coverage": {"Condition": None}},
        {"omissions": {}}, {"omissions": ["abcd"]}, {"omissions": [["x", "no such reason", 1, ""]]},
        {"omissions": [["x", "unreadable", "1", ""]]}, {"omissions": [["x", "unreadable", 1]]},
        {"omissions": [["x", "unreadable", 1, None]]},
    ],
)  # fmt: skip
def test_a_member_of_the_wrong_kind_is_unreadable(members):
    with pytest.raises(PayloadUnreadable):
        JobPayload.from_bytes(changed(**members))


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_missing_member_is_unreadable(name):
    with pytest.raises(PayloadUnreadable):
        JobPayload.from_bytes(orjson.dumps({key: value for key, value in PLAIN.items() if key != name}))


@given(st.sampled_from(sorted(PLAIN)), ANYTHING)
def test_whatever_a_member_holds_there_is_a_payload_or_one_error(name, value):
    content = json.dumps(PLAIN | {name: value}, default=str).encode()
    try:
        payload = JobPayload.from_bytes(content)
    except PayloadUnreadable:
        return
    assert payload.patient_id
    assert payload.as_of.utcoffset() is not None


def test_the_error_holds_nothing_of_the_record():
    with pytest.raises(PayloadUnreadable) as raised:
        JobPayload.from_bytes(b'{"canary": Jane Roe}')
    assert "Jane" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_its_repr_tells_nothing_of_the_patient():
    assert "Canary" not in repr(PAYLOAD)
    assert "p1" not in repr(PAYLOAD)
    assert PAYLOAD.as_of.tzinfo is UTC
