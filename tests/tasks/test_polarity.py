"""One pass over a sentence: each term with what is said of it, and work that grows no faster than the text."""

import sys

import pytest

from tasks.checks import cues, expressions, note_words, notes, people, polarity
from tasks.checks.cues import Stance, cues_at
from tasks.checks.notes import statements
from tasks.checks.polarity import LONGEST, others, stances

HOSTILE = [
    "no a, ", "no effusion ", "if a ", "not not ", "no a and ", "no (a ", "a) no ", "? no ", "no.", "no\n", "not been ",
    "a or ", ", ", ": no ", "history of a ", "mother had a, ", "to be ", "possible a, and ", "no a is a, or ", "n't ",
    "cannot exclude a ", "is was not ", "Mr Smith ", "Mr. ", "a" * 9, "1,", "1 ", "(", "[ ] ", "- ", "’", "heart ",
]  # fmt: skip


def steps(function, text):
    """How many lines of the modules that read notes run for a text: a count, not a time."""
    own = {module.__file__ for module in (cues, expressions, note_words, notes, people, polarity)}
    count = 0

    def trace(frame, event, arg):
        nonlocal count
        if frame.f_code.co_filename not in own:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(text)
    finally:
        sys.settrace(before)
    return count


def read_note(text):
    return [stances(each.text, each.under) for each in statements(text)]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("function", [read_note, lambda text: list(people.people(text))], ids=["notes", "people"])
def test_b6_twice_the_text_is_at_most_twice_the_work(function, piece):
    function(piece)  # tables are read once
    once, twice, four_times = (steps(function, piece * (size // len(piece))) for size in (2_000, 4_000, 8_000))
    assert twice <= 2.2 * once + 200
    assert four_times <= 2.2 * twice + 200


@pytest.mark.parametrize("piece", HOSTILE)
def test_b6_within_the_length_that_is_read_the_work_is_linear_too(piece):
    stances(piece)
    half, whole = (steps(stances, (piece * LONGEST)[:size]) for size in (LONGEST // 2, LONGEST))
    assert whole <= 2.2 * half + 200


def test_b6_beyond_the_length_that_is_read_nothing_is_affirmed_or_denied():
    text = f"No {'very ' * LONGEST} rash, chest pain"
    assert {stance for said in read_note(text)[-1].values() for each in said for stance in each} >= {Stance.UNCLEAR}
    assert all(Stance.AFFIRMED not in each for said in read_note(text)[-1].values() for each in said)
    assert stances("word " * LONGEST + "rash")["word"][-1] == {Stance.UNCLEAR}


@pytest.mark.parametrize(
    "text", ["", " ", "?", "(((", "\n\n", "no", "not", ":", "- -", "’", "n't", "\x00", "非 no 発熱", "#", ";;"]
)
def test_whatever_the_text_it_is_read_without_an_error(text):
    assert isinstance(read_note(text), list)
    assert isinstance(stances(text), dict)


def test_a_term_named_twice_has_both_stances_apart():
    assert stances("Weight 82 kg, goal weight 70 kg")["weight"] == [{Stance.AFFIRMED}, {Stance.PLANNED}]
    assert stances("Weight 82 kg, goal weight 70 kg")["70"] == [{Stance.PLANNED}]


def test_the_words_of_a_cue_are_no_terms():
    assert set(stances("Rule out sepsis")) == {"sepsi"}
    assert "mother" not in stances("Mother had gout")


def test_those_whom_a_sentence_names_beside_the_patient_are_known():
    assert others("Her mother's wife had gout") == {"mother", "wife"}


def test_the_longest_cue_wins_and_an_answer_must_end_its_clause():
    assert cues_at(["no", "longer", "takes"], 0)[0] == 3
    assert cues_at([":", "no", "fever"], 0)[0] == 0
    assert cues_at([":", "no", "."], 0)[0] == 2


@pytest.mark.parametrize(
    ("sentence", "term", "said"),
    [
        ("No fever.", "fever", {Stance.NEGATED}),
        ("Fever.", "fever", {Stance.AFFIRMED}),
        ("Possible fever.", "fever", {Stance.DOUBTED}),
        ("Fever is unlikely.", "fever", {Stance.DOUBTED, Stance.NEGATED}),
        ("Wife has fever.", "fever", {Stance.OTHER}),
        ("Plan: dialysis.", "dialysi", {Stance.PLANNED}),
        ("If fever, call.", "fever", {Stance.PLANNED, Stance.DOUBTED}),
        ("Stopped lithium.", "lithium", {Stance.STOPPED}),
        ("History of gout.", "gout", {Stance.PAST}),
        ("Allergic to latex.", "latex", {Stance.ALLERGIC}),
        ("No family history of gout.", "gout", {Stance.OTHER, Stance.NEGATED}),
        ("No fever, rash since May.", "rash", {Stance.UNCLEAR}),
        ("Plan: continue lithium.", "lithium", {Stance.AFFIRMED}),
    ],
)
def test_each_stance_has_its_cue(sentence, term, said):
    assert stances(sentence)[term] == [said]
