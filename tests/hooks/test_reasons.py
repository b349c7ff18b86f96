from hooks.chart_summary import BRIEF_TOPIC, SUMMARY_TOPIC
from hooks.reasons import LOCAL_SYSTEM, OVERRIDE_REASONS, STANDARD_SYSTEM, TOPIC_SYSTEM


def test_the_documented_table_is_the_one_that_cards_carry(repository):
    text = (repository / "docs" / "override-reasons.md").read_text()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| `")]

    assert [(row[0].strip("| `"), row[1]) for row in rows] == [(one.code, one.display) for one in OVERRIDE_REASONS]
    assert [row[2] == "local" for row in rows] == [one.system == LOCAL_SYSTEM for one in OVERRIDE_REASONS]
    for word in (LOCAL_SYSTEM, STANDARD_SYSTEM, TOPIC_SYSTEM, SUMMARY_TOPIC.code, BRIEF_TOPIC.code):
        assert f"`{word}`" in text


def test_codes_are_unique():
    assert len({one.code for one in OVERRIDE_REASONS}) == len(OVERRIDE_REASONS)
