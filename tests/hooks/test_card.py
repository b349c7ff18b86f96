import pytest

from hooks.card import Card, CardKind, Coding, Indicator, Link, Source, Suggestion
from hooks.errors import InvalidCard
from hooks.markdown import bracketed, escape, joined

TOPIC = Coding(system="urn:x", code="topic1", display="Topic")
SOURCE = Source(label="Chartside", topic=TOPIC)
U1, S1 = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"


LINK = Link(label="Open", url="https://a.test")


def card(**changes):
    values = {"uuid": U1, "summary": "One line", "indicator": Indicator.INFO, "source": SOURCE}
    return Card(**(values | changes))


def test_s2_a_card_without_optional_parts_has_no_empty_member():
    assert card().to_wire() == {
        "uuid": U1,
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


@pytest.mark.parametrize("uuid", ["", "not a uuid", U1 + "\n", f"{{{U1}}}", U1[:-1], None, 7])
def test_s18_s21_without_a_uuid_there_is_no_card_and_no_suggestion(uuid):
    with pytest.raises(InvalidCard):
        card(uuid=uuid)
    with pytest.raises(InvalidCard):
        Suggestion(label="Seen", uuid=uuid)


@pytest.mark.parametrize(
    "wrong",
    [
        {"indicator": "urgent"}, {"indicator": "info"}, {"kind": "brief"}, {"source": {"label": "x"}},
        {"selection_behavior": "all"}, {"suggestions": ({"label": "x"},)}, {"links": [LINK]}, {"links": (SOURCE,)},
        {"override_reasons": ("reviewed",)}, {"summary": None}, {"detail": None},
    ],
)  # fmt: skip
def test_what_would_break_on_the_way_out_cannot_be_built(wrong):
    with pytest.raises(InvalidCard):
        card(**wrong)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "</p>", "<!-- x", "[x](javascript:1)", "see https://evil.test", "www.evil.test",
        "a@evil.test", "two\nlines", "\u202eevil", "a\u200bb", "\x00", "", " ",
    ],
)  # fmt: skip
def test_t12_no_text_of_a_card_holds_html_a_link_or_a_hidden_character(text):
    for build in (
        lambda: card(summary=text),
        lambda: Suggestion(label=text, uuid=S1),
        lambda: Link(label=text, url="https://a.test"),
        lambda: Source(label=text, topic=TOPIC),
        lambda: Coding(system="s", code="c", display=text),
    ):
        with pytest.raises(InvalidCard):
            build()


@pytest.mark.parametrize("text", ["<0.01 ng/mL", "a < b", "5 mg @ 8 am", "BP 120/80", "ratio 1:2", "Chart brief: x@"])
def test_clinical_text_may_stand_on_a_card(text):
    assert card(summary=text).summary == text


@pytest.mark.parametrize("detail", ["", "text", "<b>bold</b>"])
def test_t12_a_detail_is_markdown_that_hooks_markdown_made_and_no_plain_text(detail):
    with pytest.raises(InvalidCard, match="Markdown"):
        card(detail=detail)


@pytest.mark.parametrize(
    "detail",
    [
        joined(bracketed("x"), "(javascript:1)"), joined(bracketed("x"), bracketed("y")), joined(bracketed("x"), ": y"),
        joined("https", "://evil.test"), joined("www", ".evil.test"), joined("a", "@evil.test"),
        str.__new__(type(escape("x")), "<script>"), str.__new__(type(escape("x")), r"\\<script>"),
    ],
)  # fmt: skip
def test_t12_a_link_joined_from_harmless_parts_is_no_detail(detail):
    with pytest.raises(InvalidCard):
        card(detail=detail)


@pytest.mark.parametrize("text", ["<script>", "[x](javascript:1)", "[x]: y", r"\<b>", r"\\[x](y)", "[[x]][y]"])
def test_t12_escaped_text_is_a_detail_whatever_it_says(text):
    assert card(detail=escape(text)).detail


def test_s20_suggestions_bring_the_selection_behaviour_and_s21_no_empty_actions():
    wire = card(suggestions=(Suggestion(label="Seen", uuid=S1),)).to_wire()

    assert wire["suggestions"] == [{"label": "Seen", "uuid": S1}]
    assert wire["selectionBehavior"] == "any"


def test_cds_resp_1_at_most_one_suggestion_is_recommended():
    two = tuple(Suggestion(label="a", uuid=S1, is_recommended=True) for _ in range(2))

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
    "url",
    [
        "",
        "/review/1",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "//evil.test",
        "http://[x",
        'https://a"><b>',
        "https://a/'onclick='x",
        "https://a/\n",
    ],
)
def test_s24_a_link_is_absolute(url):
    with pytest.raises(InvalidCard):
        Link(label="Open", url=url)


def test_cds_resp_3_app_context_belongs_to_smart_links():
    assert Link(label="x", url="https://a.test", type="smart", app_context="c").to_wire()["appContext"] == "c"
    with pytest.raises(InvalidCard):
        Link(label="x", url="https://a.test", app_context="c")
    with pytest.raises(InvalidCard):
        Link(label="x", url="https://a.test", type="autolaunch")


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
