"""Access tokens that this EHR hands to services: short-lived, for one patient and the types asked for (client C3)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

_LIFE: Final = timedelta(seconds=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One token."""

    token: str = field(repr=False)
    patient_id: str
    types: frozenset[str]
    expires_at: datetime

    def authorization(self, subject: str) -> dict[str, Any]:
        """The `fhirAuthorization` of a call. Its scopes are the patient's, so the patient is named (cds-r-2)."""
        return {
            "access_token": self.token,
            "token_type": "Bearer",
            "expires_in": int(_LIFE.total_seconds()),
            "scope": " ".join(f"patient/{one}.rs" for one in sorted(self.types)),
            "subject": subject,
            "patient": self.patient_id,
        }


class Grants:
    """The tokens in force. Those of calls that have ended are revoked, and the expired forgotten."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._grants: list[Grant] = []

    def issue(self, patient_id: str, types: Iterable[str]) -> Grant:
        """A fresh token for these types of this patient."""
        now = self._clock()
        self._grants = [one for one in self._grants if one.expires_at > now]
        grant = Grant(
            token=secrets.token_urlsafe(32),
            patient_id=patient_id,
            types=frozenset({"Patient", *types}),
            expires_at=now + _LIFE,
        )
        self._grants.append(grant)
        return grant

    def revoke(self, grant: Grant) -> None:
        """The call is over, and so is its token."""
        self._grants = [one for one in self._grants if one is not grant]

    def find(self, token: str) -> Grant | None:
        """The grant of this token, while it is in force."""
        now = self._clock()
        held = (one for one in self._grants if hmac.compare_digest(one.token.encode(), token.encode()))
        return next((one for one in held if one.expires_at > now), None)
