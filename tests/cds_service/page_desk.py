"""A service with its pages for tests: real ledger, real hook, real job runner, people who sign in."""

from __future__ import annotations

import html as html_text
import json
import re
import uuid
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from hook_desk import ENGINE, PUBLIC, Desk, hook_body, open_desk
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.demo_login import COOKIE, USERS, DemoLogin, demo_login_router
from cds_service.pages import PageParts, page_routers, review_url, static_mounts
from fhir_adapters.prefetch import PREFETCH
from ledger.answers import answers_to
from ledger.events import record
from ledger.jobs import Jobs
from tasks.engines.scripted import Scripted
from tasks.runner import Runner
from tasks.summarise import Sources, Workshop

SECRET = b"test secret of thirty-two bytes.."
A, B, AUDITOR = "clinician-a", "clinician-b", "auditor"
USER_A, USER_B = USERS[A][2], USERS[B][2]

STATEMENTS = [
    {
        "kind": "allergy",
        "text": "Penicillin: anaphylaxis, high criticality.",
        "refs": ["AllergyIntolerance/a1"],
    },
    {"kind": "result", "text": "eGFR 31 mL/min/1.73 m2 on 02-Oct-2026.", "refs": ["Observation/o1"]},
    {"kind": "problem", "text": "Type 2 diabetes is active.", "refs": ["Condition/c1"]},
    {"kind": "result", "text": "eGFR 13 mL/min/1.73 m2 on 02-Oct-2026.", "refs": ["Observation/o1"]},  # contradicted
]


@dataclass
class Pages:
    """One running service with pages."""

    desk: Desk
    parts: PageParts
    login: DemoLogin
    http: TestClient
    people: dict[str, TestClient] = field(default_factory=dict)

    def person(self, user: str) -> TestClient:
        """A browser in which this user is signed in."""
        if user not in self.people:
            self.people[user] = TestClient(
                self.http.app, base_url=PUBLIC, raise_server_exceptions=False, follow_redirects=False,
                cookies={COOKIE: self.login.cookie(user)},
            )  # fmt: skip
        return self.people[user]

    def get(self, path: str, user: str = A, **headers: str) -> Any:
        return self.person(user).get(path, headers=headers)

    def post(self, path: str, data: Mapping[str, str], user: str = A, **headers: str) -> Any:
        return self.person(user).post(path, data=data, headers={"origin": PUBLIC} | headers)

    def card(self, body: dict[str, Any] | None = None, *, user: str = USER_A, patient_id: str = "p1") -> str:
        """The id of the card of one hook call by this user."""
        body = body or hook_body(patient_id)
        body["context"]["userId"] = user
        return self.desk.card(body)["uuid"]

    def cards(self, body: dict[str, Any] | None = None, *, user: str = USER_A) -> list[dict[str, Any]]:
        body = body or hook_body()
        body["context"]["userId"] = user
        return self.desk.hook(body).json()["cards"]

    def summarise(self, engine: Any) -> list[str]:
        """Run every job that is due, as a worker does; how each ended."""
        runner = Runner(
            jobs=Jobs(self.desk.store),
            record=partial(record, self.desk.store),
            workshop=Workshop(engine=engine, sources=_nowhere, profile="text-only", clock=self.desk.clock),
            worker="w1",
            lease_s=60,
            clock=self.desk.clock,
            new_id=lambda: str(uuid.uuid4()),
        )
        return [runner.run(job_id) for job_id in Jobs(self.desk.store).due()]

    def fields(self, card_id: str, user: str = A) -> dict[str, str]:
        """The hidden fields of the page's forms, once it was opened."""
        page = self.get(f"/review/{card_id}", user)
        assert page.status_code == 200, page.text
        return {name: hidden(page.text, name) for name in ("token", "surface")}

    def answer(self, card_id: str, outcome: str, user: str = A, **fields: str) -> Any:
        """Open the page and answer it."""
        return self.post(f"/review/{card_id}/answers", self.fields(card_id, user) | {"outcome": outcome} | fields, user)

    def token(self, user: str) -> str:
        """The token of forms in this user's session."""
        return self.parts.guard.token(self.person(user).cookies[COOKIE].split(".")[1])

    def answers(self, card_id: str) -> Any:
        return answers_to(self.desk.store, card_id)


def hidden(text: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', text)[0]


def shown(text: str) -> str:
    """The text of a page as a reader sees it."""
    inline = re.sub(r"</?(?:b|mark|code|strong)\b[^>]*>", "", text)
    return " ".join(html_text.unescape(re.sub(r"<[^>]+>", " ", inline)).split())


def scripted(folder: Path, statements: list[dict[str, Any]], *, patient_id: str = "p1") -> Scripted:
    """An engine that says these statements of this patient."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"patient_id": patient_id, "statements": statements}
    (folder / f"{patient_id}.json").write_text(json.dumps(content), encoding="utf-8")
    return Scripted(folder)


def prefetch_of(chart: dict[str, Any]) -> dict[str, Any]:
    """A whole sample chart as an EHR would prefetch it."""
    resources = [entry["resource"] for entry in chart["entry"]]
    kinds = {key: template.partition("?")[0].partition("/")[0] for key, template in PREFETCH.items()}
    whole: dict[str, Any] = {}
    for key, kind in kinds.items():
        found = [one for one in resources if one["resourceType"] == kind]
        entries = [{"resource": one} for one in found]
        whole[key] = (
            found[0] if kind == "Patient" else {"resourceType": "Bundle", "type": "searchset", "entry": entries}
        )
    return whole


def open_pages(folder: Path, **changes: Any) -> Pages:
    """A service with pages over a fresh ledger; `look` goes to the pages, the rest to the hook's parts."""
    look = changes.pop("look", None)
    engine = changes.pop("engine", ENGINE)
    return pages_over(open_desk(folder, engine=engine, **changes), look=look)


def pages_over(desk: Desk, *, look: Any = None, client: str = "ehr") -> Pages:
    """Pages over the ledger of a desk, whose people see the patients of one client."""
    engine = desk.parts.engine
    login = DemoLogin(SECRET, client=client, clock=desk.clock)
    pages = PageParts.over(desk.store, login=login, secret=SECRET, base_url=PUBLIC, engine=engine, look=look)
    pages = replace(pages, clock=desk.clock)
    parts = replace(
        desk.parts,
        review_url=review_url(PUBLIC),
        pages=(*page_routers(pages), demo_login_router(login, html=pages.html, guard=pages.guard)),
        mounts=static_mounts(),
    )
    http = TestClient(create_app(parts), base_url=PUBLIC, raise_server_exceptions=False, follow_redirects=False)
    return Pages(desk=replace(desk, parts=parts, http=http), parts=pages, login=login, http=http)


@asynccontextmanager
async def _nowhere(_key: Any) -> Any:
    yield Sources()
