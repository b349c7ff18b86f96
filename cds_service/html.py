"""Pages as HTML: escaped by default, allowed to load nothing but our own files, and an answer for every error."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cds_service.audit.view import VIEW
from cds_service.errors import BadForm, NotAllowed, NotSignedIn, ServiceError, answer_for
from cds_service.filters import FILTERS, when, without_hidden
from cds_service.login import Login
from fhir_adapters.errors import AdapterError
from ledger.errors import LedgerError
from tasks.errors import SummaryError

log = structlog.get_logger(__name__)

_TEMPLATES: Final = Path(__file__).parent / "templates"

# No inline script or style, nothing from elsewhere: what a record or a model says can run nowhere (T12).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{40,8000}")  # with less there is no seal in it


class _Help(NamedTuple):
    """What a page says of a status: what happened, and what to do."""

    title: str
    advice: str


_HELP: Final = {
    400: _Help("This could not be read", "Go back, look at what you entered, and send it again."),
    401: _Help("Please sign in", "Sign in and open the page again."),
    403: _Help("Not allowed", "Open the page again and repeat the step, or sign in as somebody who may do this."),
    404: _Help("Not found", "Open the review from the card in the patient's chart."),
    409: _Help("Look again", "Open the page again, read what it shows now, and then answer."),
    410: _Help("No longer kept", "Open the patient's chart for a new card."),
    413: _Help("Too long", "Shorten your comment and send it again."),
    503: _Help("The ledger did not answer", "Nothing was recorded. Try again in a few seconds; if it lasts, tell IT."),
}
_FAULT: Final = _Help("This page could not be made", "Use the chart itself, and tell IT what you tried to open.")


class Html:
    """Renders templates. `frame_ancestors` are the EHR origins that may show our pages in a frame."""

    def __init__(
        self,
        *,
        frame_ancestors: Collection[str] = (),
        notice: str = "",
        login: Login | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=without_hidden,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["notice"] = notice
        self._environment.globals["zone"] = str(zone)
        self._environment.filters.update(FILTERS | {"when": partial(when, zone=zone)})
        self._policy = _POLICY.format(ancestors=" ".join(("'self'", *frame_ancestors)))
        self.login = login

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - a template's own
        """The page, with its policy. `person` and `active` are there for the head of every page."""
        text = self._environment.get_template(template).render({"person": None, "active": "", "token": ""} | values)
        return Response(text, status_code=status, media_type="text/html", headers=self.headers)

    @property
    def headers(self) -> dict[str, str]:
        """What every page carries. With `no-referrer` browsers would send `Origin: null` with our own forms."""
        return {
            "Content-Security-Policy": self._policy,
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store, private",
        }

    def message(self, error: Exception, *, again: str = "") -> Response:
        """The page for an error: what happened, what to do, and where; for another role also the way to sign in."""
        status, _, words = answer_for(error)
        if isinstance(error, LedgerError):
            words = "What you asked for could not be read or recorded."
        title, advice = _HELP.get(status, _FAULT)
        sign_in = self.login.sign_in_url(again) if self.login and isinstance(error, NotAllowed) else ""
        values = {"code": status, "title": title, "words": words, "advice": advice, "again": again, "sign_in": sign_in}
        return self.page("message.html", status=status, **values)


def page_route(html: Html) -> type[APIRoute]:
    """A route class whose errors are pages, by the one table of errors."""

    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answered(request: Request) -> Response:
                try:
                    return await handle(request)
                except NotSignedIn as error:
                    return _sign_in(html, request, error)
                except RequestValidationError:
                    return html.message(BadForm())
                except (ServiceError, LedgerError, AdapterError, SummaryError) as error:
                    log.info("page.refused", error=type(error).__name__)
                    return html.message(error, again=request.url.path.removesuffix("/answers"))

            return answered

    return PageRoute


def _sign_in(html: Html, request: Request, error: NotSignedIn) -> Response:
    """Somebody who follows a link is sent to sign in and back; a form or a script is refused.

    Of a query only a sealed view goes along: whatever else was typed may name a patient, and must stand in no URL.
    """
    if request.method == "GET" and html.login and request.headers.get("sec-fetch-dest") != "empty":
        view = request.query_params.get(VIEW, "")
        query = f"?{VIEW}={view}" if _TOKEN.fullmatch(view) else ""
        return RedirectResponse(html.login.sign_in_url(request.url.path + query), status_code=303, headers=html.headers)
    return html.message(error, again=request.url.path.removesuffix("/answers"))
