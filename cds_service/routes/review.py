"""/review: one card's page and the answers to it. Only a POST from that page answers; looking never does (T14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from cds_service.errors import NotAllowed, NotPrefetched, NotSignedIn, PageMissing
from cds_service.forms import read_form
from cds_service.html import page_route
from cds_service.kinds import ServiceEvent
from cds_service.login import Person, Role
from cds_service.page_parts import PageParts
from cds_service.review.answer import read_answer, take_answer
from cds_service.review.basis import Basis
from cds_service.review.page import ReviewPage, surface_hash
from cds_service.review.pictures import has_studies
from cds_service.review.shelf import Opened, Stand
from cds_service.review.surroundings import REASONS, Surroundings, answers_about, step_of, told
from fhir_adapters.imaging import ImagingEvidence
from ledger.errors import MovedOn
from ledger.kinds import LedgerEvent
from ledger.records import Event, Looked

_LOOKS: Final = 3  # that many reports, releases or switches in a row: then the person is asked to try again
_PREFETCH_HEADERS: Final = ("sec-purpose", "purpose", "x-moz")


class ReviewDoor:
    """The review pages. Every ledger call runs in a thread: the routes are plain functions, or cross over once."""

    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._album = parts.album

    def router(self) -> APIRouter:
        """The routes of /review."""
        router = APIRouter(route_class=page_route(self._parts.html))
        for path, handler, method in (
            ("/review/{card_id}", self.show, "GET"),
            ("/review/{card_id}/answers", self.answer, "POST"),
            ("/review/{card_id}/state", self.state, "GET"),
            ("/review/{card_id}/images", self.images, "GET"),
            ("/review/{card_id}/images/{name}", self.image, "GET"),
        ):
            router.add_api_route(path, handler, methods=[method], response_class=Response)
        return router

    def show(self, request: Request, card_id: str) -> Response:
        """The page, once its opening is on record."""
        person = self._clinician(request)
        if any("prefetch" in request.headers.get(name, "").lower() for name in _PREFETCH_HEADERS):
            raise NotPrefetched
        opened, basis, page, surface = self._opening(card_id, person)
        beside = self._surroundings(opened, basis, person, surface=surface)
        return self._parts.html.page(
            "review.html", page=page, beside=beside, person=person, token=beside.token, reasons=REASONS, active="review"
        )

    async def answer(self, request: Request, card_id: str) -> Response:
        """One answer, then the page again, which shows what was recorded."""
        person = self._clinician(request)
        form = await read_form(request)
        self._parts.guard.check(request.headers, session=person.session, token=form.get("token", ""))
        return await run_in_threadpool(self._take, card_id, person, form)

    def state(self, request: Request, card_id: str) -> Response:
        """How far the AI summary is, for the page's script: `changed` says that the page would now be another."""
        person = self._clinician(request)
        opened = self._parts.shelf.open(card_id, person)
        basis = self._parts.shelf.basis(opened)
        plain = {
            "state": basis.state,
            "words": basis.state_words,
            "step": self._step(opened, basis),
            "changed": request.query_params.get("basis", "") != basis.digest,
        }
        return JSONResponse(plain, headers=self._parts.html.headers)

    def images(self, request: Request, card_id: str) -> Response:
        """The pictures of the chart's studies, on a page of their own that the review page can take in."""
        person = self._clinician(request)
        opened, _, page = self._page(card_id, person)
        looked = None if page.summary and page.summary.pictures else self._look(opened, person)
        return self._parts.html.page("images.html", page=page, looked=looked, person=person, active="review")

    def image(self, request: Request, card_id: str, name: str) -> Response:
        """One picture as PNG: `1.png` of those kept with the summary in sight, else of the studies looked at."""
        person = self._clinician(request)
        opened = self._parts.shelf.open(card_id, person)
        basis = self._parts.shelf.basis(opened)
        kept = self._parts.shelf.summaries.images(basis.summary_id) if basis.summary_id else ()
        pictures = {one.ordinal: one.png for one in kept}
        if not pictures:
            looked = self._look(opened, person)
            pictures = {place: one.png for place, one in enumerate(looked.images, start=1)}
        number = name.removesuffix(".png")
        if not number.isascii() or not number.isdigit() or len(number) > 3 or int(number) not in pictures:  # noqa: PLR2004
            raise PageMissing
        return Response(pictures[int(number)], media_type="image/png", headers=self._parts.html.headers)

    def _take(self, card_id: str, person: Person, form: Mapping[str, str]) -> Response:
        opened, stand, page = self._page(card_id, person)
        take_answer(
            self._parts, opened, person,
            answer=read_answer(form), stand=stand, surface=surface_hash(page),
        )  # fmt: skip
        page_address = f"/review/{opened.card.record.id}"
        return RedirectResponse(page_address, status_code=303, headers=self._parts.html.headers)

    def _clinician(self, request: Request) -> Person:
        """Whoever is logged in as a clinician; an auditor's look must not count as an opening."""
        person = self._parts.login.who(request)
        if person is None:
            raise NotSignedIn
        if not person.is_a(Role.CLINICIAN):
            raise NotAllowed
        return person

    def _opening(self, card_id: str, person: Person, *, looks: int = _LOOKS) -> tuple[Opened, Basis, ReviewPage, str]:
        """The page and its hash, with its opening on record: drawn again where a report came in between."""
        opened, stand, page = self._page(card_id, person)
        surface = surface_hash(page)
        detail = {"login": person.login, "surface": surface, "basis": stand.basis.to_plain()}
        try:
            self._record(LedgerEvent.PAGE_OPENED, opened, person, detail, looked=stand.looked)
        except MovedOn:
            if looks <= 1:
                raise
            return self._opening(card_id, person, looks=looks - 1)
        return opened, stand.basis, page, surface

    def _page(self, card_id: str, person: Person) -> tuple[Opened, Stand, ReviewPage]:
        opened = self._parts.shelf.open(card_id, person)
        stand = self._parts.shelf.stand(opened)
        return opened, stand, self._parts.shelf.page(opened, stand.basis)

    def _surroundings(self, opened: Opened, basis: Basis, person: Person, *, surface: str) -> Surroundings:
        card = opened.card
        situation = self._parts.shelf.cards.situation(
            opened.key, focus=card.focus, fingerprint=card.record.fingerprint
        )  # fmt: skip
        answers = answers_about(card, situation.answers, summary_id=basis.summary_id)
        story = self._parts.desk.story(card.record.id) if answers else None
        entries, zone = story.entries if story else (), self._parts.zone
        return Surroundings(
            person=person,
            token=self._parts.guard.token(person.session),
            surface=surface,
            basis=basis.digest,
            mine=told(card, [one for one in answers if one.user == person.fhir_user], entries, zone=zone),
            others=told(card, [one for one in answers if one.user != person.fhir_user], entries, zone=zone),
            step=self._step(opened, basis),
            can_look=self._album is not None and has_studies(opened.history),
        )

    def _step(self, opened: Opened, basis: Basis) -> str:
        if not basis.preparing:
            return ""
        story = self._parts.desk.story(opened.card.record.id)
        return step_of(story.entries) if story else ""

    def _look(self, opened: Opened, person: Person) -> ImagingEvidence:
        """The pictures of this chart's studies, and that they were read on whose behalf."""
        if self._album is None or not has_studies(opened.history):
            raise PageMissing
        found, is_new = self._album.find(opened.history, opened.key)
        if is_new:
            reads = [[one.system, one.interaction, one.what, one.outcome, one.count] for one in found.access_records]
            alarms = [[one.kind.value, one.what, one.count] for one in found.alarms]
            self._record(
                ServiceEvent.PAGE_IMAGES, opened, person, {"login": person.login, "reads": reads, "alarms": alarms}
            )
        return found

    def _record(
        self,
        kind: ServiceEvent | LedgerEvent,
        opened: Opened,
        person: Person,
        detail: Mapping[str, object],
        *,
        looked: Looked | None = None,
    ) -> None:
        card = opened.card
        event = Event(
            kind=kind,
            subject=card.record.id,
            at=self._parts.clock(),
            key=card.key,
            user=person.fhir_user,
            detail=detail,
        )
        self._parts.record([event], looked=looked)
