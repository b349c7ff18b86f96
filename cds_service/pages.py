"""The pages of the service, from constructed parts: sign-in is the login's own, review and audit are here.

parts = PageParts.over(store, login=login, secret=secret, base_url="https://cds.example.org", …)
create_app(replace(parts, review_url=review_url(base_url), pages=page_routers(page_parts), mounts=static_mounts()))
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from cds_service.page_parts import PageParts
from cds_service.routes.audit import AuditDoor
from cds_service.routes.review import ReviewDoor

__all__ = ["PageParts", "page_routers", "review_url", "static_mounts"]

_STATIC: Final = Path(__file__).parent / "static"


def page_routers(parts: PageParts) -> tuple[APIRouter, ...]:
    """/review and /audit, for `Parts.pages`."""
    return (ReviewDoor(parts).router(), AuditDoor(parts).router())


def review_url(base_url: str) -> Callable[[str], str]:
    """For `Parts.review_url`: where a card's review page is."""
    base = base_url.rstrip("/")
    return lambda card_id: f"{base}/review/{card_id}"


def static_mounts() -> tuple[tuple[str, ASGIApp], ...]:
    """For `Parts.mounts`: style sheet and scripts, the only things that a page loads beside its pictures."""
    return (("/static", StaticFiles(directory=_STATIC)),)
