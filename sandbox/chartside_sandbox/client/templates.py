"""Prefetch templates filled in: root-level context tokens, user tokens, and `today()` (client C2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

_TOKEN: Final = re.compile(r"\{\{\s*([^}]+?)\s*\}\}")
_TODAY: Final = re.compile(r"today\(\)(?:\s*([+-])\s*(\d{1,4})\s*days?)?")
_USERS: Final = {
    "Practitioner": "userPractitionerId",
    "PractitionerRole": "userPractitionerRoleId",
    "Patient": "userPatientId",
    "RelatedPerson": "userRelatedPersonId",
}


def resolved(template: str, context: Mapping[str, Any], *, today: date) -> str | None:
    """The address that `template` asks for; None where it has a token that this context cannot fill."""
    known = _known(context)
    values = {token: _value(token, known, today) for token in _TOKEN.findall(template)}
    if any(value is None for value in values.values()):
        return None
    return _TOKEN.sub(lambda found: quote(values[found.group(1)] or "", safe=""), template)


def type_of(template: str) -> str:
    """The resource type that a template asks for."""
    return re.split(r"[/?]", template, maxsplit=1)[0]


def _known(context: Mapping[str, Any]) -> dict[str, str]:
    """The tokens of a context: its strings by name, and who the user is."""
    known = {f"context.{name}": value for name, value in context.items() if isinstance(value, str)}
    kind, _, user_id = str(context.get("userId", "")).partition("/")
    if kind in _USERS and user_id:
        known[_USERS[kind]] = user_id
    return known


def _value(token: str, known: Mapping[str, str], today: date) -> str | None:
    if (found := _TODAY.fullmatch(token)) is None:
        return known.get(token)
    sign, days = found.group(1), int(found.group(2) or 0)
    return (today + timedelta(days=-days if sign == "-" else days)).isoformat()
