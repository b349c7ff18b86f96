"""Who may come to the audit desk, and with which form: auditors only, from our own page, in this session."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from cds_service.errors import NotAllowed, NotSignedIn
from cds_service.forms import read_form
from cds_service.login import Person, Role
from cds_service.page_parts import PageParts


def auditor_of(parts: PageParts, request: Request) -> Person:
    """The auditor who asks. Raises NotSignedIn and NotAllowed."""
    person = parts.login.who(request)
    if person is None:
        raise NotSignedIn
    if not person.is_a(Role.AUDITOR):
        raise NotAllowed
    return person


async def auditor_form(parts: PageParts, request: Request) -> tuple[Person, Mapping[str, str]]:
    """The auditor and what the form says. Raises CrossSite for a form of another page or session, and BadForm."""
    auditor = auditor_of(parts, request)
    form = await read_form(request)
    parts.guard.check(request.headers, session=auditor.session, token=form.get("token", ""))
    return auditor, form
