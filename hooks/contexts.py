"""What every hook's context can tell, and how to read one; no identifier has a default, extra members are kept.

A service whose hook is not here brings a context of its own, beside its function: see docs/hooks.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

from fhir_adapters.fhir_server import is_id
from hooks.errors import MalformedContext

_USERS: Final = frozenset({"Practitioner", "PractitionerRole", "Patient", "RelatedPerson"})


class HookContext(Protocol):
    """What every hook's context can tell; each hook's own type holds more."""

    @property
    def patient_id(self) -> str:
        """The bare id of the patient in context."""
        ...

    @property
    def user_id(self) -> str:
        """`Type/id` of the user; empty for the hooks that have none (order-dispatch)."""
        ...

    @property
    def encounter_id(self) -> str:
        """The bare id of the encounter; empty where the client sent none."""
        ...


ReadContext = Callable[[Mapping[str, Any]], HookContext]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientViewContext:
    """patient-view 1.0: https://cds-hooks.hl7.org/hooks/patient-view/."""

    HOOK: ClassVar = "patient-view"

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(default="", repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> PatientViewContext:
        """The context as sent. Raises MalformedContext."""
        named = {"userId", "patientId", "encounterId"}
        return cls(
            user_id=required_user(context),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            extra={name: value for name, value in context.items() if name not in named},
        )


def is_absent(value: object) -> bool:
    """Whether a member counts as not sent: null or empty (section 9.3). A number or a boolean never does."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def required_id(context: Mapping[str, Any], member: str) -> str:
    """A bare FHIR id. Raises MalformedContext; a missing identifier is never made up (S11)."""
    value = context.get(member)
    if not isinstance(value, str) or not is_id(value):
        raise MalformedContext(f"context.{member} must be the bare id of a FHIR resource, without '/'")
    return value


def optional_id(context: Mapping[str, Any], member: str) -> str:
    """A bare FHIR id, or empty where it is absent, null or empty (section 9.3). Raises MalformedContext."""
    return "" if is_absent(context.get(member)) else required_id(context, member)


def required_user(context: Mapping[str, Any], types: frozenset[str] = _USERS) -> str:
    """`Type/id` of one of the types the hook allows. Raises MalformedContext."""
    value = context.get("userId")
    kind, _, identifier = value.partition("/") if isinstance(value, str) else ("", "", "")
    if kind not in types or not is_id(identifier):
        raise MalformedContext(f"context.userId must be Type/id with a type of {', '.join(sorted(types))}")
    return f"{kind}/{identifier}"
