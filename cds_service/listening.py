"""Serving an application: where it listens, without a log of ids, and with a heap that is left alone."""

from __future__ import annotations

import gc
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from cds_service.app import create_app
from cds_service.parts import Parts
from cds_service.request_heads import LimitedHeads
from cds_service.settings import Settings

_SWITCH_S: Final = (
    0.001  # how long a large chart's thread may keep the event loop from a moment's work; 5 ms by default
)


def run(parts: Parts, settings: Settings) -> None:
    """Listen where the settings say."""
    parts = replace(parts, starts=(*parts.starts, _settle_heap))
    listen(create_app(parts), host=settings.host, port=settings.port)


async def _settle_heap(_opened: AsyncExitStack) -> None:
    settle_heap()


def settle_heap() -> None:
    """Keep the cycle collector from walking again and again through what lives as long as the process.

    A chart is thousands of small dicts that reference counting frees; at the default thresholds each hook sets off a
    dozen collections, and the full ones among them walk every module and every chart kept.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    sys.setswitchinterval(_SWITCH_S)


def listen(app: ASGIApp, *, host: str, port: int) -> None:
    """Serve an application as ours is served: without access log (its lines hold ids) and without trust in proxies."""
    uvicorn.run(
        app, host=host, port=port, http=LimitedHeads, log_config=None, access_log=False,
        server_header=False, proxy_headers=False,
    )  # fmt: skip
