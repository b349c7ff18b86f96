"""/audit/switches: what is off, since when, by whom and why; off and on again, each with a note, in force at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cds_service.audit.entrance import auditor_form, auditor_of
from cds_service.errors import BadForm, NotAllowed
from cds_service.html import page_route
from cds_service.kinds import ServiceEvent
from cds_service.login import Person
from cds_service.page_parts import PageParts
from ledger.records import Event
from ledger.switches import SwitchedOff, SwitchKind

PATH: Final = "/audit/switches"
_MOST_NOTE: Final = 2_000
_STOPS: Final[Mapping[SwitchKind, str]] = {
    SwitchKind.SERVICE: "It answers every hook with no card, and the ledger says why.",
    SwitchKind.MODEL: "No summary that it made is shown, and none is asked of it. Chart briefs go on.",
    SwitchKind.PROMPT: "No new summary is made for this service. Chart briefs go on.",
    SwitchKind.CLIENT: "Every hook of this EHR is answered with no card, and the ledger says why.",
}


class SwitchDoor:
    """The switches. The next hook of any process obeys: each asks the ledger."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    def router(self) -> APIRouter:
        """The routes of /audit/switches."""
        router = APIRouter(route_class=page_route(self._parts.html))
        router.add_api_route(PATH, self.page, methods=["GET"], response_class=Response)
        router.add_api_route(f"{PATH}/off", self.off, methods=["POST"], response_class=Response)
        router.add_api_route(f"{PATH}/on", self.on, methods=["POST"], response_class=Response)
        return router

    def page(self, request: Request) -> Response:
        """What is off now, and the form to switch something off."""
        auditor = auditor_of(self._parts, request)
        detail = {"what": "switches", "login": auditor.login}
        now = self._parts.clock()
        self._parts.record(
            [Event(kind=ServiceEvent.AUDIT_VIEWED, subject="audit-desk", at=now, user=auditor.fhir_user, detail=detail)]
        )
        names = self._parts.switchable
        return self._parts.html.page(
            "switches.html",
            person=auditor,
            active="audit",
            token=self._parts.guard.token(auditor.session),
            off=self._parts.switches.off(),
            stops=_STOPS,
            names=names,
            is_known=lambda one: not names or one.name in names.get(one.kind, ()),
            may_switch=lambda kind, name: _may_switch(auditor, kind, name),
        )

    async def off(self, request: Request) -> Response:
        """Switch something off; a note says why."""
        auditor, form = await auditor_form(self._parts, request)
        kind, name, note = _asked(form, auditor)
        switch = SwitchedOff(
            id=self._parts.new_id(), kind=kind, name=name, at=self._parts.clock(), by=auditor.fhir_user, note=note
        )
        return await self._done(partial(self._parts.switches.switch_off, switch))

    async def on(self, request: Request) -> Response:
        """Switch something on again; a note says why it may go on."""
        auditor, form = await auditor_form(self._parts, request)
        kind, name, note = _asked(form, auditor)
        by, at = auditor.fhir_user, self._parts.clock()
        return await self._done(partial(self._parts.switches.switch_on, kind, name, by=by, at=at, note=note))

    async def _done(self, switch: Callable[[], bool]) -> Response:
        """Back to the page, which shows how it is: somebody else may have been quicker."""
        try:
            await run_in_threadpool(switch)
        except ValueError:
            raise BadForm from None
        return RedirectResponse(PATH, status_code=HTTPStatus.SEE_OTHER, headers=self._parts.html.headers)


def _asked(form: Mapping[str, str], auditor: Person) -> tuple[SwitchKind, str, str]:
    name, note = form.get("name", "").strip(), form.get("note", "").strip()
    try:
        kind = SwitchKind(form.get("kind", ""))
    except ValueError:
        raise BadForm from None
    if not name or not note or len(note) > _MOST_NOTE:
        raise BadForm
    if not _may_switch(auditor, kind, name):
        raise NotAllowed
    return kind, name, note


def _may_switch(auditor: Person, kind: SwitchKind, name: str) -> bool:
    """An EHR is switched by auditors of that EHR alone; what serves all of them, by any auditor of a whole one."""
    scope = auditor.scope
    if scope.tenant or scope.patient_id:
        return False
    return kind is not SwitchKind.CLIENT or name == scope.client
