import pytest
from chart_values import texts
from hypothesis import given
from markdown_it import MarkdownIt

from hooks.errors import InvalidCard
from hooks.markdown import (
    Markdown,
    bracketed,
    bullets,
    escape,
    is_plain,
    is_safe,
    joined,
    paragraphs,
    plain,
    strong,
    words,
)


def shown(markdown):
    """The text that a reader sees."""
    tokens = MarkdownIt("gfm-like", {"html": False, "linkify": False}).parse(markdown)
    return "".join(child.content for token in tokens for child in token.children or [])


@given(text=texts)
def test_t12_escaped_text_is_shown_exactly(text):
    assert shown(escape(text)) == plain(text)


@given(text=texts)
def test_t12_an_item_and_a_bold_text_show_exactly_their_text(text):
    assert shown(bullets([words(strong(text), "x")])) == f"{plain(text)} x".strip()


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.test/x",
        "HTTPS:/evil",
        "see www.evil.test now",
        "see WwW.evil.test",
        "write to a@evil.test",
        "ftp://x.y",
        "mailto:a",
        "MaıLTO:a",
        "XMPP:a",
    ],
)
def test_addresses_are_named_and_left_out_because_some_renderers_link_them_escaped_or_not(text):
    assert "(address removed)" in plain(text)
    assert "evil" not in plain(text)


@pytest.mark.parametrize(
    "text", ["eGFR 31 mL/min/1.73 m2", "BP 120/80", "5 mg @ 8 am", "ratio 1:2", "<0.01 ng/mL", "3.5 %"]
)
def test_clinical_text_is_kept(text):
    assert plain(text) == text


@pytest.mark.parametrize("text", ["3.09 → 3.49 mg/dL", "-5 mmHg", "+ve for HLA-B27", "#4 rib fractured", "120/80"])
def test_clinical_text_that_begins_like_no_construct_is_left_readable(text):
    assert escape(text) == text


def test_direction_and_zero_width_marks_are_dropped_and_lines_joined():
    assert plain("a\u202eb\u200bc\nd\te\x00") == "abc d e"


def test_empty_blocks_leave_no_gap():
    assert paragraphs(["a", "", "b"]) == "a\n\nb"


@given(text=texts)
def test_t12_plain_text_is_fit_for_a_client_that_shows_plain_text_and_escaped_text_for_one_that_shows_markdown(text):
    assert is_plain(plain(text))
    assert is_safe(paragraphs([bullets([words(strong(text), escape(text), bracketed(text))]), escape(text)]))


@given(text=texts)
def test_t12_plain_text_among_markdown_is_escaped_wherever_it_is_joined(text):
    for several in (joined(text), words(text), paragraphs([text])):
        assert several == escape(text)
    assert bullets([text]) == f"- {escape(text)}"


def test_t12_nothing_else_makes_markdown():
    with pytest.raises(InvalidCard, match="escape"):
        Markdown("<script>")
    assert type(strong("x") + "<script>") is str


def test_words_leave_nothing_out_but_the_empty():
    assert words(strong("a"), "", escape("b"), bracketed("E1"), bracketed("")) == "**a** b [E1]"
