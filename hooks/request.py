"""The request of a hook: strict on identity, lenient on everything that is not (cds-hooks.md 9.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from fhir_adapters.addresses import read_base
from fhir_adapters.errors import AddressRefused
from fhir_adapters.secret import Secret
from hooks.contexts import HookContext, ReadContext, is_absent
from hooks.errors import MalformedContext, MalformedRequest, WrongHook

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST_URL: Final = 2048
# `p1`, `Patient/p1`, `https://ehr.example/fhir/Patient/p1`, each of the latter with a version
_PATIENT: Final = re.compile(
    r"(?:(?:(?P<base>https?://.{1,2048})/)?Patient/)?(?P<id>[A-Za-z0-9._-]{1,128})(?:/_history/[A-Za-z0-9.-]{1,64})?",
    re.IGNORECASE,
)


class Expected(Protocol):
    """What a request is held against: any Service."""

    @property
    def hook(self) -> str:
        """The hook's name."""
        ...

    @property
    def read_context(self) -> ReadContext:
        """Reads the hook's context."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirAuthorization:
    """The access token of one request. It is used and forgotten: never stored, shared or logged (S15, T6)."""

    token: Secret
    expires_in: int = 0
    scope: str = ""
    subject: str = ""
    patient: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """One call of a hook, as a value."""

    hook: str
    hook_instance: str
    context: HookContext = field(repr=False)
    fhir_server: str = ""
    base: str = ""  # of the client's FHIR server, as configured: what an absolute reference is held against
    fhir_authorization: FhirAuthorization | None = None
    prefetch: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse_hook_request(body: object, service: Expected) -> HookRequest:
    """Read a request for `service`.

    Null and empty members count as absent, unknown ones are ignored. Raises MalformedRequest, WrongHook and
    MalformedContext, whose messages name members and never repeat what was sent.
    """
    if not isinstance(body, Mapping):
        raise MalformedRequest("the body must be a JSON object (S10)")
    if body.get("hook") != service.hook:
        raise WrongHook(f"this service answers the hook {service.hook}, and no other (S11)")
    instance = body.get("hookInstance")
    if not isinstance(instance, str) or _UUID.fullmatch(instance) is None:
        raise MalformedRequest("hookInstance must be a UUID (S10)")
    context = service.read_context(_object(body, "context", required=True))
    fhir_server = _fhir_server(body)
    return HookRequest(
        hook=service.hook,
        hook_instance=instance.lower(),
        context=context,
        fhir_server=fhir_server,
        fhir_authorization=_authorization(body, patient_id=context.patient_id, fhir_server=fhir_server),
        prefetch=_object(body, "prefetch"),
    )


def _object(body: Mapping[str, Any], member: str, *, required: bool = False) -> Mapping[str, Any]:
    value = body.get(member)
    if isinstance(value, Mapping) and (value or not required):
        return value
    if required or not is_absent(value):
        raise MalformedRequest(f"{member} must be a JSON object (S10)")
    return {}


def _fhir_server(body: Mapping[str, Any]) -> str:
    value = body.get("fhirServer")
    if is_absent(value):
        return ""
    if not isinstance(value, str) or len(value) > _LONGEST_URL:
        raise MalformedRequest("fhirServer must be a URL (S10)")
    return value


def _authorization(body: Mapping[str, Any], *, patient_id: str, fhir_server: str) -> FhirAuthorization | None:
    """The token, or None where none can be used: without a token what is missing stays an omission.

    Raises MalformedContext where it is for another patient, whether or not the token can be used (T24).
    """
    sent = body.get("fhirAuthorization")
    if not isinstance(sent, Mapping):
        return None
    if not _is_of(sent.get("patient"), patient_id, fhir_server):
        raise MalformedContext("fhirAuthorization.patient is another patient than context.patientId (T24)")
    token_type, access_token = sent.get("token_type", "Bearer"), sent.get("access_token")
    if not isinstance(access_token, str) or str(token_type).lower() != "bearer":
        return None
    try:
        token = Secret(access_token)
    except ValueError:
        return None
    expires_in = sent.get("expires_in")
    return FhirAuthorization(
        token=token,
        expires_in=expires_in if isinstance(expires_in, int) else 0,
        scope=_text(sent, "scope"),
        subject=_text(sent, "subject"),
        patient=patient_id if sent.get("patient") else "",
    )


def _is_of(patient: object, patient_id: str, fhir_server: str) -> bool:
    """Whether `fhirAuthorization.patient` is the patient in context, or absent.

    The standard wants a bare id; a reference is taken too, relative or absolute. An absolute one counts on the base
    that the request itself names: the same id on another base is nobody here. What cannot be read is another's.
    """
    if patient is None or patient == "":
        return True
    named = _PATIENT.fullmatch(patient.strip()) if isinstance(patient, str) else None
    if named is None or named["id"] != patient_id:
        return False
    if named["base"] is None:
        return True
    try:
        return read_base(named["base"]) == read_base(fhir_server)
    except AddressRefused:
        return False


def _text(sent: Mapping[str, Any], member: str) -> str:
    value = sent.get(member)
    return value if isinstance(value, str) else ""
