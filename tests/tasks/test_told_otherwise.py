"""What the checks hold against a sentence of the sample charts: each table row is one of a table beside it."""

from functools import cache

import orjson
import pytest
from told_as_it_is import TOLD_AS_IT_IS
from told_otherwise import TOLD_OTHERWISE

from fhir_adapters.bundle import history_from_bundle
from tasks.checks import run_checks
from tasks.checks.claim import Claim
from tasks.summary import StatementKind, Verdict
from tasks.verdict import judge

SLUGS = {
    "C": "crushed-hand",
    "F": "fatal-stroke",
    "H": "head-ct",
    "B": "hip-fracture",
    "K": "kidney-decline",
    "L": "liver-lesion",
    "N": "new-effusion",
    "Z": "nothing-recorded",
}


@cache
def chart(folder, letter):
    return history_from_bundle(orjson.loads((folder / f"{SLUGS[letter]}.json").read_bytes())).history


def verdict(record, text, refs, kind):
    claim = Claim.of(StatementKind(kind), text, tuple(record.by_id[ref] for ref in refs.split()), record)
    return judge(claim, run_checks(claim))


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TOLD_OTHERWISE)
def test_what_is_told_otherwise_is_withheld(charts, letter, text, refs, *, kind):
    assert verdict(chart(charts, letter), text, refs, kind)[0] is Verdict.CONTRADICTED


@pytest.mark.parametrize(("letter", "text", "refs", "kind"), TOLD_AS_IT_IS)
def test_what_is_told_as_it_is_survives(charts, letter, text, refs, *, kind):
    said, reasons = verdict(chart(charts, letter), text, refs, kind)
    assert (said is not Verdict.CONTRADICTED, reasons) == (True, ())
