"""The contexts of encounter-start, encounter-discharge and appointment-book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Self

from hooks.contexts.reading import STAFF, extra, optional_id, required_bundle, required_id, required_user

_ENCOUNTER: Final = frozenset({"userId", "patientId", "encounterId"})
_APPOINTMENT: Final = _ENCOUNTER | {"appointments"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _EncounterContext:
    """What the two hooks of an encounter tell."""

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> Self:
        """The context as sent. Raises MalformedContext: here the encounter is required."""
        return cls(
            user_id=required_user(context, STAFF),
            patient_id=required_id(context, "patientId"),
            encounter_id=required_id(context, "encounterId"),
            extra=extra(context, _ENCOUNTER),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterStartContext(_EncounterContext):
    """encounter-start 1.0: https://cds-hooks.hl7.org/hooks/encounter-start/. It may fire more than once."""

    HOOK: ClassVar = "encounter-start"


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterDischargeContext(_EncounterContext):
    """encounter-discharge 1.0: https://cds-hooks.hl7.org/hooks/encounter-discharge/."""

    HOOK: ClassVar = "encounter-discharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentBookContext:
    """appointment-book 1.0: https://cds-hooks.hl7.org/hooks/appointment-book/. Patients book for themselves, too."""

    HOOK: ClassVar = "appointment-book"

    user_id: str = field(repr=False)
    patient_id: str = field(repr=False)
    encounter_id: str = field(repr=False)  # empty where the client sent none
    appointments: Mapping[str, Any] = field(repr=False)  # the Bundle as sent: DraftOrders reads it
    extra: Mapping[str, Any] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, Any]) -> AppointmentBookContext:
        """The context as sent. Raises MalformedContext."""
        return cls(
            user_id=required_user(context),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            appointments=required_bundle(context, "appointments"),
            extra=extra(context, _APPOINTMENT),
        )
