"""Schemas of what clients send, exactly as strict as the service is (S10, S11, S28) and as lenient (cds-hooks.md 9.3).

Members that are strictly read have the standard's form. For those that are leniently read the standard's form is named
beside whatever else is taken, so that nobody learns from this document to send less than the standard asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hooks.contexts.reading import ANYBODY, STAFF
from hooks.service import Service

Schema = dict[str, Any]

_ID: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}"
_NOTHING: Final[Schema] = {"enum": [None, "", [], {}]}
_UUID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"}


def hook_request(service: Service) -> Schema:
    """The body of a call of this service."""
    return {
        "type": "object",
        "required": ["hook", "hookInstance", "context"],
        "properties": {
            "hook": {"const": service.hook},
            "hookInstance": _UUID,
            "context": _CONTEXTS.get(service.hook, _context(patientId=_id("Patient"))),
            "fhirServer": {
                "anyOf": [{"type": "string", "maxLength": 2048}, _NOTHING],
                "description": "The base URL of the FHIR server, one of those configured for this client (else 403).",
            },
            "fhirAuthorization": {"anyOf": [_AUTHORIZATION, {}], "description": "Unusable: read as absent."},
            "prefetch": {"anyOf": [_prefetch(service), _NOTHING]},
            "extension": {"anyOf": [{"type": "object"}, {}], "description": "Ignored."},
        },
    }


def feedback() -> Schema:
    """The body of a feedback."""
    return {
        "type": "object",
        "required": ["feedback"],
        "properties": {"feedback": {"anyOf": [{"type": "array", "items": _FEEDBACK, "maxItems": 500}, _FEEDBACK]}},
    }


def _id(kind: str) -> Schema:
    return {"type": "string", "pattern": f"^{_ID}$", "description": f"The bare id of the {kind}."}


def _optional(schema: Schema) -> Schema:
    return {"anyOf": [schema, _NOTHING]}


def _user(types: frozenset[str]) -> Schema:
    return {"type": "string", "pattern": f"^({'|'.join(sorted(types))})/{_ID}$"}


def _context(*, optional: Mapping[str, Schema] | None = None, **required: Schema) -> Schema:
    """A context; members that are not named here are ignored."""
    return {"type": "object", "required": sorted(required), "properties": required | dict(optional or {})}


def _prefetch(service: Service) -> Schema:
    """By key: a resource, a searchset Bundle, null for no data, an OperationOutcome for a failure (S12)."""
    properties = {key: {"description": f"`{template}`"} for key, template in service.prefetch.items()}
    return {"type": "object", "properties": properties}


_NO_BLANK: Final = r"[^\s\u001c-\u001f\u0085]"  # the separators beside \s are blanks to us, and to JSON Schema none
_REFERENCE: Final[Schema] = {"type": "string", "pattern": _NO_BLANK, "description": "A reference, Type/id."}
_BUNDLE: Final[Schema] = {
    "type": "object",
    "required": ["resourceType"],
    "properties": {"resourceType": {"const": "Bundle"}},
}
_ENCOUNTER: Final = {"encounterId": _optional(_id("Encounter"))}
_SEEN: Final = {"userId": _user(ANYBODY), "patientId": _id("Patient")}
_BY_STAFF: Final = {"userId": _user(STAFF), "patientId": _id("Patient")}
_IN_ENCOUNTER: Final = _context(**_BY_STAFF, encounterId=_id("Encounter"))

# The members of each published hook: https://cds-hooks.hl7.org/. hooks.contexts reads them.
_CONTEXTS: Final[Mapping[str, Schema]] = {
    "patient-view": _context(**_SEEN, optional=_ENCOUNTER),
    "order-select": _context(
        **_BY_STAFF,
        selections={"type": "array", "items": _REFERENCE},
        draftOrders=_BUNDLE,
        optional=_ENCOUNTER,
    ),
    "order-sign": _context(**_BY_STAFF, draftOrders=_BUNDLE, optional=_ENCOUNTER),
    "order-dispatch": _context(
        patientId=_id("Patient"),
        dispatchedOrders={"type": "array", "items": _REFERENCE, "minItems": 1},
        performer=_REFERENCE,
        optional={"fulfillmentTasks": {"anyOf": [{"type": "array", "items": {"type": "object"}}, {}]}},
    ),
    "encounter-start": _IN_ENCOUNTER,
    "encounter-discharge": _IN_ENCOUNTER,
    "appointment-book": _context(**_SEEN, appointments=_BUNDLE, optional=_ENCOUNTER),
}

_AUTHORIZATION: Final[Schema] = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope", "subject"],
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "scope": {"type": "string"},
        "subject": {"type": "string"},
    },
    "description": "`patient`, where it is sent, is the patient of the context (else 400).",
}
_CODING: Final[Schema] = {
    "type": "object",
    "required": ["code"],
    "properties": {name: {"type": "string"} for name in ("code", "system", "display")},
}
_FEEDBACK: Final[Schema] = {
    "type": "object",
    "required": ["card", "outcome", "outcomeTimestamp"],
    "properties": {
        "card": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$", "description": "The uuid of the card."},
        "outcome": {"enum": ["accepted", "overridden"]},
        "outcomeTimestamp": {"type": "string", "description": "RFC 3339, UTC."},
        "acceptedSuggestions": {
            "type": "array",
            "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
            "description": "Required where the outcome is accepted.",
        },
        "overrideReason": {
            "type": "object",
            "properties": {"reason": _CODING, "userComment": {"type": "string"}},
            "description": "Reason or comment, or both.",
        },
    },
}
