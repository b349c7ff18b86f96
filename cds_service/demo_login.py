"""The demo's login: three built-in roles to choose from, no password, for the loopback demo alone and shown as such.

The cookie is signed, HttpOnly and SameSite=Lax. It lacks the `__Host-` prefix, which needs Secure: the demo is plain
http on loopback. A real login (OIDC, SMART launch) takes this one's place behind `cds_service.login.Login`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cds_service.csrf import FormGuard
from cds_service.errors import BadForm
from cds_service.forms import read_form
from cds_service.html import Html, page_route
from cds_service.login import Person, Role, Scope

COOKIE: Final = "chartside-demo"
_LIFE: Final = timedelta(hours=12)

# login -> (name, roles, the sample EHR's user). Roles, not people.
USERS: Final = {
    "clinician-a": ("Demo clinician A", frozenset({Role.CLINICIAN}), "Practitioner/demo-clinician-a"),
    "clinician-b": ("Demo clinician B", frozenset({Role.CLINICIAN}), "Practitioner/demo-clinician-b"),
    "auditor": ("Demo informatics auditor", frozenset({Role.AUDITOR}), "Practitioner/demo-auditor"),
}


class DemoLogin:
    """Three built-in users, all with sight of one client's patients. `secret` ends with the process."""

    def __init__(self, secret: bytes, *, client: str, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._client = client
        self._clock = clock

    def who(self, request: Request) -> Person | None:
        """The user whose signed, unexpired cookie this is."""
        user, _, rest = request.cookies.get(COOKIE, "").partition(".")
        session, _, rest = rest.partition(".")
        expires, _, signature = rest.partition(".")
        if not hmac.compare_digest(self._sign(user, session, expires).encode(), signature.encode(errors="replace")):
            return None
        if user not in USERS or int(expires) <= self._clock().timestamp():
            return None
        name, roles, fhir_user = USERS[user]
        return Person(
            login=user, name=name, roles=roles, fhir_user=fhir_user, session=session, scope=Scope(client=self._client)
        )

    def sign_in_url(self, target: str) -> str:
        """The page with one button a user."""
        return f"/sign-in?next={quote(target, safe='/')}"

    def cookie(self, user: str) -> str:
        """A new session of this user. Raises BadForm for somebody else."""
        if user not in USERS:
            raise BadForm
        session, expires = secrets.token_urlsafe(16), str(int((self._clock() + _LIFE).timestamp()))
        return f"{user}.{session}.{expires}.{self._sign(user, session, expires)}"

    def _sign(self, *parts: str) -> str:
        mac = hmac.new(self._secret, "\x00".join(("session", *parts)).encode(errors="replace"), hashlib.sha256)
        return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")


def demo_login_router(login: DemoLogin, *, html: Html, guard: FormGuard) -> APIRouter:
    """/sign-in and /sign-out. No form here has a session yet, so its origin alone is checked (login CSRF)."""
    router = APIRouter(route_class=page_route(html))

    def choose(request: Request) -> Response:
        users = [(user, name, roles) for user, (name, roles, _) in USERS.items()]
        return html.page("sign_in.html", users=users, target=_own_path(request.query_params.get("next", "")))

    async def sign_in(request: Request) -> Response:
        guard.check_origin(request.headers)
        form = await read_form(request)
        answer = RedirectResponse(_own_path(form.get("next", "")), status_code=303)
        answer.set_cookie(COOKIE, login.cookie(form.get("user", "")), httponly=True, samesite="lax", path="/")
        return answer

    def sign_out(request: Request) -> Response:
        guard.check_origin(request.headers)
        answer = RedirectResponse("/sign-in", status_code=303)
        answer.delete_cookie(COOKIE, path="/")
        return answer

    router.add_api_route("/sign-in", choose, methods=["GET"], response_class=Response)
    router.add_api_route("/sign-in", sign_in, methods=["POST"], response_class=Response)
    router.add_api_route("/sign-out", sign_out, methods=["POST"], response_class=Response)
    return router


def _own_path(target: str) -> str:
    """`target` if it is a path of this service, else its front page: a sign-in must not lead to another site."""
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_path else "/sandbox/"
