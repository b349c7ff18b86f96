"""What a hospital's own service can put on a card: whatever comes in by services_dir, no HTML and no link goes out."""

import pytest
from chart_values import ADDRESS, NOW, chart, texts
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hooks.contexts import PatientViewContext
from hooks.discovery import find_services
from hooks.errors import InvalidCard
from hooks.request import HookRequest
from hooks.service import Silence
from tasks.states import Preparing

# It says whatever the caller of this test sends in the context's unknown members.
HOSTILE = '''
"""A hospital's service that means no good."""

from hooks import markdown
from hooks.card import Card, Coding, Indicator, Link, Source, Suggestion
from hooks.service import service


def written(steps):
    done = ""
    for name, text in steps:
        make = getattr(markdown, name)
        done = make([done, text]) if name in ("bullets", "paragraphs") else make(done, text) if done else make(text)
    return done


@service(id="hostile", hook="patient-view", title="Hostile", description="Says what it is told to.")
def hostile(request, chart):
    say = request.context.extra
    return (
        Card(
            uuid=chart.new_id(),
            summary=say["summary"],
            indicator=Indicator.INFO,
            detail=written(say["detail"]),
            source=Source(label=say["source"], topic=Coding(system="urn:x", code="x", display=say["display"])),
            suggestions=(Suggestion(label=say["suggestion"], uuid=chart.new_id()),),
            links=(Link(label=say["link"], url=say["url"]),),
        ),
    )
'''
SILENT = """
from hooks.service import service


@service(id="silent", hook="patient-view", title="Silent", description="Forgets what it wanted to say.")
def silent(request, chart):
    return {}
"""
MAKERS = ["joined", "words", "bullets", "paragraphs"]
HALVES = [
    "http",
    "://evil.test",
    "www",
    ".evil.test",
    "a",
    "@evil.test",
    "[x]",
    "(javascript:1)",
    "<",
    "script>",
    "![",
    "]: x",
]
pieces = st.one_of(texts, st.sampled_from(HALVES), st.just("plain"))
PLAIN = {"summary": "x", "source": "x", "display": "x", "suggestion": "x", "link": "x", "url": "https://a.test/x"}
urls = st.one_of(st.just("https://a.test/x"), texts.map(lambda text: f"https://a.test/{text}"), texts)
said = st.fixed_dictionaries({
    **{name: st.one_of(st.just("x"), pieces) for name in PLAIN if name != "url"},
    "url": urls,
    "detail": st.lists(st.tuples(st.sampled_from(MAKERS), pieces), max_size=5),
})  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("services")
    (folder / "hostile.py").write_text(HOSTILE)
    return find_services(folder, installed=())["hostile"]


def answer(service, say):
    context = PatientViewContext(user_id="Practitioner/u1", patient_id="p1", extra=say)
    request = HookRequest(hook="patient-view", hook_instance="00000000-0000-4000-8000-000000000000", context=context)
    return service.answer(request, chart(Preparing(job_id="j1", since=NOW)))


def tokens(markdown):
    """As the most trusting renderer reads it: raw HTML taken as such."""
    found = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(markdown)
    return {one.type for token in found for one in [token, *(token.children or [])]}


@settings(max_examples=400)
@given(say=said)
def test_t12_a_hostile_service_puts_no_html_and_no_link_into_a_card(hostile, say):
    try:
        (card,) = answer(hostile, say)
    except InvalidCard:
        return  # nothing leaves; cds_service/test_plugin_faults.py holds what the EHR gets then
    wire = card.to_wire()

    assert not tokens(wire.get("detail", "")) & {"html_inline", "html_block", "link_open", "image"}
    assert not ADDRESS.search(wire.get("detail", ""))
    labels = [wire["summary"], wire["source"]["label"], wire["source"]["topic"]["display"]]
    for text in [*labels, wire["suggestions"][0]["label"], wire["links"][0]["label"]]:
        assert text.isprintable()
        assert not ADDRESS.search(text)
        assert not tokens(text) & {"html_inline", "html_block", "link_open", "image"}
    assert not set(wire["links"][0]["url"]) & set("<>\"' \n")


@pytest.mark.parametrize("steps", [[("joined", "http"), ("joined", "://evil.test")], [], [("words", "<script>")]])
def test_t12_what_a_detail_is_joined_from_decides_whether_it_may_leave(hostile, steps):
    say = PLAIN | {"detail": steps}
    if steps and steps[0][0] == "words":
        assert answer(hostile, say)[0].detail == r"\< script\>"
        return
    with pytest.raises(InvalidCard):
        answer(hostile, say)


@pytest.mark.parametrize("before", ["", "a", "_", "7", "*", "("])
@pytest.mark.parametrize(("half", "rest"), [("www", ".evil.test"), ("http", "://evil.test"), ("x", "@evil.test")])
def test_t12_no_address_leaves_whatever_it_is_joined_behind(hostile, before, half, rest):
    """GitHub's renderer links after "_", "*" and "(" too, others after anything."""
    with pytest.raises(InvalidCard):
        answer(hostile, PLAIN | {"detail": [("joined", before), ("joined", half), ("joined", rest)]})


def test_a_bare_mark_of_an_address_links_nothing_and_may_leave(hostile):
    (card,) = answer(hostile, PLAIN | {"detail": [("joined", "a"), ("joined", "://")]})
    assert card.detail == "a://"


@pytest.mark.parametrize("forgotten", ["None", "{}", "'card'", "0", "[1]", "(None,)", "''"])
def test_an_answer_that_is_neither_cards_nor_silence_is_a_fault_and_never_silence(tmp_path, forgotten):
    (tmp_path / "silent.py").write_text(SILENT.format(forgotten))
    service = find_services(tmp_path, installed=())["silent"]

    with pytest.raises(InvalidCard, match="silent"):
        answer(service, {})


@pytest.mark.parametrize("empty", ["()", "[]"])
def test_no_card_at_all_means_that_there_is_nothing_to_say(tmp_path, empty):
    (tmp_path / "silent.py").write_text(SILENT.format(empty))

    assert answer(find_services(tmp_path, installed=())["silent"], {}) is Silence.NOTHING_TO_SAY
