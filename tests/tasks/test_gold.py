"""The brief against facts that a physician wrote from the charts alone (tests/gold/README.md)."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from fhir_adapters.bundle import history_from_bundle
from tasks.brief import ChartBrief
from tasks.chart_brief import write_brief

GOLD = Path(__file__).resolve().parent.parent / "gold"
SLUGS = sorted(path.stem for path in GOLD.glob("*.toml"))
NEEDED = 0.98


@dataclass(frozen=True)
class Judged:
    present: list[str]
    missing: list[str]
    wrongly_current: list[str]


def judge(slug: str, charts: Path) -> Judged:
    gold = tomllib.loads((GOLD / f"{slug}.toml").read_text())
    as_of = datetime.fromisoformat(gold["as_of"]).replace(tzinfo=UTC)
    history = history_from_bundle(orjson.loads((charts / f"{slug}.json").read_bytes())).history
    brief = write_brief(history, as_of=as_of)
    present, missing = [], []
    for fact in gold["must_mention"]:
        (present if is_mentioned(brief, fact["all_of"]) else missing).append(f"{slug}: {fact['fact']} {fact['all_of']}")
    wrong = [
        f"{slug}: {fact['fact']} [{line.plain}]"
        for fact in gold.get("must_not_be_current", ())
        for line in brief.lines
        if line.section.value in fact["sections"] and any(word.lower() in line.plain.lower() for word in fact["words"])
    ]
    return Judged(present, missing, wrong)


def is_mentioned(brief: ChartBrief, all_of: list[list[str]]) -> bool:
    lines = [line.plain.lower() for line in brief.lines] + [warning.lower() for warning in brief.warnings]
    return any(all(any(word.lower() in line for word in words) for words in all_of) for line in lines)


def test_there_are_twelve_charts_with_gold_facts(charts):
    assert len(SLUGS) == 12
    assert {path.stem for path in charts.glob("*.json")} == set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_stopped_medicine_or_resolved_problem_stands_among_the_current(slug, charts):
    assert judge(slug, charts).wrongly_current == []


def test_at_least_98_percent_of_the_must_mention_facts_are_present(charts):
    judged = [judge(slug, charts) for slug in SLUGS]
    present = sum(len(one.present) for one in judged)
    missing = [fact for one in judged for fact in one.missing]
    assert present / (present + len(missing)) >= NEEDED, "\n".join(missing)
