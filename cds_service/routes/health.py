"""Liveness, readiness and figures: three answers that hold nothing of any patient (REL-7)."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.responses import JSONResponse, Response

from cds_service.gauges import ServiceGauges
from cds_service.parts import Parts
from ledger.errors import LedgerError

_KEPT_S: Final = 1.0  # whoever asks more often, the ledger is asked no more often: nobody signs in here


def health_router(parts: Parts) -> APIRouter:
    """/healthz: the process answers. /readyz: a call could be judged and a card recorded. /metrics: Prometheus."""
    router = APIRouter()
    readiness = Readiness(parts)
    gauges = CollectorRegistry()
    gauges.register(ServiceGauges(circuits=parts.circuits, crowd=parts.crowd, backlog=parts.backlog, timer=parts.timer))

    async def healthz() -> Response:
        return JSONResponse({"status": "ok"})

    def readyz() -> Response:  # in a thread, as it waits for the ledger
        missing = readiness.missing()
        if missing:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            return JSONResponse({"status": "not ready"} | missing, status_code=status, headers={"Retry-After": "5"})
        return JSONResponse({"status": "ready", "model": "configured" if parts.engine else "none"})

    def metrics() -> Response:
        return Response(parts.metrics.exposition() + generate_latest(gauges), media_type=CONTENT_TYPE_LATEST)

    router.add_api_route("/healthz", healthz, methods=["GET"], response_class=Response)
    router.add_api_route("/readyz", readyz, methods=["GET"], response_class=Response)
    router.add_api_route("/metrics", metrics, methods=["GET"], response_class=Response)
    return router


class Readiness:
    """What is missing for a safe answer, looked at again after a moment. Share one between threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lock = threading.Lock()
        self._kept: tuple[float, dict[str, str]] | None = None

    def missing(self) -> dict[str, str]:
        """By part, a code; empty where a call could be judged and a card recorded now."""
        with self._lock:
            now = self._parts.timer()
            if self._kept is None or now - self._kept[0] >= _KEPT_S:
                self._kept = now, self._look()
            return self._kept[1]

    def _look(self) -> dict[str, str]:
        missing = {} if self._parts.trust.can_judge else {"clients": "no keys"}
        try:
            self._parts.check_ledger()
        except LedgerError as error:
            missing["ledger"] = type(error).__name__
        return missing
