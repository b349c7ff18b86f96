"""The pages of the service, from constructed parts: sign-in is the login's own, review and audit are here.

parts = PageParts.over(store, login=login, secret=secret, base_url="https://cds.example.org", …)
create_app(replace(parts, review_url=review_url(base_url), pages=page_routers(page_parts), mounts=static_mounts()))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from cds_service.page_parts import PageParts
from cds_service.parts import EngineInfo
from cds_service.routes.audit import AuditDoor
from cds_service.routes.review import ReviewDoor
from cds_service.routes.switches import SwitchDoor
from hooks.service import Service
from ledger.switches import SwitchKind

__all__ = ["PageParts", "names_to_switch", "page_routers", "review_url", "static_mounts"]

_STATIC: Final = Path(__file__).parent / "static"


def page_routers(parts: PageParts) -> tuple[APIRouter, ...]:
    """/review and /audit, for `Parts.pages`."""
    return (ReviewDoor(parts).router(), AuditDoor(parts).router(), SwitchDoor(parts).router())


def names_to_switch(
    services: Iterable[Service], *, engine: EngineInfo | None, clients: Iterable[str]
) -> Mapping[SwitchKind, tuple[str, ...]]:
    """For `PageParts.over`: what can be switched off here, by the names that the hooks go by."""
    known = tuple(services)
    return {
        SwitchKind.SERVICE: tuple(one.id for one in known),
        SwitchKind.MODEL: (engine.name,) if engine else (),
        SwitchKind.PROMPT: _prompts(known) if engine else (),
        SwitchKind.CLIENT: tuple(clients),
    }


def _prompts(services: Iterable[Service]) -> tuple[str, ...]:
    """A warm-up has none of its own: it asks for the summary of the service that it prepares."""
    return tuple(dict.fromkeys(one.prepares or one.id for one in services if one.asks_summary))


def review_url(base_url: str) -> Callable[[str], str]:
    """For `Parts.review_url`: where a card's review page is."""
    base = base_url.rstrip("/")
    return lambda card_id: f"{base}/review/{card_id}"


def static_mounts() -> tuple[tuple[str, ASGIApp], ...]:
    """For `Parts.mounts`: style sheet and scripts, the only things that a page loads beside its pictures."""
    return (("/static", StaticFiles(directory=_STATIC)),)
