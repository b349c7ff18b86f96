"""Who is looking: the demo's users, their signed session, and the way to sign in and back."""

import uuid

import pytest
from hook_desk import PUBLIC, open_desk
from page_desk import AUDITOR, A, pages_over, shown

from cds_service.demo_login import COOKIE, DemoLogin
from cds_service.login import Scope
from ledger.cards import Cards
from ledger.purge import purge
from ledger.records import PatientKey

KEY = PatientKey(client="ehr", tenant="north", fhir_base="https://ehr.test/fhir", patient_id="p1")


def with_cookie(pages, value):
    return pages.http.get("/audit", headers={"cookie": f"{COOKIE}={value}"})


def test_decision_6_without_a_configured_login_the_pages_are_401(tmp_path):
    desk = open_desk(tmp_path)
    for path in ("/review/x", "/audit", "/review/x/answers"):
        answer = desk.http.request("POST" if path.endswith("answers") else "GET", path)
        assert (answer.status_code, answer.content) == (401, b"")
    desk.store.close()


def test_who_is_not_signed_in_is_sent_there_and_back(pages):
    card = pages.card()
    away = pages.http.get(f"/review/{card}")
    assert (away.status_code, away.headers["location"]) == (303, f"/sign-in?next=/review/{card}")

    choice = pages.http.get(away.headers["location"])
    assert "no password" in shown(choice.text)
    back = pages.http.post(
        "/sign-in", data={"user": A, "next": f"/review/{card}"}, headers={"origin": PUBLIC}
    )  # fmt: skip
    assert (back.status_code, back.headers["location"]) == (303, f"/review/{card}")
    cookie = back.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/"))
    assert pages.http.get(f"/review/{card}").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.test", "//evil.test", "/\\evil.test", "evil", "", "/a\r\nX: y"])
def test_a_sign_in_never_leads_to_another_site(pages, target):
    back = pages.http.post("/sign-in", data={"user": A, "next": target}, headers={"origin": PUBLIC})
    assert back.headers["location"] == "/sandbox/"


def test_t14_another_site_cannot_sign_a_browser_in(pages):
    answer = pages.http.post("/sign-in", data={"user": A}, headers={"origin": "https://evil.test"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_nobody_but_the_built_in_users_signs_in(pages):
    assert pages.http.post("/sign-in", data={"user": "root"}, headers={"origin": PUBLIC}).status_code == 400


def test_signing_out_ends_the_session_in_the_browser(pages):
    pages.http.post("/sign-in", data={"user": AUDITOR}, headers={"origin": PUBLIC})
    assert pages.http.get("/audit").status_code == 200
    pages.http.post("/sign-out", headers={"origin": PUBLIC})
    assert pages.http.get("/audit").status_code == 303


def test_an_altered_forged_or_old_session_is_nobody(pages):
    good = pages.login.cookie(AUDITOR)
    assert with_cookie(pages, good).status_code == 200

    user, session, expires, signature = good.split(".")
    forged = DemoLogin(b"another secret", client="ehr", clock=pages.desk.clock).cookie(AUDITOR)
    bad = [
        "",
        "....",
        "auditor",
        forged,
        f"{A}.{session}.{expires}.{signature}",
        f"{user}.{session}.9999999999.{signature}",
    ]
    for value in bad:
        assert with_cookie(pages, value).status_code == 303
    pages.desk.clock.forward(hours=13)
    assert with_cookie(pages, good).status_code == 303


def test_every_session_is_another(pages):
    assert len({pages.login.cookie(A) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope(client="ehr"), True),
        (Scope(client="ehr", tenant="north"), True),
        (Scope(client="ehr", tenant="north", patient_id="p1"), True),
        (Scope(client="other"), False),
        (Scope(client=""), False),
        (Scope(client="ehr", tenant="south"), False),
        (Scope(client="ehr", patient_id="p2"), False),
    ],
)
def test_t13_a_person_sees_the_patients_of_a_scope_alone(scope, held):
    assert scope.holds(KEY) is held


def test_t13_a_card_of_another_client_is_as_missing_as_no_card(pages):
    card = pages.card()
    other = pages_over(pages.desk, client="another-ehr")
    paths = ("/review/{}", "/review/{}/state", "/review/{}/images", "/review/{}/images/1.png")
    for path in paths:
        answers = [other.get(path.format(name)) for name in (card, str(uuid.uuid4()), "no-card")]
        assert {one.status_code for one in answers} == {404}
        assert len({one.text.replace(card, "").count("Not found") for one in answers}) == 1
    fields = pages.fields(card) | {"outcome": "reviewed", "token": other.token(A)}
    assert other.post(f"/review/{card}/answers", fields).status_code == 404
    assert other.get(f"/audit/cards/{card}", AUDITOR).status_code == 404
    assert other.get(f"/audit/cards/{card}/story.ndjson", AUDITOR).status_code == 404
    assert card not in other.get("/audit", AUDITOR).text
    assert pages.answers(card) == ()


def test_the_demo_has_two_clinicians_and_an_auditor_by_role_alone(pages):
    request = pages.person(AUDITOR)
    assert "Demo informatics auditor" in shown(request.get("/audit").text)
    text = shown(pages.http.get("/sign-in").text)
    assert all(name in text for name in ("Demo clinician A", "Demo clinician B", "Demo informatics auditor"))


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        (Scope(client="ehr"), True),
        (Scope(client="other"), False),
        (Scope(client="ehr", tenant="north"), False),
        (Scope(client="ehr", patient_id="p1"), False),
    ],
)
def test_t13_a_purged_card_says_no_longer_whose_it_was_and_is_seen_by_whoever_sees_all_of_its_client(
    pages, scope, held
):
    card = pages.card()
    whole = Cards(pages.desk.store).find(card)
    assert Scope(client="ehr", patient_id=whole.key.patient_id).holds_card(whole)
    purge(pages.desk.store, [("card", card)], by="ops", at=pages.desk.clock(), reason="retention")
    purged = Cards(pages.desk.store).find(card)
    assert (purged.key, purged.client) == (None, "ehr")
    assert scope.holds_card(purged) is held
