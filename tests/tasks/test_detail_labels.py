"""Members of Detail are the strings that they stand for: a brief, a prompt and a source read the same with either."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from fhir_adapters.bundle import history_from_bundle
from tasks.chart_brief import write_brief
from tasks.checks.source import Source
from tasks.prompt import build_prompt

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)
SLUGS = ("allergic-child", "kidney-decline", "many-problems")


@pytest.fixture(params=SLUGS)
def histories(request, charts):
    """A sample chart as it is read, and with its labels as plain strings."""
    history = history_from_bundle(orjson.loads((charts / f"{request.param}.json").read_bytes())).history
    plain = [replace(e, details=tuple((str(label), text) for label, text in e.details)) for e in history.entries]
    assert {type(label) for entry in plain for label, _ in entry.details} == {str}
    return history, replace(history, entries=tuple(plain))


def test_the_brief_is_the_same(histories):
    read, plain = histories
    assert write_brief(read, as_of=AS_OF) == write_brief(plain, as_of=AS_OF)


def test_the_prompt_is_the_same(histories):
    read, plain = (
        build_prompt(each, (), patient_id=each.patient.id, focus="chart-summary", budget=64_000, as_of=AS_OF)
        for each in histories
    )
    assert read.prompt_hash == plain.prompt_hash
    assert read.parts == plain.parts


def test_the_checks_read_the_same_words(histories):
    for read, plain in zip(*(each.entries for each in histories), strict=True):
        assert Source(read).pieces == Source(plain).pieces
        assert Source(read).passage == Source(plain).passage
        assert Source(read).sites == Source(plain).sites
