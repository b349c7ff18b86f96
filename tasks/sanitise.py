"""Record text made harmless to a model's tokenizer: what it says stays, what could control the model does not.

Order matters: decoding, normalising and joining each bring control tokens back when they come after the rule,
so the rule is the last step of all (models.md section 8, measured with the real tokenizer).
"""

from __future__ import annotations

import html
import re
import unicodedata

from fhir_adapters.visible import is_hidden

ROUNDS = 4  # how deep HTML escapes may nest; deeper ones are broken apart instead

# The nine special tokens of Gemma 3, its mask, every <unusedN>, and three markers in square brackets.
CONTROL_TOKEN = re.compile(
    r"<(?=(?:start_of_turn|end_of_turn|start_of_image|end_of_image|image_soft_token|pad|bos|eos|unk|mask|unused\d+)>)"
    r"|\[(?=(?:multimodal|toxicity|@BOS@)\])"
)
_HARMLESS = "\u2039"  # a single left-pointing quotation mark stands where the bracket stood

_ENTITY = re.compile(r"&(?=[#\w])")
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1f\x85\u2028\u2029]")
_WIDTH_ONLY = ("<wide>", "<narrow>", "<font>", "<noBreak>")


def normalise(text: str) -> str:
    """The text decoded (HTML escapes), in one Unicode form, without invisible characters. Idempotent."""
    if text.isascii() and "&" not in text and text.isprintable():
        return text
    for _ in range(ROUNDS):
        settled = html.unescape(_visible(text))
        if settled == text:
            return text
        text = settled
    return _visible(_ENTITY.sub("& ", _visible(text)))


def neutralise(text: str) -> str:
    """The text normalised and without a control token. Call it on joined text, as the last step. Idempotent."""
    return CONTROL_TOKEN.sub(_HARMLESS, normalise(text))


def _visible(text: str) -> str:
    """Compatible characters folded where their meaning allows, invisible ones gone, line ends as newlines."""
    text = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    if text.isascii():
        return "".join(char for char in text if char == "\n" or char.isprintable())
    seen = "".join(char for char in _folded(text) if not is_hidden(char))
    return _folded(seen)


def _folded(text: str) -> str:
    """NFKC, except where it would change a figure: 10⁹/L stays, and does not become 109/L; ½ and ① stay, too."""
    parts: list[str] = []
    run: list[str] = []
    for char in text:
        if _changes_figures(char):
            parts += [unicodedata.normalize("NFKC", "".join(run)), char]
            run = []
        else:
            run.append(char)
    parts.append(unicodedata.normalize("NFKC", "".join(run)))
    return "".join(parts)


def _changes_figures(char: str) -> bool:
    """Whether folding this character would put a digit, a sign or a letter where a small raised one stood."""
    if char < "\x80":
        return False
    form = unicodedata.decomposition(char)
    if not form.startswith("<") or form.startswith(_WIDTH_ONLY):
        return False
    if form.startswith(("<super>", "<sub>", "<fraction>")):
        return True
    return any(folded.isdigit() for folded in unicodedata.normalize("NFKC", char))
