"""/audit: the desk for whoever was not there. Auditors only, and every look is itself an entry."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cds_service.audit.asking import PAGE, cut, read_asked
from cds_service.audit.entrance import auditor_form, auditor_of
from cds_service.audit.lines import card_json, lines, summary_of
from cds_service.audit.proof import redraw
from cds_service.audit.telling import tell
from cds_service.audit.view import VIEW
from cds_service.errors import BadForm, PageMissing
from cds_service.html import page_route
from cds_service.kinds import ServiceEvent
from cds_service.login import Person
from cds_service.page_parts import PageParts
from cds_service.review.surroundings import told
from ledger.desk import CardState
from ledger.errors import LedgerError
from ledger.kinds import LedgerEvent
from ledger.records import Event, PatientKey
from ledger.story import Story
from ledger.withdrawals import InForce

_DESK: Final = "audit-desk"  # the subject of a look that is at no one card
_MOST_NOTE: Final = 2_000


class AuditDoor:
    """The audit desk. Ledger calls run in threads; one verification at a time."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._verifying = threading.Lock()

    def router(self) -> APIRouter:
        """The routes of /audit."""
        router = APIRouter(route_class=page_route(self._parts.html))
        for path, handler, method in (
            ("/audit", self.desk, "GET"),
            ("/audit", self.search, "POST"),
            ("/audit/verify", self.verify, "POST"),
            ("/audit/cards/{card_id}", self.story, "GET"),
            ("/audit/cards/{card_id}/story.ndjson", self.export, "GET"),
            ("/audit/withdrawals/{withdrawal_id}/release", self.release, "POST"),
        ):
            router.add_api_route(path, handler, methods=[method], response_class=Response)
        return router

    def desk(self, request: Request) -> Response:
        """Today in figures, the withdrawals in force, and the cards that the sealed view of the address asks for."""
        auditor = auditor_of(self._parts, request)
        now = self._parts.clock().astimezone(self._parts.zone)
        view, views = self._view(request), self._parts.views
        asked = read_asked(view or {}, client=auditor.scope.client, zone=self._parts.zone)
        rows = self._parts.desk.cards(asked.wanted, limit=PAGE + 1, before=asked.before)
        rows = tuple(row for row in rows if row.key is None or auditor.scope.holds(row.key))
        held = self._in_force(auditor, before=asked.held_before)
        self._record(ServiceEvent.AUDIT_VIEWED, _DESK, auditor, {"what": "list of cards", "filter": dict(asked.fields)})
        return self._parts.html.page(
            "audit.html",
            person=auditor,
            active="audit",
            token=self._parts.guard.token(auditor.session),
            figures=self._parts.desk.figures(now.replace(hour=0, minute=0, second=0, microsecond=0)),
            withdrawals=held[:PAGE],
            more_held=views.address(asked.at(held_before=held[PAGE - 1].sequence)) if len(held) > PAGE else "",
            asked=asked,
            unread=asked.unread if view is not None else ("this address", *asked.unread),
            states=[one.value for one in CardState],
            rows=rows[:PAGE],
            next_page=views.address(asked.at(before=rows[PAGE - 1].cursor)) if len(rows) > PAGE else "",
            now=now,
        )

    async def search(self, request: Request) -> Response:
        """The filter form. It comes by POST, and its view goes into the address sealed: no URL names a patient."""
        _, form = await auditor_form(self._parts, request)
        address = self._parts.views.address(cut(form))
        return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER, headers=self._parts.html.headers)

    def story(self, request: Request, card_id: str) -> Response:
        """One card from the hook to the last answer."""
        auditor = auditor_of(self._parts, request)
        self._record_look(ServiceEvent.AUDIT_VIEWED, card_id, auditor)
        story = self._story(card_id, auditor)
        return self._parts.html.page(
            "story.html",
            person=auditor,
            active="audit",
            token=self._parts.guard.token(auditor.session),
            story=story,
            state=self._parts.desk.state(card_id),
            steps=tell(story.entries),
            card=card_json(story),
            summary=summary_of(story),
            answers=told(story.card, story.answers, story.entries, zone=self._parts.zone),
            redrawn=redraw(self._parts.shelf, story.card, story.entries),
        )

    def export(self, request: Request, card_id: str) -> Response:
        """The story as NDJSON: the card, then each entry with its hashes."""
        auditor = auditor_of(self._parts, request)
        self._record_look(ServiceEvent.AUDIT_EXPORTED, card_id, auditor)
        whole = b"".join(lines(self._story(card_id, auditor)))
        headers = self._parts.html.headers | {"Content-Disposition": f'attachment; filename="story-{card_id}.ndjson"'}
        return Response(whole, media_type="application/x-ndjson", headers=headers)

    async def release(self, request: Request, withdrawal_id: str) -> Response:
        """End a withdrawal; a note says why."""
        auditor, form = await auditor_form(self._parts, request)
        note = form.get("note", "").strip()
        if not note or len(note) > _MOST_NOTE:
            raise BadForm
        return await run_in_threadpool(self._release, auditor, withdrawal_id, note)

    async def verify(self, request: Request) -> Response:
        """Verify the whole chain, on demand: it reads every row."""
        auditor, _ = await auditor_form(self._parts, request)
        return await run_in_threadpool(self._verify, auditor)

    def _release(self, auditor: Person, withdrawal_id: str, note: str) -> Response:
        one = self._parts.withdrawals.find(withdrawal_id)
        if one is None or not auditor.scope.holds_withdrawal(one):
            raise PageMissing
        now = self._parts.clock()
        self._parts.shelf.answers.release(withdrawal_id, by=auditor.fhir_user, at=now, note=note)
        return RedirectResponse(
            "/audit#withdrawals", status_code=HTTPStatus.SEE_OTHER, headers=self._parts.html.headers
        )

    def _verify(self, auditor: Person) -> Response:
        with self._verifying:
            found = self._parts.verify()
        detail = {"ok": found.ok, "head": found.head, "head_hash": found.head_hash, "anchored_to": found.anchored_to}
        recorded = True
        not_ok = ServiceEvent.LEDGER_UNCONFIRMED if found.is_unconfirmed else ServiceEvent.LEDGER_FOUND_BROKEN
        kind = LedgerEvent.LEDGER_VERIFIED if found.ok else not_ok
        try:
            self._record(kind, _DESK, auditor, detail)
        except LedgerError:
            recorded = False  # a broken chain takes no more entries; the finding must be seen all the same
        return self._parts.html.page(
            "verified.html", person=auditor, active="audit", found=found, recorded=recorded, now=self._parts.clock()
        )

    def _view(self, request: Request) -> Mapping[str, str] | None:
        """What the address asks for; None where nobody can tell: a seal of before a restart, or an address by hand."""
        query = request.query_params
        if not query:
            return {}
        return self._parts.views.read(query[VIEW]) if query.keys() == {VIEW} else None

    def _story(self, card_id: str, auditor: Person) -> Story:
        story = self._parts.desk.story(card_id)
        if story is None or not auditor.scope.holds_card(story.card):
            raise PageMissing
        return story

    def _in_force(self, auditor: Person, *, before: int | None) -> list[InForce]:
        """The next withdrawals that this auditor may release: a page and one more, where there are as many."""
        held: list[InForce] = []
        while len(held) <= PAGE:
            found = self._parts.withdrawals.in_force(client=auditor.scope.client, limit=PAGE + 1, before=before)
            held += [one for one in found if auditor.scope.holds_withdrawal(one)]
            if len(found) <= PAGE:
                break
            before = found[-1].sequence
        return held

    def _record_look(self, kind: ServiceEvent, card_id: str, auditor: Person) -> None:
        """Before the story is read, so that it tells of this look as well."""
        card = self._parts.shelf.cards.find(card_id)
        if card is None or not auditor.scope.holds_card(card):
            raise PageMissing
        self._record(kind, card_id, auditor, {"what": "story"}, key=card.key)

    def _record(
        self,
        kind: ServiceEvent | LedgerEvent,
        subject: str,
        auditor: Person,
        detail: Mapping[str, object],
        *,
        key: PatientKey | None = None,
    ) -> None:
        at, whole = self._parts.clock(), {"login": auditor.login} | dict(detail)
        self._parts.record([Event(kind=kind, subject=subject, at=at, key=key, user=auditor.fhir_user, detail=whole)])
