"""Liveness, readiness and figures: three answers that hold nothing of any patient (REL-7)."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, Response

from cds_service.parts import Parts
from ledger.errors import LedgerError


def health_router(parts: Parts) -> APIRouter:
    """/healthz: the process answers. /readyz: a card could be recorded. /metrics: Prometheus."""
    router = APIRouter()

    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz() -> Response:
        try:
            await asyncio.get_running_loop().run_in_executor(None, parts.check_ledger)
        except LedgerError as error:
            return JSONResponse({"status": "not ready", "ledger": type(error).__name__}, status_code=503)
        return JSONResponse({"status": "ready", "model": "configured" if parts.engine else "none"})

    async def metrics() -> Response:
        return Response(parts.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    router.add_api_route("/healthz", healthz, methods=["GET"], response_class=Response)
    router.add_api_route("/readyz", readyz, methods=["GET"], response_class=Response)
    router.add_api_route("/metrics", metrics, methods=["GET"], response_class=Response)
    return router
