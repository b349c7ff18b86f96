"""Schemas of what the service answers: closed, so that a member too many is seen, and nothing empty (S2)."""

from __future__ import annotations

from typing import Any, Final

from hooks.card import SUMMARY_LIMIT, TOPIC_CODE, Indicator
from hooks.service import SPEC_VERSION

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_URL: Final[Schema] = {"type": "string", "pattern": "^https?://"}
_UUID: Final[Schema] = {"type": "string", "format": "uuid"}


def _closed(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "required": sorted(required),
        "properties": required | (optional or {}),
        "additionalProperties": False,
    }


def _some(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_EXTENSION: Final[Schema] = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": r"^[a-z]+(\.[a-z][a-z0-9-]*)+$"},
    "description": "Names in reverse-DNS form (S27).",
}
_CODING: Final = _closed({"code": _TEXT, "system": _TEXT, "display": _TEXT})
_SERVICE: Final = _closed(
    {"hook": _TEXT, "id": _TEXT, "description": _TEXT},
    {
        "title": _TEXT,
        "prefetch": {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
        "usageRequirements": _TEXT,
        "version": {"const": SPEC_VERSION},
        "potentiallyLongRunning": {"const": True},
        "extension": _EXTENSION,
    },
)
_CARD: Final = _closed(
    {
        "uuid": _UUID,
        "summary": {"type": "string", "minLength": 1, "maxLength": SUMMARY_LIMIT - 1},
        "indicator": {"enum": [one.value for one in Indicator]},
        "source": _ref("Source"),
    },
    {
        "detail": _TEXT,
        "suggestions": _some(_ref("Suggestion")),
        "selectionBehavior": {"enum": ["any", "at-most-one"]},
        "overrideReasons": _some(_ref("Coding")),
        "links": _some(_ref("Link")),
        "extension": _EXTENSION,
    },
) | {"dependentRequired": {"suggestions": ["selectionBehavior"], "selectionBehavior": ["suggestions"]}}
_SOURCE: Final = _closed(
    {
        "label": _TEXT,
        "topic": _closed({**_CODING["properties"], "code": {"type": "string", "pattern": f"^{TOPIC_CODE.pattern}$"}}),
    },
    {"url": _URL, "icon": _URL},
)
_ISSUE: Final = _closed(
    {
        "severity": {"enum": ["fatal", "error", "warning", "information"]},
        "code": {"type": "string", "pattern": "^[a-z-]+$", "description": "http://hl7.org/fhir/issue-type"},
    },
    {"diagnostics": _TEXT},
)

SCHEMAS: Final[dict[str, Schema]] = {
    "Discovery": _closed({"services": {"type": "array", "items": _ref("Service")}}),
    "Service": _SERVICE,
    "Cards": _closed({"cards": {"type": "array", "items": _ref("Card")}}, {"extension": _EXTENSION}),
    "Card": _CARD,
    "Source": _SOURCE,
    "Suggestion": _closed({"label": _TEXT, "uuid": _UUID}, {"isRecommended": {"const": True}}),
    "Link": _closed({"label": _TEXT, "url": _URL, "type": {"enum": ["absolute", "smart"]}}, {"appContext": _TEXT}),
    "Coding": _CODING,
    "OperationOutcome": _closed({"resourceType": {"const": "OperationOutcome"}, "issue": _some(_ISSUE)}),
    "Filed": {
        "anyOf": [{"type": "object", "maxProperties": 0}, _ref("OperationOutcome")],
        "description": "Empty where every item was filed; else an OperationOutcome that names those that were not.",
    },
    "Alive": _closed({"status": {"const": "ok"}}),
    "Ready": {"type": "object", "required": ["status"], "properties": {"status": _TEXT}},
}
