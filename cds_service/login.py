"""Who is looking at a page: the port that a login plugs into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from starlette.requests import Request

from ledger.records import IssuedCard, PatientKey
from ledger.withdrawals import InForce


class Role(StrEnum):
    """What a person may do here."""

    CLINICIAN = "clinician"  # opens review pages and answers
    AUDITOR = "auditor"  # opens the audit desk, releases withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose patients a person may see (T13): those of one client, or tenant, or the one patient of a SMART launch."""

    client: str
    tenant: str = ""  # empty: every tenant of the client
    patient_id: str = field(default="", repr=False)  # empty: every patient

    def holds(self, key: PatientKey) -> bool:
        """Whether this patient is in it."""
        return (
            self.client == key.client
            and self.tenant in {"", key.tenant}
            and self.patient_id in {"", key.patient_id}
        )  # fmt: skip

    def holds_card(self, card: IssuedCard) -> bool:
        """Whether this card's patient is in it. A purged card names none: the scope of its whole client has it."""
        if card.key is not None:
            return self.holds(card.key)
        return self == Scope(client=card.client)

    def holds_withdrawal(self, one: InForce) -> bool:
        """Whether the patient whose summaries are held is in it. One whose client nobody knows is in every client's."""
        if one.key is not None:
            return self.holds(one.key)
        return self == Scope(client=one.client or self.client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person logged in, for the length of one request.

    Answers are filed under `fhir_user`, because a hook knows its user by that name alone: only then does a card that
    was reviewed on the page stay away from the same user's next hook, and from nobody else's.
    """

    login: str
    name: str  # as shown
    roles: frozenset[Role]
    fhir_user: str  # "Practitioner/1", as this person's EHR sends it in context.userId
    session: str = field(repr=False)  # names the login session; what a form's token is bound to (T14)
    scope: Scope

    def is_a(self, role: Role) -> bool:
        """Whether this person has the role."""
        return role in self.roles


class Login(Protocol):
    """Where people log in. Twin: cds_service.demo_login; OIDC and SMART launch come by the same door."""

    def who(self, request: Request) -> Person | None:
        """The person whose session this request carries, None without one. Raises nothing."""
        ...

    def sign_in_url(self, target: str) -> str:
        """Where to log in; afterwards the browser is sent to `target`, a path of this service."""
        ...
