"""Whatever a record or a model says stays text on every page (T12)."""

import re
from html.parser import HTMLParser

import pytest
from hook_desk import bundle, condition, hook_body, prefetch
from page_desk import AUDITOR, A, scripted
from test_review_page import note

# From the OWASP filter evasion sheet and the usual Markdown corpora, plus bidi and zero-width tricks.
CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<iframe src=javascript:alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<base href=//evil.test>",
    "<meta http-equiv=refresh content='0;url=//evil.test'>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<form action=//evil.test><button>Reviewed</button>",
    "<style>body{display:none}</style>",
    "{{ 1337*7331 }}{% raw %}{{ person }}",
    "${1337*7331} #{1337*7331}",
    "[x](javascript:alert(1)) ![x](//evil.test/x.png)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202etxt.exe\u202c \u200bhidden\u2066",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "﹤script﹥ ＜script＞alert(1)＜/script＞",
]
NEVER = {"iframe", "object", "embed", "svg", "math", "style", "base", "frame", "applet", "template", "xmp", "plaintext"}


class Outline(HTMLParser):
    """The tags of a page as a browser would see them."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def assert_harmless(html):
    """No tag, handler, style or address that a template of ours did not write."""
    tags = Outline(html).tags
    assert tags
    assert not NEVER & {tag for tag, _ in tags}
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name in {"style", "http-equiv", "srcdoc"}]
        for name in ("href", "src", "action", "formaction", "data-load", "data-state-url"):
            assert re.match(r"(?!//)[/#]|$", attributes.get(name) or ""), (tag, attributes)
        if tag in {"img", "script", "link", "form"}:
            address = attributes.get("src") or attributes.get("href") or attributes.get("action") or ""
            assert re.match(r"/(static|review|audit|sign-out)|$", address), attributes
    assert sum(tag == "script" for tag, _ in tags) <= 1
    assert sum(tag == "link" for tag, _ in tags) == 2
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00]", html)
    assert "9801547" not in re.findall(r"9801547", html.replace("9801547%", ""))


@pytest.mark.parametrize("text", CORPUS)
def test_t12_a_hostile_record_stays_text(pages, text):
    body = hook_body(
        prefetch=prefetch(
            conditions=bundle(condition(text=text)),
            documents=bundle(note(f"First line.\n{text} and more. {text}", title=text)),
        )
    )
    body["prefetch"]["patient"]["name"] = [{"text": text}]
    body["prefetch"]["patient"]["identifier"] = [{"value": text}]
    card = pages.card(body)

    assert_harmless(pages.get(f"/review/{card}").text)
    assert_harmless(pages.get(f"/audit/cards/{card}", AUDITOR).text)
    assert_harmless(pages.get("/audit", AUDITOR).text)


@pytest.mark.parametrize("text", CORPUS)
def test_t12_a_hostile_model_stays_text_shown_or_withheld(pages, tmp_path, text):
    body = hook_body(prefetch=prefetch(documents=bundle(note(f"Walks daily. {text}"))))
    card = pages.card(body)
    statements = [
        {"kind": "course", "text": f"Walks daily. {text}"[:280], "refs": ["DocumentReference/n1"]},
        {"kind": "problem", "text": text, "refs": ["Condition/c1"]},
        {"kind": "problem", "text": "Type 2 diabetes is active.", "refs": [text]},
    ]
    pages.summarise(scripted(tmp_path / "s", statements))

    assert_harmless(pages.get(f"/review/{card}").text)
    assert_harmless(pages.get(f"/audit/cards/{card}", AUDITOR).text)


@pytest.mark.parametrize("text", CORPUS)
def test_t12_a_hostile_comment_note_or_filter_stays_text(pages, text):
    card = pages.card()
    pages.answer(card, "safety-report", A, comment=f"Look: {text}")
    html = pages.get(f"/audit/cards/{card}", AUDITOR).text
    assert_harmless(html)
    place = html.split("/audit/withdrawals/")[1].split("/")[0]
    form = {"token": pages.token(AUDITOR), "note": text}
    assert pages.post(f"/audit/withdrawals/{place}/release", form, AUDITOR).status_code in {303, 400}
    assert_harmless(pages.get(f"/audit/cards/{card}", AUDITOR).text)
    filtered = pages.person(AUDITOR).get("/audit", params=dict.fromkeys(("patient", "user", "service", "state"), text))
    assert filtered.status_code == 200
    assert_harmless(filtered.text)


def test_the_scripts_and_styles_of_the_pages_load_nothing_from_elsewhere(pages):
    for name in ("pages.css", "review.js", "keys.js", "polling.js", "pictures.js"):
        file = pages.http.get(f"/static/{name}")
        assert file.status_code == 200
        assert not re.search(r"https?://|//[a-z]+\.[a-z]|@import|url\(|innerHTML|eval\(|document\.write", file.text)
    assert pages.http.get("/static/../login.py").status_code == 404
    assert pages.http.get("/static/%2e%2e/login.py").status_code == 404
