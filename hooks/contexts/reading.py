"""What every hook's context can tell, and how its members are read: strict on identity, no identifier has a default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from fhir_adapters.fhir_server import is_id
from hooks.errors import MalformedContext

STAFF: Final = frozenset({"Practitioner", "PractitionerRole"})
ANYBODY: Final = STAFF | {"Patient", "RelatedPerson"}


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


def required_user(context: Mapping[str, Any], types: frozenset[str] = ANYBODY) -> str:
    """`Type/id` of one of the types the hook allows. Raises MalformedContext."""
    value = context.get("userId")
    kind, _, identifier = value.partition("/") if isinstance(value, str) else ("", "", "")
    if kind not in types or not is_id(identifier):
        raise MalformedContext(f"context.userId must be Type/id with a type of {', '.join(sorted(types))}")
    return f"{kind}/{identifier}"


def optional_user(context: Mapping[str, Any], types: frozenset[str] = ANYBODY) -> str:
    """As `required_user`, or empty where the client names nobody (section 9.3). Raises MalformedContext."""
    return "" if is_absent(context.get("userId")) else required_user(context, types)


def required_bundle(context: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """A Bundle as sent. Raises MalformedContext; what stands in it is read where it is used, entry by entry."""
    value = context.get(member)
    if not isinstance(value, Mapping) or value.get("resourceType") != "Bundle":
        raise MalformedContext(f"context.{member} must be a Bundle")
    return value


def required_references(context: Mapping[str, Any], member: str) -> tuple[str, ...]:
    """References as sent, each once. Raises MalformedContext; an empty array is one that names nothing."""
    value = context.get(member)
    if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
        raise MalformedContext(f"context.{member} must be an array of references, Type/id")
    return tuple(dict.fromkeys(one.strip() for one in value))


def required_reference(context: Mapping[str, Any], member: str) -> str:
    """One reference as sent. Raises MalformedContext."""
    value = context.get(member)
    if not isinstance(value, str) or not value.strip():
        raise MalformedContext(f"context.{member} must be a reference, Type/id")
    return value.strip()


def extra(context: Mapping[str, Any], named: frozenset[str]) -> Mapping[str, Any]:
    """The members that the hook's definition does not name, as sent."""
    return {name: value for name, value in context.items() if name not in named}
