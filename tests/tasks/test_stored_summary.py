"""A summary comes back from its stored form exactly, or the form is refused by name."""

import orjson
import pytest
from little_history import AS_OF, chart

from tasks.engines.scripted import Scripted
from tasks.errors import SummaryUnreadable
from tasks.profile import Profile
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.stored import summary_from_bytes, summary_from_plain, summary_to_bytes, summary_to_plain


def summary():
    record = chart()
    prompt = build_prompt(record, (), patient_id="p1", focus="chart-summary", budget=8_000, as_of=AS_OF)
    said = [
        {"kind": "result", "text": "HbA1c 8.1 % on 02-Nov-2026.", "refs": ["E9"]},
        {"kind": "result", "text": "HbA1c 9.9 %.", "refs": ["E9"]},
        {"kind": "result", "text": "HbA1c 9.9 %.", "refs": ["E99"]},
    ]
    engine = Scripted.fixed(orjson.dumps({"statements": said}))
    return read_summary(
        engine.generate(prompt), prompt, record, model=engine.version, made_at=AS_OF, profile="text-only"
    )


def test_the_round_trip_is_exact_through_plain_values_and_through_bytes():
    made = summary()
    assert len(made.statements) == 1
    assert len(made.withheld) == 2
    assert summary_from_plain(summary_to_plain(made)) == made
    assert summary_from_plain(orjson.loads(orjson.dumps(summary_to_plain(made)))) == made
    assert summary_from_bytes(summary_to_bytes(made)) == made
    assert summary_to_bytes(summary_from_bytes(summary_to_bytes(made))) == summary_to_bytes(made)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"schema_version":2}', b'{"schema_version":1}', b"\xff"])
def test_what_is_no_summary_of_this_schema_is_refused(content):
    with pytest.raises(SummaryUnreadable):
        summary_from_bytes(content)


@pytest.mark.parametrize(
    "part", sorted(summary_to_plain(summary()).keys() - {"patient_hash"})
)  # an earlier version has none
def test_a_stored_summary_that_lacks_a_part_is_refused(part):
    plain = summary_to_plain(summary())
    del plain[part]
    with pytest.raises(SummaryUnreadable):
        summary_from_plain(plain)


def test_a_stored_statement_without_a_citation_is_refused():
    plain = orjson.loads(summary_to_bytes(summary()))
    plain["statements"][0]["citations"] = []
    with pytest.raises(SummaryUnreadable):
        summary_from_plain(plain)


def test_a_stored_profile_is_one_of_the_two_in_their_old_spelling():
    plain = orjson.loads(summary_to_bytes(summary()))
    assert plain["profile"] == "text-only"
    assert summary_from_plain(plain).profile is Profile.TEXT_ONLY
    with pytest.raises(SummaryUnreadable):
        summary_from_plain(plain | {"profile": "pixels"})
