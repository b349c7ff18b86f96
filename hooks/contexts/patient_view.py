"""The context of patient-view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from hooks.contexts.reading import extra, optional_id, required_id, required_user

_NAMED: Final = frozenset({"userId", "patientId", "encounterId"})


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
        return cls(
            user_id=required_user(context),
            patient_id=required_id(context, "patientId"),
            encounter_id=optional_id(context, "encounterId"),
            extra=extra(context, _NAMED),
        )
