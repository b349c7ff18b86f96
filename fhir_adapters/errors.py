"""What can go wrong while reading a patient's record.

AdapterError
 +-- WrongPatient        what arrived belongs to another patient; nothing of it is used
 +-- PatientMissing      the Patient itself was not seen; there is no history without it
 +-- AddressRefused      a URL outside the client's configured bases (T5)
 +-- AccessDenied        the server refused our credentials
 +-- ServerFailed        the server failed or did not answer in time; asking again may help
 |    +-- RequestRefused the server does not take the question as it was put; a plainer one may do
 |    +-- ServerBusy     the server says that it cannot just now: 429, 502, 503 or 504
 +-- ResourceMissing     the server answers, and has no such resource
 +-- UnreadableRecord    what arrived is no FHIR JSON, or larger than the limits (T11)
 +-- UnreadableImage     a DICOM object that cannot be decoded, or must not be
 +-- GuardMissing        pixels cannot be decoded in a guarded process here, so not at all (T9)
"""

from typing import ClassVar


class AdapterError(Exception):
    """Root of every error that fhir_adapters lets out. Messages hold ids of resources at most, never PHI."""

    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", *, outcome: str = "") -> None:
        super().__init__(message)
        self.outcome = outcome  # for access records and omissions: "HTTP 403", "timed out"; never PHI, never a URL


class WrongPatient(AdapterError):
    """A resource, a bundle or a DICOM header names another patient than the context does (T24)."""


class PatientMissing(AdapterError):
    """The Patient resource could not be had; a hook answers 412 (S13)."""


class AddressRefused(AdapterError):
    """A URL points outside the configured FHIR or DICOMweb bases."""


class AccessDenied(AdapterError):
    """The server answered 401 or 403."""


class ServerFailed(AdapterError):
    """The server failed, reset the connection, or did not answer before the deadline."""

    retryable = True


class RequestRefused(ServerFailed):
    """The server answered 400: https://hl7.org/fhir/R4/search.html#errors."""


class ServerBusy(ServerFailed):
    """The server answered 429, 502, 503 or 504: the same question may be answered a moment later."""

    def __init__(self, message: str = "", *, outcome: str = "", after_s: float = 0.0) -> None:
        super().__init__(message, outcome=outcome)
        self.after_s = after_s  # what its Retry-After asks for


class ResourceMissing(AdapterError):
    """The server answered 404 or 410 to a read. Many servers answer so for what the token may not see, too."""


class UnreadableRecord(AdapterError):
    """What arrived cannot be read as FHIR JSON within the limits."""


class UnreadableImage(AdapterError):
    """A DICOM object cannot be decoded safely; the message says why, without header text."""


class GuardMissing(AdapterError):
    """The guarded decoder cannot be set up on this machine."""
