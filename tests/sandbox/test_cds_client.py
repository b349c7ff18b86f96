"""The CDS client of the sample EHR, clause by clause, between its own FHIR endpoint and a stub of a service."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest
from ehr_stand import SERVICES, CdsStub, card
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.routing import Mount

from chartside_sandbox.client import (
    EPIC_LIKE,
    HOOKS,
    ORACLE_LIKE,
    PRESETS,
    REFERENCE,
    SANDBOX_LIKE,
    WINTEHR_LIKE,
    Quirks,
    hook_context,
)
from chartside_sandbox.client.actions import transaction
from chartside_sandbox.client.cards import Launch, ReceivedCard, read_cards, view
from chartside_sandbox.client.client import CdsHooksClient, Service
from chartside_sandbox.client.errors import BadContext, NoAnswer, NotFired
from chartside_sandbox.client.exchange import Exchange
from chartside_sandbox.client.feedback import Outbox, accepted, overridden
from chartside_sandbox.client.grants import Grants
from chartside_sandbox.client.record import FhirRecord
from chartside_sandbox.client.screen import Screen
from chartside_sandbox.client.signing import Signer, read_signing_key
from chartside_sandbox.client.templates import resolved
from chartside_sandbox.fhir_endpoint import fhir_routes
from chartside_sandbox.kept import KeptResources
from chartside_sandbox.samples import CHARTS
from fhir_adapters.fhir_folder import FolderFhirServer
from fhir_adapters.prefetch import PREFETCH

KIDNEY, USER, MOMENT = "example-kidney", "Practitioner/u1", datetime(2026, 11, 24, 12, 0, 5, 900, tzinfo=UTC)
VALUES = {"userId": USER, "patientId": KIDNEY}
SIGNER = Signer(
    issuer="https://ehr.test", key=ECKey.generate_key("P-384", {"kid": "k1"}, private=True), algorithm="ES384"
)
SERVER = FolderFhirServer(CHARTS)  # each chart is read once for all tests
LAUNCH = Launch(fhir_server="http://ehr.test/fhir", registered=("https://apps.test/",))


@dataclass
class Bench:
    """A client between its own FHIR endpoint and a stub, with all that passed."""

    client: CdsHooksClient
    stub: CdsStub
    grants: Grants
    asked: list[tuple[str, str]] = field(default_factory=list)  # of the FHIR endpoint
    seen: list[Exchange] = field(default_factory=list)


@pytest.fixture
async def make_bench() -> AsyncIterator[Any]:
    opened: list[httpx2.AsyncClient] = []

    def make(quirks: Quirks = REFERENCE, **more: Any) -> Bench:
        stub, grants, kept = CdsStub(), Grants(lambda: MOMENT), KeptResources()
        app = Starlette(routes=[Mount("/fhir", routes=fhir_routes(SERVER, kept=kept, grants=grants))])
        asked: list[tuple[str, str]] = []

        async def note(request: httpx2.Request) -> None:
            asked.append((request.method, request.url.path))

        own = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), event_hooks={"request": [note]})
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=Starlette(routes=stub.routes())))
        opened.extend((own, http))
        record = FhirRecord("http://ehr.test/fhir", own, searches_by_post=quirks.searches_by_post)
        seen: list[Exchange] = []
        client = CdsHooksClient(
            address="http://cds.test", http=http, record=record, grants=grants, quirks=quirks, heard=seen.append, **more
        )
        return Bench(client, stub, grants, asked, seen)

    yield make
    for one in opened:
        await one.aclose()


def received(quirks: Quirks = REFERENCE, **changes: Any) -> ReceivedCard:
    (one,) = read_cards({"cards": [card(**changes)]}, service_id="s", hook="patient-view", quirks=quirks)
    return one


# Calls


def test_every_hook_has_its_fields_and_none_is_made_up_c1() -> None:
    with pytest.raises(BadContext, match="order-select: the context needs selections, draftOrders"):
        hook_context("order-select", VALUES)
    with pytest.raises(BadContext):
        hook_context("no-such-hook", VALUES)
    assert hook_context("patient-view", {**VALUES, "encounterId": "", "other": "x"}) == VALUES
    dispatched = {"dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1"}
    assert "userId" not in hook_context("order-dispatch", {**VALUES, **dispatched})
    assert set(REFERENCE.hooks) < HOOKS.keys()


async def test_a_call_has_a_hook_instance_nobody_can_guess_and_no_empty_member_c1(make_bench) -> None:
    bench = make_bench()
    for _ in range(2):
        await bench.client.fire("patient-view", VALUES)
    first, second = bench.stub.calls
    assert uuid.UUID(first["hookInstance"]).version == 4
    assert first["hookInstance"] != second["hookInstance"]
    assert first.keys() == {"hook", "hookInstance", "fhirServer", "context", "prefetch"}


async def test_prefetch_keys_are_those_of_the_service_and_each_address_is_asked_once_c2(make_bench) -> None:
    bench = make_bench()
    same = Service(id="chart-summary", hook="patient-view", title="", prefetch={"a": PREFETCH["patient"]})
    bench.client.typed_in = [replace(same, prefetch={"a": PREFETCH["patient"], "b": PREFETCH["patient"]})]
    await bench.client.fire("patient-view", VALUES)
    (call,) = bench.stub.calls
    assert call["prefetch"].keys() == {"a", "b"}
    assert bench.asked == [("GET", f"/fhir/Patient/{KIDNEY}")]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("Patient/{{context.patientId}}", "Patient/a%2Fb"),
        ("Practitioner/{{ userPractitionerId }}", "Practitioner/u1"),
        ("Observation?date=ge{{today() - 90 days}}", "Observation?date=ge2026-08-26"),
        ("Observation?date=le{{today()}}", "Observation?date=le2026-11-24"),
        ("Encounter/{{context.encounterId}}", None),
        ("Patient/{{context.draftOrders.entry}}", None),
        ("Patient/{{userPatientId}}", None),
    ],
)
def test_a_template_is_filled_from_context_user_and_day_or_left_out_c2(template: str, found: str | None) -> None:
    context = {"userId": USER, "patientId": "a/b", "draftOrders": {"entry": []}}
    assert resolved(template, context, today=date(2026, 11, 24)) == found


@pytest.mark.parametrize(
    ("quirks", "kept"),
    [(REFERENCE, "OperationOutcome"), (SANDBOX_LIKE, None)],
    ids=lambda one: getattr(one, "name", ""),
)
async def test_a_search_that_failed_is_its_outcome_or_no_key_at_all_c2(make_bench, quirks, kept) -> None:
    bench = make_bench(quirks)
    refused = {"patient": PREFETCH["patient"], "bad": "Observation?patient={{context.patientId}}&code=8480-6"}
    bench.client.typed_in = [Service(id="chart-summary", hook="patient-view", title="", prefetch=refused)]
    await bench.client.fire("patient-view", VALUES)
    (call,) = bench.stub.calls
    assert call["prefetch"].get("bad", {}).get("resourceType") == kept


async def test_an_empty_search_is_a_bundle_and_at_an_epic_like_client_one_with_an_outcome(make_bench) -> None:
    empty = Service(
        id="chart-summary", hook="patient-view", title="", prefetch={"none": "Consent?patient={{context.patientId}}"}
    )
    bundles = []
    for quirks in (REFERENCE, EPIC_LIKE):
        bench = make_bench(quirks, typed_in=[empty])
        await bench.client.fire("patient-view", VALUES)
        bundles.append(bench.stub.calls[0]["prefetch"]["none"])
    plain, epic = bundles
    assert (plain["total"], "entry" in plain, epic["total"]) == (0, False, 0)
    (entry,) = epic["entry"]
    assert (entry["search"]["mode"], entry["resource"]["resourceType"]) == ("outcome", "OperationOutcome")


async def test_a_sandbox_like_client_searches_by_post_first_and_names_no_encounter(make_bench) -> None:
    bench = make_bench(SANDBOX_LIKE)
    await bench.client.fire("patient-view", {**VALUES, "encounterId": "e1"})
    searches = [one for one in bench.asked if one[1] != f"/fhir/Patient/{KIDNEY}"]
    assert {method for method, _ in searches} == {"POST"}
    assert all(path.endswith("/_search") for _, path in searches)
    (call,) = bench.stub.calls
    assert call["context"] == VALUES
    assert call["prefetch"].keys() == PREFETCH.keys()


async def test_a_wintehr_like_client_sends_empty_members_and_gives_a_service_up_after_five_failures(make_bench) -> None:
    bench = make_bench(WINTEHR_LIKE)
    bench.stub.status, bench.stub.body = 500, b"{}"
    for _ in range(5):
        (answer,) = await bench.client.fire("patient-view", VALUES)
        assert isinstance(answer.failure, NoAnswer)
    bench.stub.status, bench.stub.body = 200, None
    (answer,) = await bench.client.fire("patient-view", VALUES)
    assert isinstance(answer.failure, NotFired)
    assert len(bench.stub.calls) == 5
    first = bench.stub.calls[0]
    assert (first["fhirAuthorization"], first["extension"]) == (None, {})


async def test_each_kind_of_client_fires_its_hooks_and_no_others(make_bench) -> None:
    assert {one.name for one in PRESETS.values() if "order-dispatch" in one.hooks} == {"reference", "wintehr-like"}
    bench = make_bench(ORACLE_LIKE)
    with pytest.raises(NotFired, match="does not fire order-sign"):
        await bench.client.fire("order-sign", {**VALUES, "draftOrders": {"resourceType": "Bundle"}})
    assert bench.seen == []


async def test_a_token_is_for_one_patient_and_the_types_asked_for_and_dies_with_the_call_c3(make_bench) -> None:
    bench = make_bench()
    await bench.client.fire("patient-view", VALUES, sending="server")
    (call,) = bench.stub.calls
    granted = call["fhirAuthorization"]
    assert (granted["token_type"], granted["expires_in"], granted["patient"]) == ("Bearer", 300, KIDNEY)
    assert {"patient/Patient.rs", "patient/Observation.rs"} <= set(granted["scope"].split())
    assert "prefetch" not in call
    assert bench.grants.find(granted["access_token"]) is None
    assert granted["access_token"] not in repr([one.shown(whole=True) for one in bench.seen])


def test_a_token_that_has_expired_is_no_longer_in_force_c3() -> None:
    now = itertools.chain([MOMENT], itertools.repeat(MOMENT.replace(hour=13)))
    grants = Grants(lambda: next(now))
    assert grants.find(grants.issue(KIDNEY, ["Observation"]).token) is None


# Tokens


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    decoded = jwt.decode(token, SIGNER.key, algorithms=["ES384"])
    return decoded.header, decoded.claims


async def test_every_call_is_signed_for_its_own_address_discovery_and_feedback_too_c7(make_bench) -> None:
    bench = make_bench(signer=replace(SIGNER, jku="https://ehr.test/jwks.json", tenant="t1"))
    headers: list[str] = []

    async def note(request: httpx2.Request) -> None:
        headers.append(request.headers["authorization"].removeprefix("Bearer "))

    bench.client.http.event_hooks = {"request": [note]}
    (answer,) = await bench.client.fire("patient-view", VALUES)
    await bench.client.send_feedback("chart-summary", [overridden(answer.cards[0], at=MOMENT, quirks=REFERENCE)])
    opened = [claims_of(token) for token in headers]
    assert [claims["aud"] for _, claims in opened] == [
        "http://cds.test/cds-services",
        "http://cds.test/cds-services/chart-summary",
        "http://cds.test/cds-services/chart-summary/feedback",
    ]
    assert len({claims["jti"] for _, claims in opened}) == 3
    for header, claims in opened:
        assert header == {"alg": "ES384", "typ": "JWT", "kid": "k1", "jku": "https://ehr.test/jwks.json"}
        assert claims["exp"] - claims["iat"] == 300
        assert (claims["iss"], claims["tenant"]) == ("https://ehr.test", "t1")
        assert "nbf" not in claims


def test_an_epic_like_token_has_nbf_and_sub_and_lives_a_quarter_of_an_hour() -> None:
    _, claims = claims_of(SIGNER.token("http://cds.test/x", now=MOMENT, jti="j", quirks=EPIC_LIKE))
    assert claims["exp"] - claims["iat"] == 900
    assert claims["iat"] - claims["nbf"] == 300
    assert claims["sub"] == "https://ehr.test"


def test_no_symmetric_or_public_key_signs_and_only_the_public_half_is_published_c7() -> None:
    for bad in (OctKey.generate_key(256).as_dict(), SIGNER.key.as_dict(private=False)):
        with pytest.raises(ValueError, match="private EC or RSA"):
            read_signing_key(httpx2.Response(200, json=bad).content)
    (published,) = SIGNER.public_keys()["keys"]
    assert "d" not in published
    assert repr(SIGNER.key) not in repr(SIGNER)


# Cards


@pytest.mark.parametrize("answer", [None, [], {}, {"cards": {}}, {"cards": ["x"]}])
def test_what_is_no_list_of_cards_is_no_answer(answer: object) -> None:
    with pytest.raises(NoAnswer):
        read_cards(answer, service_id="s", hook="patient-view", quirks=REFERENCE)


def test_an_unknown_selection_behavior_is_an_error_c4() -> None:
    assert received(selectionBehavior="at-most-one").uuid
    with pytest.raises(NoAnswer, match="unknown selectionBehavior"):
        received(selectionBehavior="all")
    with pytest.raises(NoAnswer, match="unknown selectionBehavior"):
        received(EPIC_LIKE, selectionBehavior="at-most-one")


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ({"type": "absolute", "url": "https://any.test/x", "label": "A"}, "https://any.test/x"),
        ({"type": "absolute", "url": "javascript:alert(1)", "label": "A"}, None),
        ({"type": "smart", "url": "https://any.test/launch", "label": "A"}, None),
        (
            {"type": "smart", "url": "https://apps.test/launch?x=1", "label": "A"},
            "https://apps.test/launch?x=1&iss=http%3A%2F%2Fehr.test%2Ffhir&launch=L",
        ),
    ],
)
def test_a_smart_link_gets_its_launch_parameters_where_the_app_is_registered_c4_c7(link, shown) -> None:
    found = LAUNCH.shown(link, quirks=REFERENCE, launch_id="L")
    assert (found["url"] if found else None) == shown


def test_links_that_are_not_registered_are_taken_off_by_epic_and_oracle_like_clients() -> None:
    link = {"type": "absolute", "url": "https://any.test/x", "label": "A"}
    assert LAUNCH.shown(link, quirks=ORACLE_LIKE, launch_id="L") is None
    kept = LAUNCH.shown({**link, "url": "https://apps.test/x"}, quirks=EPIC_LIKE, launch_id="L")
    assert kept == {"label": "Open", "url": "https://apps.test/x"}


def test_an_epic_like_screen_shows_suggestions_of_one_action_by_its_description() -> None:
    action = {"type": "create", "description": "Order creatinine", "resource": {"resourceType": "ServiceRequest"}}
    suggestions = [
        {"uuid": "1", "label": "Reviewed"},
        {"uuid": "2", "label": "One", "actions": [action]},
        {"uuid": "3", "label": "Two", "actions": [action, action]},
    ]
    shown = view(received(suggestions=suggestions), quirks=EPIC_LIKE, launch=LAUNCH, launch_id="L")["suggestions"]
    assert [one["label"] for one in shown] == ["Order creatinine"]


def test_a_new_call_of_a_service_replaces_its_cards_and_no_others_c5() -> None:
    screen, old, other = Screen(), received(summary="old"), received(summary="other", indicator="critical")
    screen.show("s", [old])
    screen.show("t", [other])
    screen.show("s", [received(summary="new")])
    assert [one.card["summary"] for one in screen.cards] == ["other", "new"]
    assert screen.card(old.uuid) is old  # still to be answered: the reader may be looking at it
    screen.show("s", [])
    assert [one.card["summary"] for one in screen.cards] == ["other"]


# Answers


def test_without_an_id_nothing_is_fed_back_c6() -> None:
    nameless = ReceivedCard(service_id="s", hook="patient-view", card={"summary": "x", "suggestions": [{"label": "y"}]})
    assert accepted(nameless, "", at=MOMENT) is None
    assert overridden(nameless, at=MOMENT, quirks=REFERENCE) is None
    assert accepted(received(), "of another card", at=MOMENT) is None
    assert view(nameless, quirks=REFERENCE, launch=LAUNCH, launch_id="L")["canDismiss"] is False


@pytest.mark.parametrize(
    ("quirks", "name", "members"),
    [
        (REFERENCE, "overrideReason", {"code", "system", "display"}),
        (SANDBOX_LIKE, "overrideReason", {"code", "system"}),
        (EPIC_LIKE, "overrideReasons", {"code", "system", "display"}),
    ],
    ids=lambda one: getattr(one, "name", ""),
)
def test_an_override_names_its_reason_as_this_client_does_cds_fb_3(quirks, name, members) -> None:
    item = overridden(received(), at=MOMENT, quirks=quirks, reason=1, comment="  late  ")
    assert item.feedback[name]["reason"].keys() == members
    assert item.feedback[name]["userComment"] == "late"
    assert item.feedback["outcomeTimestamp"] == "2026-11-24T12:00:05Z"
    bare = overridden(received(), at=MOMENT, quirks=quirks)
    assert bare.feedback.keys() == {"card", "outcome", "outcomeTimestamp"}


def test_a_card_whose_id_is_no_uuid_is_answered_by_it() -> None:
    odd = received(uuid="CARD 7")
    assert overridden(odd, at=MOMENT, quirks=EPIC_LIKE).feedback["card"] == "CARD 7"


def test_a_batch_holds_every_answer_to_one_service_in_order_and_waits_on_if_it_was_not_taken() -> None:
    box = Outbox()
    first, second = (overridden(received(), at=MOMENT, quirks=EPIC_LIKE) for _ in range(2))
    other = replace(second, service_id="t")
    for one in (first, other, second):
        box.add(one)
    assert box.take() == {"s": [first, second], "t": [other]}
    assert len(box) == 0
    box.put_back([first, second])
    assert box.take() == {"s": [first, second]}


def test_the_actions_of_a_suggestion_are_one_transaction_deletes_first_c9() -> None:
    order = {"resourceType": "ServiceRequest", "id": "1"}
    actions = [
        {"type": "update", "description": "u", "resource": order},
        {"type": "create", "description": "c", "resource": order},
        {"type": "delete", "description": "d", "resourceId": "ServiceRequest/2"},
    ]
    bundle = transaction({"actions": actions})
    requests = [(one["request"]["method"], one["request"]["url"]) for one in bundle["entry"]]
    assert requests == [("DELETE", "ServiceRequest/2"), ("POST", "ServiceRequest"), ("PUT", "ServiceRequest/1")]
    assert transaction({"label": "Reviewed"}) is None
    for bad in ({"type": "move"}, {"type": "create"}, {"type": "delete"}, {"type": "update", "resource": {}}):
        with pytest.raises(ValueError, match=r"an action of an unknown|without|names no"):
            transaction({"actions": [*actions, bad]})


async def test_each_hook_of_discovery_reaches_its_service(make_bench) -> None:
    bench = make_bench()
    orders = {"resourceType": "Bundle", "type": "collection", "entry": []}
    more = {
        "encounterId": "e1", "selections": ["ServiceRequest/1"], "draftOrders": orders, "appointments": orders,
        "dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1",
    }  # fmt: skip
    for hook in REFERENCE.hooks:
        (answer,) = await bench.client.fire(hook, {**VALUES, **more})
        assert answer.failure is None
    assert [one["hook"] for one in bench.stub.calls] == list(REFERENCE.hooks) == list(SERVICES.values())
    assert all(re.fullmatch(r"prefetch: \d+ keys from \d+ FHIR requests", one.note) for one in bench.seen[1:])
