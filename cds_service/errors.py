"""The one place where an exception becomes an HTTP status; nothing that was sent is ever repeated.

ServiceError
 +-- Unauthenticated     no valid token: 401 with an empty body and no explanation (S38)
 +-- UnknownService      no service has this id
 +-- UnknownCard         no item of a feedback names a card of this client
 +-- NotJson             the body is no JSON object that can be read
 +-- BodyTooLarge        the body is larger than the limit (T11)
 +-- BodyLate            the body did not arrive within the time for the answer (T11)
 +-- UnsupportedBody     a media type or an encoding that is not taken
 +-- TooManyCalls        a client calls faster than it may (T23)
 +-- OutOfTime           the time for this answer is used up before the card could be recorded
 |    +-- Overloaded         so many calls are under way that one more would not be answered in time
 +-- PageError           a page or a form of it
      +-- NotSignedIn        nobody is logged in
      +-- NotAllowed         the person's role does not open this page
      +-- PageMissing        no such page, or one that this person may not see (T13)
      +-- PagePurged         what the page showed was purged
      +-- CrossSite          a form that was not sent from our own page in this session (T14)
      +-- BadForm            a form that cannot be read
      +-- SurfaceChanged     the page is no longer what the person saw (T15)
      |    +-- SummaryWithdrawn   the AI summary that the person saw was withdrawn
      +-- NotOpened          no such page was ever opened by this person (SAF-ACK-4)
      +-- NotPrefetched      a browser asks ahead of the person: nobody is looking yet

StartRefused
 +-- BadSettings         the configuration cannot be used; the message names the place
 +-- NotConfigured       something without which `serve` must not start is missing (decision 6)
      +-- BadKeys            a client's key set cannot be used

KeysOutOfReach            a client's key set could not be read just now; the last good one stays
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


class BodyLate(ServiceError):
    """The body came so slowly that the time for its answer was used up."""


class TooManyCalls(ServiceError):
    """The client calls faster than it may."""

    def __init__(self, words: str = "", *, retry_after_s: int = 1) -> None:
        super().__init__(words)
        self.retry_after_s = retry_after_s


class UnsupportedBody(ServiceError):
    """The body's media type or encoding is not taken."""


class OutOfTime(ServiceError):
    """The time for this answer is used up; nothing was recorded."""


class Overloaded(OutOfTime):
    """So many calls are under way that one more would not be answered in time; nothing of it was read."""


class PageError(ServiceError):
    """A page could not be shown or a form not be taken."""


class NotSignedIn(PageError):
    """Nobody is logged in."""


class NotAllowed(PageError):
    """The person's role does not open this page."""


class PageMissing(PageError):
    """There is no such page, or it is not this person's to see: the two are told apart by nobody (T13)."""


class PagePurged(PageError):
    """What the page showed was purged from the ledger."""


class CrossSite(PageError):
    """The form was not sent from our own page in this session (T14)."""


class BadForm(PageError):
    """The form cannot be read."""


class SurfaceChanged(PageError):
    """The page is no longer what the person saw when answering (T15)."""


class SummaryWithdrawn(SurfaceChanged):
    """The AI summary of the page was withdrawn between its opening and the answer."""


class NotOpened(PageError):
    """This person never opened the page in the form that was answered (SAF-ACK-4)."""


class NotPrefetched(PageError):
    """A browser fetched the page ahead of the person; an opening is recorded only when somebody looks (T14)."""


class StartRefused(Exception):
    """The process must not start; the message is for the operator."""


class BadSettings(StartRefused):
    """The configuration cannot be used."""


class NotConfigured(StartRefused):
    """Something without which `serve` must not start is missing."""


class BadKeys(NotConfigured):
    """A client's key set cannot be used; the message names the key by its number."""


class KeysOutOfReach(Exception):
    """A client's key set could not be read just now."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


# Exception -> (status, issue code of http://hl7.org/fhir/issue-type, words for the client; "" = the exception's own,
# which only our own closed sets of sentences may be). Looked up along the exception's MRO.
ANSWERS: Final[Mapping[type[Exception], tuple[int, str, str]]] = {
    ServiceError: (500, "exception", "The service failed."),
    Unauthenticated: (401, "security", "Not authenticated."),
    UnknownService: (404, "not-found", "There is no service with this id."),
    UnknownCard: (404, "not-found", "No card of this client has the id that was sent."),
    NotJson: (400, "structure", ""),
    BodyTooLarge: (413, "too-long", ""),
    BodyLate: (408, "timeout", "The body did not arrive in time."),
    TooManyCalls: (429, "throttled", "This client calls faster than it may. Ask again later."),
    UnsupportedBody: (415, "not-supported", ""),
    OutOfTime: (503, "timeout", "The card could not be recorded in time, so it was not issued. Ask again later."),
    Overloaded: (503, "throttled", "Too many calls are under way, so nothing of this one was read. Ask again later."),
    PageError: (500, "exception", "The page could not be made."),
    NotSignedIn: (401, "login", "Sign in to see this page."),
    NotAllowed: (403, "forbidden", "This page is for another role than yours."),
    PageMissing: (404, "not-found", "There is no such page, or it is not yours to see."),
    PagePurged: (410, "deleted", "What this page showed was purged from the ledger."),
    CrossSite: (403, "security", "This form was not sent from a page of your present session. Nothing was recorded."),
    BadForm: (400, "invalid", "The form is incomplete or cannot be read. Nothing was recorded."),
    SurfaceChanged: (409, "conflict", "The page changed since you opened it. Nothing was recorded."),
    SummaryWithdrawn: (
        409,
        "conflict",
        "The AI summary that you answered was withdrawn after a report. Nothing was recorded.",
    ),
    NotOpened: (409, "conflict", "You have not opened this page in its present form. Nothing was recorded."),
    NotPrefetched: (503, "transient", "This page is not made ahead of its reader."),
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
    ledger.WrongPatient: (
        503,
        "conflict",
        "What is stored for this patient is sealed for another patient, so no card was issued. An alarm is on record.",
    ),
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
    return Response(
        orjson.dumps(operation_outcome(code, words)),
        status_code=status,
        media_type=FHIR_JSON,
        headers=_retry_after(error, status),
    )


def _retry_after(error: Exception, status: int) -> dict[str, str] | None:
    match error, status:
        case TooManyCalls(), _:
            return {"Retry-After": str(error.retry_after_s)}
        case _, 503:
            return {"Retry-After": "5"}
        case _:
            return None


def operation_outcome(code: str, words: str) -> dict[str, Any]:
    """A FHIR OperationOutcome with one issue."""
    issue = {"severity": "error", "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
