"""Puts the document together: a path for each service, and for each path every status that the table of errors has."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final

from cds_service.errors import ANSWERS, FHIR_JSON, PageError, UnknownService
from cds_service.openapi.answers import SCHEMAS
from cds_service.openapi.requests import Schema, feedback, hook_request
from hooks.service import Service

_JSON: Final = "application/json"
_TOKEN: Final[list[dict[str, list[str]]]] = [{"clientToken": []}]
_NOT_SAID: Final = {401: "No valid token. The body is empty, and nothing is explained (S38)."}
_NO_BODY: Final = frozenset({400, 404, 408, 412, 413, 415})  # of a call that sends none
_DESCRIPTION: Final = """\
CDS Hooks 2.0.1: discovery, the services, and feedback; beside them what a probe or a monitor asks. Every call of the
first three carries a JWT that the client signed for exactly this address, once: `aud` is the URL, `jti` is used up.
Unknown members of a request are ignored. Refusals are an OperationOutcome and repeat nothing of what was sent.
"""


def openapi_document(services: Iterable[Service]) -> dict[str, Any]:
    """The document for these services, as JSON."""
    listed = tuple(services)
    paths: dict[str, Any] = {"/cds-services": {"get": _discovery()}}
    for one in listed:
        paths[f"/cds-services/{one.id}"] = {"post": _call(one)}
        paths[f"/cds-services/{one.id}/feedback"] = {"post": _feedback(one)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chartside", "version": version("chartside"), "description": _DESCRIPTION},
        "paths": paths | _PROBES,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"clientToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _discovery() -> Schema:
    responses = {"200": _answer("Every service (S4).", "Discovery")}
    return {
        "operationId": "discover",
        "summary": "Which services there are",
        "security": _TOKEN,
        "responses": responses | _refusals(without=_NO_BODY | {403}),
    }


def _call(service: Service) -> Schema:
    said = _answer("Cards, or an empty list: looked, and nothing to say (S17).", "Cards")
    refusals = _refusals(without=frozenset({404}))
    return {
        "operationId": service.id,
        "summary": service.title or service.description,
        "description": f"{service.description} Hook: {service.hook}.",
        "security": _TOKEN,
        "requestBody": _body(hook_request(service)),
        "responses": {"200": said} | refusals,
    }


def _feedback(service: Service) -> Schema:
    return {
        "operationId": f"{service.id}-feedback",
        "summary": f"What became of cards of {service.id}",
        "security": _TOKEN,
        "requestBody": _body(feedback()),
        "responses": {"200": _answer("At least one card was known (S30).", "Filed")}
        | _refusals(without=frozenset({403, 412})),
    }


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {_JSON: {"schema": schema}}}


def _answer(description: str, schema: str, media: str = _JSON) -> Schema:
    return {"description": description, "content": {media: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _refusals(*, without: frozenset[int]) -> dict[str, Schema]:
    """By status what ANSWERS says of it: of calls, not of pages."""
    words: dict[int, dict[str, None]] = {}  # in the order of the table, each once
    for kind, (status, _code, said) in ANSWERS.items():
        if not issubclass(kind, PageError) and kind is not UnknownService and status not in without:
            words.setdefault(status, {})[said or (kind.__doc__ or "").partition("\n")[0]] = None
    return {str(status): _refusal(status, " ".join(said)) for status, said in sorted(words.items())}


def _refusal(status: int, said: str) -> Schema:
    if status in _NOT_SAID:
        return {"description": _NOT_SAID[status]}
    return _answer(said, "OperationOutcome", FHIR_JSON)


_PROBES: Final[dict[str, Schema]] = {
    "/healthz": {
        "get": {
            "operationId": "healthz",
            "summary": "Whether the process answers",
            "responses": {"200": _answer("It does.", "Alive")},
        }
    },
    "/readyz": {
        "get": {
            "operationId": "readyz",
            "summary": "Whether a card could be recorded",
            "responses": {"200": _answer("It could.", "Ready"), "503": _answer("It could not.", "Ready")},
        }
    },
    "/metrics": {
        "get": {
            "operationId": "metrics",
            "summary": "Figures for Prometheus",
            "responses": {
                "200": {"description": "Its text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}
            },
        }
    },
}
