"""One answer to what can be seen, given alike by every place that shows text (T8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from cds_service import filters
from cds_service.review import words
from fhir_adapters.reading import plain_text
from fhir_adapters.visible import UNREADABLE, is_hidden, one_line, seen
from hooks import markdown
from tasks import sanitise
from tasks.brief_rules import wording

HIDDEN = [
    *("\x00", "\x08", "\x1b", "\x7f", "\x80", "\xad", "\u034f", "\u061c", "\u115f", "\u17b4", "\u180b", "\u180e"),
    *("\u180f", "\u200b", "\u200d", "\u200f", "\u202e", "\u2060", "\u2065", "\u2066", "\u3164", "\ud800", "\ufdd0"),
    *("\ufe0f", "\ufeff", "\uffa0", "\ufff0", "\ufff9", "\uffff", "\U0001bca0", "\U0001d173", "\U000e0041"),
    *("\U000e0100", "\U0001ffff"),
]
# Each place with its one line of visible text; what it adds of its own does not touch these.
PLACES = {
    "record": plain_text.one_line,
    "passage": plain_text.passage,
    "model": sanitise.normalise,
    "brief": wording.one_line,
    "card": markdown.plain,
    "page": words.visible,
    "template": filters.without_hidden,
}
ANY_TEXT = st.text(st.characters(), max_size=40)


@pytest.mark.parametrize("show", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("hidden", HIDDEN, ids=lambda char: f"U+{ord(char):04X}")
def test_what_is_hidden_is_hidden_everywhere_t8(hidden, show):
    assert is_hidden(hidden)
    assert show(f"met{hidden}formin") == "metformin"


@pytest.mark.parametrize("show", [show for name, show in PLACES.items() if name != "model"])
@pytest.mark.parametrize("unknown", ["\ue000", "\uf0a3", "\U000f0000", "\u0378"])
def test_a_character_of_no_known_shape_is_shown_as_unreadable_and_not_left_out(unknown, show):
    assert show(f"dose {unknown}5 mg") == f"dose {UNREADABLE}5 mg"


@pytest.mark.parametrize("text", ["µg", "10⁹/L", "Zoë", "e\u0301", "≥ 5", "名前", "😀", "½"])
def test_what_can_be_seen_stays(text):
    assert seen(text) == text
    assert one_line(text) == text
    assert not any(map(is_hidden, text))


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\x0b", "\x1c", "\x1f", "\x85", "\xa0", "\u2003", "\u2028"])
def test_white_space_of_any_sort_parts_words_and_never_joins_them(space):
    assert one_line(f"no{space}{space}fever") == "no fever"
    assert not any(map(is_hidden, space))
    for name in ("record", "brief", "card", "page"):
        assert PLACES[name](f"no{space}fever") == "no fever"
    assert sanitise.normalise(f"no{space}fever").split() == ["no", "fever"]


@given(ANY_TEXT)
def test_one_line_is_printable_and_settled(text):
    line = one_line(text)
    assert line.isprintable()
    assert one_line(line) == line
    assert not any(map(is_hidden, line))


@given(ANY_TEXT)
def test_the_record_the_brief_and_the_page_agree(text):
    assert plain_text.one_line(text) == wording.one_line(text) == words.visible(text) == one_line(text)


@given(ANY_TEXT)
def test_what_the_page_lets_through_holds_nothing_hidden(text):
    assert not any(map(is_hidden, filters.without_hidden(text)))


def test_markup_stays_markup_and_keeps_its_lines():
    shown = filters.without_hidden(Markup("<b>a\u202eb</b>\n\tc"))
    assert isinstance(shown, Markup)
    assert shown == Markup("<b>ab</b>\n\tc")
    assert filters.without_hidden(7) == 7
