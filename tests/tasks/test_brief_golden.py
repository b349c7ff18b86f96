"""Three whole briefs, word for word, so that a change of any rule is seen where a clinician would see it."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from fhir_adapters.bundle import history_from_bundle
from tasks.brief import ChartBrief, Section
from tasks.chart_brief import write_brief

GOLDEN = Path(__file__).resolve().parent / "golden"
CHARTS = Path(__file__).resolve().parents[2] / "sandbox" / "chartside_sandbox" / "charts"
SLUGS = ("allergic-child", "kidney-decline", "many-problems")


def plain_text(brief: ChartBrief) -> str:
    """The brief as text: the card's phrases and lines first, then every section."""
    parts = [f"! {warning}" for warning in brief.warnings]
    parts += ["On the card", *(f"  {phrase}" for phrase in brief.headline)]
    parts += [f"  {place}. {brief.lines[index].plain}" for place, index in enumerate(brief.top, 1)]
    for section in Section:
        if found := brief.of(section):
            parts += ["", section.value, *(f"  {line.plain} ({line.weight.value})" for line in found)]
    return "\n".join(parts) + "\n"


def text_of(slug: str, charts: Path) -> str:
    history = history_from_bundle(orjson.loads((charts / f"{slug}.json").read_bytes())).history
    return plain_text(write_brief(history, as_of=datetime(2026, 11, 24, tzinfo=UTC)))


@pytest.mark.parametrize("slug", SLUGS)
def test_the_brief_of_a_sample_chart_is_word_for_word_the_golden_one(slug, charts):
    """Renew them, once the difference has been read: `python tests/tasks/test_brief_golden.py`."""
    assert text_of(slug, charts) == (GOLDEN / f"{slug}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    for each in SLUGS:
        (GOLDEN / f"{each}.txt").write_text(text_of(each, CHARTS), encoding="utf-8")
