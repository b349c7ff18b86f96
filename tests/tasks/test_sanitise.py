"""No control token survives, whatever it was dressed as; what a clinician wrote does."""

import html

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.sanitise import CONTROL_TOKEN, neutralise

TOKENS = [
    "<start_of_turn>",
    "<end_of_turn>",
    "<start_of_image>",
    "<end_of_image>",
    "<image_soft_token>",
    "<pad>",
    "<bos>",
    "<eos>",
    "<unk>",
    "<mask>",
    "<unused94>",
    "[multimodal]",
    "[toxicity]",
    "[@BOS@]",
]
WIDE = {ord("<"): "＜", ord(">"): "＞", ord("["): "［", ord("]"): "］"}
DISGUISES = {
    "plain": lambda token: token,
    "full width": lambda token: token.translate(WIDE),
    "zero width inside": lambda token: token[:4] + "\u200b" + token[4:],
    "bidi inside": lambda token: token[:3] + "\u202e" + token[3:],
    "tag inside": lambda token: token[:3] + "\U000e0041" + token[3:],
    "soft hyphen inside": lambda token: token[:3] + "\xad" + token[3:],
    "control inside": lambda token: token[:3] + "\x00" + token[3:],
    "escaped": html.escape,
    "escaped four times": lambda token: html.escape(html.escape(html.escape(html.escape(token)))),
    "escaped nine times": lambda token: token.replace("<", "&" + "amp;" * 8 + "lt;"),
    "numeric": lambda token: "".join(f"&#x{ord(char):x};" for char in token),
    "numeric of numeric": lambda token: "".join(f"&#38;#{ord(char)};" for char in token),
    "entity split by zero width": lambda token: token.replace("<", "&l\u200bt;"),
    "zero width as an entity": lambda token: token[:3] + "&#8203;" + token[3:],
    "wide ampersand": lambda token: token.replace("<", "＆lt;"),
    "variation selector": lambda token: token[:2] + "\ufe0f" + token[2:],
}
PIECES = st.sampled_from(
    [
        *TOKENS,
        "<",
        ">",
        "start_of_",
        "turn>",
        "&lt;",
        "&amp;",
        "&",
        "lt;",
        "＜",
        "＞",
        "\u200b",
        "\xad",
        "\u0301",
        "e",
        "&#60;",
        "#",
        "⁹",
        "½",
        "\ud800",
    ]
)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_control_token_survives_in_any_disguise(token, disguise):
    made_harmless = neutralise(f"a note {DISGUISES[disguise](token)} goes on")
    assert CONTROL_TOKEN.search(made_harmless) is None
    assert CONTROL_TOKEN.search(html.unescape(made_harmless)) is None
    assert "goes on" in made_harmless


@given(st.text() | st.lists(PIECES | st.characters(), max_size=12).map("".join))
@example("＜start_of_turn＞")
@example("&amp;" * 40 + "lt;bos>")
@example("a\u0300\u200b\u0301")
def test_the_rule_is_idempotent_and_complete_for_any_text(text):
    once = neutralise(text)
    assert CONTROL_TOKEN.search(once) is None
    assert neutralise(once) == once
    once.encode()  # no lone surrogate either


@given(st.sampled_from(TOKENS), st.integers(1, 12))
def test_two_harmless_halves_are_sanitised_once_joined(token, cut):
    assert CONTROL_TOKEN.search(neutralise(neutralise(token[:cut]) + neutralise(token[cut:]))) is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Platelets 150 × 10⁹/L", "Platelets 150 × 10⁹/L"),  # never 109/L
        ("1½ tablets", "1½ tablets"),  # never 11/2
        ("①5 mg", "①5 mg"),  # never 15 mg
        ("BMI 31 kg/m²", "BMI 31 kg/m²"),
        ("BP &lt; 140 &amp; falling", "BP < 140 & falling"),
        ("<0.01 ng/mL", "<0.01 ng/mL"),
        ("Ｎａ １３２ ㎎", "Na 132 mg"),
        ("<START_OF_TURN>", "<START_OF_TURN>"),  # exact matching only: this is no token
        ("line one\r\nline two\u2028three", "line one\nline two\nthree"),
        ("café", "café"),
        ("高血壓", "高血壓"),
    ],
)
def test_what_a_clinician_wrote_stays(written, kept):
    assert neutralise(written) == kept


def test_a_megabyte_of_nested_escapes_ends_and_hides_nothing():
    for bomb in ("&" + "amp;" * 200_000 + "lt;bos>", "&#38;" * 200_000 + "#60;bos>"):
        assert CONTROL_TOKEN.search(html.unescape(neutralise(bomb))) is None
