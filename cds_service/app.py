"""The application over constructed parts: routes, the one table of errors, two thin layers, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from http import HTTPStatus

import orjson
import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cds_service.errors import (
    FHIR_JSON,
    Overloaded,
    ServiceError,
    Unauthenticated,
    answer_for,
    operation_outcome,
    refusal,
)
from cds_service.middleware import CrossOrigin, LastResort, SafeHeaders
from cds_service.parts import Parts
from cds_service.routes.health import health_router
from cds_service.routes.hooks import HookDoor
from cds_service.sampling import Sampler
from fhir_adapters.errors import AdapterError
from hooks.errors import HookError, InvalidCard
from ledger.errors import LedgerError
from tasks.errors import SummaryError

log = structlog.get_logger(__name__)


def create_app(parts: Parts) -> FastAPI:
    """The ASGI application. Constructing it opens nothing and starts nothing."""
    app = FastAPI(
        title="Chartside", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(parts),
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # T6: /metrics and our logs tell, nothing else
    )  # fmt: skip
    app.routes.extend(HookDoor(parts).routes())
    app.include_router(health_router(parts))
    for pages in parts.pages or (_closed_pages(),):
        app.include_router(pages)
    for path, mounted in parts.mounts:
        app.mount(path, mounted)
    _handle_errors(app, parts)
    app.add_middleware(LastResort)
    if parts.cors_origins:
        app.add_middleware(CrossOrigin, origins=parts.cors_origins)
    app.add_middleware(SafeHeaders)
    return app


def _lifespan(parts: Parts) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            opened.callback(parts.lanes.close)
            for start in parts.starts:
                await start(opened)
            yield

    return lifespan


def _handle_errors(app: FastAPI, parts: Parts) -> None:
    sampler = Sampler(parts.timer)

    async def refuse(request: Request, error: Exception) -> Response:
        if isinstance(error, Unauthenticated):
            # Never a ledger row: an anonymous flood must not take the chain.
            parts.metrics.refusals.labels(error.reason).inc()
            if (skipped := sampler.skipped(error.reason)) is not None:
                log.warning("call.unauthenticated", reason=error.reason, not_logged_before=skipped)
            return refusal(error)
        status, _, _ = answer_for(error)
        service = request.path_params.get("service_id", "")
        known = service if service in parts.services else "unknown"
        parts.metrics.hooks.labels(known, f"refused-{status}").inc()
        if isinstance(error, Overloaded):
            # As much a flood: a line for each, and a row of the ledger, would be what it is to be spared.
            parts.metrics.shed.inc()
            if (skipped := sampler.skipped("overloaded")) is not None:
                log.warning("call.shed", not_logged_before=skipped)
            return refusal(error)
        log.info("call.refused", service=known, status=status, error=type(error).__name__)
        return refusal(error)

    for kind in (ServiceError, HookError, InvalidCard, AdapterError, LedgerError, SummaryError):
        app.add_exception_handler(kind, refuse)
    app.add_exception_handler(HTTPException, _http_refusal)
    app.add_exception_handler(RequestValidationError, _validation_refusal)


async def _http_refusal(_request: Request, error: Exception) -> Response:
    """404 and 405 of the router, and what pages raise, in the same shape as every other refusal."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    code = "not-found" if status == HTTPStatus.NOT_FOUND else "not-supported"
    outcome = operation_outcome(code, HTTPStatus(status).phrase)
    return Response(orjson.dumps(outcome), status_code=status, media_type=FHIR_JSON, headers=headers)


async def _validation_refusal(_request: Request, _error: Exception) -> Response:
    """FastAPI's own answer repeats what was sent; this one does not."""
    outcome = operation_outcome("invalid", "A parameter is missing or has the wrong form.")
    return Response(orjson.dumps(outcome), status_code=400, media_type=FHIR_JSON)


def _closed_pages() -> APIRouter:
    """Until a login is configured nobody sees a page (decision 6)."""
    router = APIRouter()

    async def closed() -> Response:
        raise Unauthenticated("no-login-configured")

    for path in ("/review", "/review/{rest:path}", "/audit", "/audit/{rest:path}"):
        router.add_api_route(path, closed, methods=["GET", "POST"], response_class=Response)
    return router
