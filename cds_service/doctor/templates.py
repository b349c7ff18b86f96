"""The grammar of prefetch templates (S9): which tokens may stand in one, and which searches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_CONTEXT: Final = re.compile(r"context\.[A-Za-z][A-Za-z0-9]*")
_USERS: Final = frozenset({"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"})
# (3.0) relative dates; many clients of today know them.
_TODAY: Final = re.compile(r"today\(\)( *[+-] *\d+ *(days|months|years))?")
_READ: Final = re.compile(r"([A-Z][A-Za-z]{1,63}/)?(\{\{[^{}]*\}\}|[A-Za-z0-9.-]{1,64})")
_SEARCH: Final = re.compile(r"[A-Z][A-Za-z]{1,63}\?.+")
_CONTROL: Final = frozenset({"_count", "_sort", "_maxresults"})
_PARAMETER: Final = re.compile(r"_?[a-z][A-Za-z-]*(:in)?")
_ODD_PREFIX: Final = re.compile(r"(ne|sa|eb|ap)\d{4}")


def token_problems(template: str) -> Iterator[str]:
    """Tokens that are neither a root member of the context nor a user's id."""
    for token in _TOKEN.findall(template):
        name = token.strip()
        if not (_CONTEXT.fullmatch(name) or name in _USERS or _TODAY.fullmatch(name)):
            yield "a token is neither context.<member> nor a user's id"
    if template.count("{{") != template.count("}}"):
        yield "a token is not closed"


def search_problems(template: str) -> Iterator[str]:
    """Whatever is neither a read nor a search of one type, or asks for more than servers are expected to know."""
    if _READ.fullmatch(template):
        return
    if not _SEARCH.fullmatch(template):
        yield "is neither a read nor a search of one type"
        return
    for name, value in parse_qsl(template.partition("?")[2], keep_blank_values=True):
        if name not in _CONTROL and not _PARAMETER.fullmatch(name):
            yield "uses a search parameter with a chain or a modifier other than :in"
        if _ODD_PREFIX.match(value):
            yield "uses a date prefix other than eq, lt, gt, ge and le"
