import pytest

from hooks.card import Card, CardKind, Coding, Indicator, Link, Source, Suggestion
from hooks.errors import InvalidCard

TOPIC = Coding(system="urn:x", code="topic1", display="Topic")
SOURCE = Source(label="Chartside", topic=TOPIC)


def card(**changes):
    values = {"uuid": "u1", "summary": "One line", "indicator": Indicator.INFO, "source": SOURCE}
    return Card(**(values | changes))


def test_s2_a_card_without_optional_parts_has_no_empty_member():
    assert card().to_wire() == {
        "uuid": "u1",
        "summary": "One line",
        "indicator": "info",
        "source": {"label": "Chartside", "topic": {"system": "urn:x", "code": "topic1", "display": "Topic"}},
    }


@pytest.mark.parametrize("summary", ["", "  ", "x" * 140, "two\nlines"])
def test_s18_a_summary_is_one_line_of_fewer_than_140_characters(summary):
    with pytest.raises(InvalidCard):
        card(summary=summary)


def test_s18_139_characters_are_fewer_than_140():
    assert len(card(summary="x" * 139).to_wire()["summary"]) == 139


def test_s18_without_a_uuid_there_is_no_card():
    with pytest.raises(InvalidCard):
        card(uuid="")


def test_s20_suggestions_bring_the_selection_behaviour_and_s21_no_empty_actions():
    wire = card(suggestions=(Suggestion(label="Seen", uuid="s1"),)).to_wire()

    assert wire["suggestions"] == [{"label": "Seen", "uuid": "s1"}]
    assert wire["selectionBehavior"] == "any"


def test_cds_resp_1_at_most_one_suggestion_is_recommended():
    two = tuple(Suggestion(label="a", uuid=str(n), is_recommended=True) for n in range(2))

    assert card(suggestions=two).suggestions == two
    with pytest.raises(InvalidCard):
        card(suggestions=two, selection_behavior="at-most-one")


@pytest.mark.parametrize("part", ["system", "code", "display"])
def test_s23_s26_a_coding_has_all_three_parts(part):
    with pytest.raises(InvalidCard):
        Coding(**({"system": "s", "code": "c", "display": "d"} | {part: ""}))


@pytest.mark.parametrize("code", ["chart-summary", "a b", "x" * 101])
def test_a_topic_code_is_letters_and_digits_because_epic_keys_by_it(code):
    with pytest.raises(InvalidCard):
        Source(label="x", topic=Coding(system="s", code=code, display="d"))


@pytest.mark.parametrize(
    "url", ["", "/review/1", "javascript:alert(1)", "https://", "https://a b", "//evil.test", "http://[x"]
)
def test_s24_a_link_is_absolute(url):
    with pytest.raises(InvalidCard):
        Link(label="Open", url=url)


def test_cds_resp_3_app_context_belongs_to_smart_links():
    assert Link(label="x", url="https://a.test", type="smart", app_context="c").to_wire()["appContext"] == "c"
    with pytest.raises(InvalidCard):
        Link(label="x", url="https://a.test", app_context="c")


def test_s19_a_source_has_a_label_and_absolute_urls():
    assert Source(label="x", topic=TOPIC, url="https://a.test").to_wire()["url"] == "https://a.test"
    for wrong in ({"label": " "}, {"url": "a"}, {"icon": "/i.png"}):
        with pytest.raises(InvalidCard):
            Source(**({"label": "x", "topic": TOPIC} | wrong))


def test_a_summary_card_and_no_other_names_its_summary():
    assert card(kind=CardKind.SUMMARY, summary_id="s1").summary_id == "s1"
    for wrong in ({"kind": CardKind.SUMMARY}, {"kind": CardKind.BRIEF, "summary_id": "s1"}):
        with pytest.raises(InvalidCard):
            card(**wrong)


def test_no_message_of_an_invalid_card_repeats_its_text():
    with pytest.raises(InvalidCard) as caught:
        card(summary="canary" * 40)
    assert "canary" not in str(caught.value)
