"""What the checks make of a sentence over a sample chart: each table of sentences names its chart by one letter."""

from functools import cache

import orjson

from fhir_adapters.bundle import history_from_bundle
from tasks.checks import run_checks
from tasks.checks.claim import Claim
from tasks.summary import StatementKind
from tasks.verdict import judge

SLUGS = {
    "K": "kidney-decline", "N": "new-effusion", "H": "head-ct", "L": "liver-lesion", "Z": "nothing-recorded",
    "B": "hip-fracture", "P": "third-pregnancy", "A": "allergic-child", "C": "crushed-hand", "F": "fatal-stroke",
    "M": "many-problems", "W": "new-baby",
}  # fmt: skip


@cache
def chart(folder, letter):
    return history_from_bundle(orjson.loads((folder / f"{SLUGS[letter]}.json").read_bytes())).history


def verdict(record, text, refs, kind):
    claim = Claim.of(StatementKind(kind), text, tuple(record.by_id[ref] for ref in refs.split()), record)
    return judge(claim, run_checks(claim))


def rows_of(notes):
    """(note, text, is_withheld) for each text of a table of (note, what is withheld, what may be shown)."""
    return [
        (note, text.strip(), is_withheld)
        for note, withheld, shown in notes
        for column, is_withheld in ((withheld, True), (shown, False))
        for text in column.split(" / ")
        if text.strip()
    ]
