"""Clients that behave like known EHRs, unmodified, before the service that asks for tokens and keeps a real ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from ehr_stand import open_browser, open_page
from signed_stand import KIDNEY, SignedStand, signed_stand
from sqlalchemy import func, select

from chartside_sandbox.client import PRESETS, REFERENCE
from ledger.schema import audit_entry
from ledger.verify import verify

EFFUSION, HEAD, LIVER = "example-effusion", "example-head-ct", "example-liver"  # a chart for each test that answers
SIGNING = [name for name, quirks in PRESETS.items() if quirks.signs]


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedStand]:
    with signed_stand(tmp_path_factory.mktemp("signed")) as running:
        yield running
        assert verify(running.store).ok


def kinds(stand: SignedStand, word: str) -> int:
    """How many entries of the chain are of a kind with this word."""
    of_kind = select(func.count().label("found")).where(audit_entry.c.kind.contains(word))
    (row,) = stand.store.rows(of_kind)
    return int(row["found"])


@pytest.mark.parametrize("name", SIGNING)
def test_every_kind_of_client_that_signs_gets_the_chart_in_a_card_c1_c7(stand: SignedStand, name: str) -> None:
    told = stand.fire(name)
    assert told["failures"] == []
    (card,) = told["cards"]
    assert card["summary"]
    assert "Allergies" not in card["summary"]  # its first line would say so, had they not been seen
    called = stand.exchange(told)
    assert called["request"]["context"]["patientId"] == KIDNEY
    assert "signed with ES384" in called["note"]


def test_s33_a_client_that_does_not_sign_is_refused_at_discovery(stand: SignedStand) -> None:
    refused = [stand.fire("wintehr-like") for _ in range(6)]
    problems = [one["problem"] for told in refused for one in told["failures"]]
    # Discovery itself asks for a token, so there is no service to count the failures of.
    assert problems == ["401"] * 6
    assert all(told["cards"] == [] for told in refused)


@pytest.mark.parametrize("sending", ["first", "server"])
def test_what_the_prefetch_lacks_is_read_with_a_token_that_is_revoked_afterwards_c3(
    stand: SignedStand, sending: str
) -> None:
    told = stand.fire("reference", sending=sending)
    assert told["failures"] == []
    (card,) = told["cards"]
    assert "eGFR" in card["detail"] or "penicillin" in card["detail"].lower()
    granted = stand.exchange(told)["request"]["fhirAuthorization"]
    assert granted["access_token"] == "(not shown)"
    assert granted | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": granted["scope"],
        "subject": "chart-summary",
        "patient": KIDNEY,
    }
    assert "patient/Observation.rs" in granted["scope"].split()


def test_the_sandbox_names_no_encounter_searches_by_post_and_may_accept_and_then_override(stand: SignedStand) -> None:
    told = stand.fire("sandbox-like", patientId=EFFUSION, encounterId="any")
    assert "encounterId" not in stand.exchange(told)["request"]["context"]
    assert "fhirAuthorization" not in stand.exchange(told)["request"]
    (card,) = told["cards"]
    assert card["staysOpen"]
    before = kinds(stand, "answer")
    accepted = stand.answer("sandbox-like", card=card["uuid"], suggestion=card["suggestions"][0]["uuid"])
    overridden = stand.answer("sandbox-like", card=card["uuid"], reason=0)
    assert "problem" not in accepted | overridden
    reason = stand.exchange(overridden)["request"]["feedback"][0]["overrideReason"]["reason"]
    assert reason.keys() == {"code", "system"}
    assert kinds(stand, "answer") == before + 2


def test_the_sandbox_renders_no_html_of_a_card_for_there_is_none(stand: SignedStand) -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py renders as the Sandbox does")
    (card,) = stand.fire("sandbox-like", patientId=HEAD)["cards"]
    tokens = markdown_it.MarkdownIt("commonmark", {"html": True}).parse(card["detail"])
    inline = [one for token in tokens for one in (token, *(token.children or []))]
    assert [one.type for one in inline if "html" in one.type or one.type in {"image", "link_open"}] == []
    assert len(inline) > 3


def test_an_epic_like_client_answers_in_batches_with_plural_reasons_and_goes_by_the_topic(stand: SignedStand) -> None:
    (card,) = stand.fire("epic-like", patientId=LIVER)["cards"]
    assert card["suggestions"] == []  # none has exactly one action
    waiting = stand.answer("epic-like", card=card["uuid"], reason=0, comment="seen")
    assert (waiting["waiting"], waiting["exchanges"]) == (1, [])
    sent = stand.posted("cds/feedback", {"behaviour": "epic-like"})
    assert sent["waiting"] == 0
    (item,) = stand.exchange(sent)["request"]["feedback"]
    assert item["overrideReasons"]["userComment"] == "seen"
    assert "overrideReason" not in item
    assert stand.fire("epic-like", patientId=LIVER)["cards"] == []  # its topic is acknowledged


def test_an_oracle_like_client_shows_a_card_that_cannot_be_answered_and_fires_nothing_else(stand: SignedStand) -> None:
    (card,) = stand.fire("oracle-like")["cards"]
    assert (card["suggestions"], card["overrideReasons"], card["canDismiss"]) == ([], [], False)
    refused = stand.fire("oracle-like", "order-sign")
    assert [one["kind"] for one in refused["failures"]] == ["not-fired"]
    assert refused["exchanges"] == []


def test_the_same_token_is_accepted_once_t4(stand: SignedStand) -> None:
    url = f"{stand.service}/cds-services"
    token = stand.signer.token(url, now=datetime.now(UTC), jti=str(uuid.uuid4()), quirks=REFERENCE)
    answers = [stand.http.get(url, headers={"authorization": f"Bearer {token}"}).status_code for _ in range(2)]
    assert answers == [200, 401]


FETCH = """([url, token]) => fetch(url, {headers: {authorization: `Bearer ${token}`, accept: 'application/json'}})
  .then(async (answer) => ({status: answer.status, services: (await answer.json()).services.length}))
  .catch((error) => ({refused: error.name}))"""


@pytest.mark.browser
def test_s40_a_browser_page_of_a_listed_origin_may_call_and_no_other(stand: SignedStand) -> None:
    url = f"{stand.service}/cds-services"

    def called_from(page_address: str) -> dict[str, object]:
        token = stand.signer.token(url, now=datetime.now(UTC), jti=str(uuid.uuid4()), quirks=REFERENCE)
        with open_browser() as browser, open_page(browser) as page:
            page.goto(f"{page_address}/")  # no page of the EHR, whose policy would keep it to its own origin
            found: dict[str, object] = page.evaluate(FETCH, [url, token])
            return found

    listed = called_from(stand.origin)
    assert listed["status"] == 200
    assert listed["services"]
    assert called_from(stand.origin.replace("127.0.0.1", "localhost")) == {"refused": "TypeError"}
