"""HTML to plain text in one linear pass: scripts, styles and hidden elements gone, blocks on lines of their own."""

from __future__ import annotations

import html
import re

# Comments first: one that is never closed swallows the rest, as browsers do. Attribute lengths are bounded, so that
# hostile markup cannot make the search quadratic.
_TOKEN = re.compile(
    r"<!--(?:.*?-->|.*)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]{0,30})(?P<attributes>(?:[^<>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}'){0,2000})>"
    r"|<[!?][^<>]{0,2000}>",
    re.DOTALL,
)
_NOT_SHOWN = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "iframe",
        "object",
        "embed",
        "head",
        "title",
        "svg",
        "math",
        "textarea",
        "select",
        "audio",
        "video",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_HIDING = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:0(?![.\d]*[1-9])|opacity:0(?![.\d]*[1-9])"
    r"|color:(?:white|transparent|#fff(?:fff)?(?![0-9a-f]))"
)
_HIDDEN_ATTRIBUTE = re.compile(r"(?:^|\s)hidden(?:\s|=|/|$)|aria-hidden\s*=\s*[\"']?true", re.IGNORECASE)


def plain_text_of(markup: str) -> str:
    """The text that a reader of the page would see. Never raises; what cannot be told apart is left out."""
    kept: list[str] = []
    at = depth = 0
    hidden = ""  # the name of the element that hides what we are in
    for token in _TOKEN.finditer(markup):
        if not hidden:
            kept.append(markup[at : token.start()])
        at = token.end()
        name = (token["name"] or "").lower()
        if hidden:
            depth += 0 if name != hidden else -1 if token["close"] else 1
            hidden = hidden if depth else ""
        elif name and not token["close"] and name not in _VOID and _is_hidden(name, token["attributes"]):
            hidden, depth = name, 1
        elif name in _BLOCKS:
            kept.append("\n")
        elif name in {"td", "th"}:
            kept.append(" ")
    if not hidden:
        kept.append(markup[at:])
    return html.unescape("".join(kept))


def _is_hidden(name: str, attributes: str) -> bool:
    if name in _NOT_SHOWN:
        return True
    if not attributes:
        return False
    style = html.unescape(attributes).lower()
    return _HIDDEN_ATTRIBUTE.search(attributes) is not None or _HIDING.search("".join(style.split())) is not None
