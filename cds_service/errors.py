"""The one place where an exception becomes an HTTP status; nothing that was sent is ever repeated.

ServiceError
 +-- Unauthenticated     no valid token: 401 with an empty body and no explanation (S38)
 +-- UnknownService      no service has this id
 +-- UnknownCard         no item of a feedback names a card of this client
 +-- NotJson             the body is no JSON object that can be read
 +-- BodyTooLarge        the body is larger than the limit (T11)
 +-- UnsupportedBody     a media type or an encoding that is not taken
 +-- OutOfTime           the time for this answer is used up before the card could be recorded

StartRefused
 +-- BadSettings         the configuration cannot be used; the message names the place
 +-- NotConfigured       something without which `serve` must not start is missing (decision 6)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.responses import Response

from fhir_adapters import errors as adapters
from hooks import errors as hooks
from ledger import errors as ledger
from tasks import errors as tasks

FHIR_JSON: Final = "application/fhir+json"


class ServiceError(Exception):
    """Root of what a request can meet in this package. Messages are our own words."""


class Unauthenticated(ServiceError):
    """No valid token. The reason is a code for our log and our metrics, never for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownService(ServiceError):
    """No service has this id."""


class UnknownCard(ServiceError):
    """No item of a feedback names a card of this client; another client's card is nobody's (T13)."""


class NotJson(ServiceError):
    """The body is no JSON object that can be read."""


class BodyTooLarge(ServiceError):
    """The body is larger than the limit."""


class UnsupportedBody(ServiceError):
    """The body's media type or encoding is not taken."""


class OutOfTime(ServiceError):
    """The time for this answer is used up; nothing was recorded."""


class StartRefused(Exception):
    """The process must not start; the message is for the operator."""


class BadSettings(StartRefused):
    """The configuration cannot be used."""


class NotConfigured(StartRefused):
    """Something without which `serve` must not start is missing."""


# Exception -> (status, issue code of http://hl7.org/fhir/issue-type, words for the client; "" = the exception's own,
# which only our own closed sets of sentences may be). Looked up along the exception's MRO.
ANSWERS: Final[Mapping[type[Exception], tuple[int, str, str]]] = {
    ServiceError: (500, "exception", "The service failed."),
    Unauthenticated: (401, "security", "Not authenticated."),
    UnknownService: (404, "not-found", "There is no service with this id."),
    UnknownCard: (404, "not-found", "No card of this client has the id that was sent."),
    NotJson: (400, "structure", ""),
    BodyTooLarge: (413, "too-long", ""),
    UnsupportedBody: (415, "not-supported", ""),
    OutOfTime: (503, "timeout", "The card could not be recorded in time, so it was not issued. Ask again later."),
    hooks.HookError: (400, "invalid", ""),
    hooks.InvalidCard: (500, "exception", "The service made a card that must not be sent."),
    adapters.AdapterError: (500, "exception", "The record could not be used."),
    adapters.WrongPatient: (
        400,
        "business-rule",
        "The request holds more than one patient, or another than context.patientId. Nothing of it was used.",
    ),
    adapters.PatientMissing: (
        412,
        "required",
        "The Patient of the context is neither in the prefetch nor to be had from the FHIR server.",
    ),
    adapters.AddressRefused: (
        403,
        "forbidden",
        "fhirServer is not one of the FHIR servers configured for this client.",
    ),
    adapters.AccessDenied: (412, "required", "The FHIR server refused access to the record."),
    adapters.ServerFailed: (
        412,
        "required",
        "The FHIR server did not answer, and the prefetch does not hold the Patient.",
    ),
    adapters.ResourceMissing: (412, "required", "The FHIR server does not have the record."),
    adapters.UnreadableRecord: (412, "required", "The record cannot be read."),
    adapters.UnreadableImage: (500, "exception", "An image could not be used."),
    adapters.GuardMissing: (500, "exception", "Images cannot be decoded here."),
    ledger.LedgerError: (503, "transient", "The card could not be recorded, so it was not issued. Ask again later."),
    tasks.SummaryError: (500, "exception", "The summary could not be used."),
}


def answer_for(error: Exception) -> tuple[int, str, str]:
    """Status, issue code and words for any exception; what is unknown is a 500 without a word of its own."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            status, code, words = ANSWERS[kind]
            return status, code, words or str(error)
    return 500, "exception", "The service failed."


def refusal(error: Exception) -> Response:
    """The response for an exception: an OperationOutcome, or a bare 401."""
    if isinstance(error, Unauthenticated):
        return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    status, code, words = answer_for(error)
    headers = {"Retry-After": "5"} if status == 503 else None  # noqa: PLR2004 - HTTP
    return Response(
        orjson.dumps(operation_outcome(code, words)), status_code=status, media_type=FHIR_JSON, headers=headers
    )


def operation_outcome(code: str, words: str) -> dict[str, Any]:
    """A FHIR OperationOutcome with one issue."""
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
