"""The audit desk: every card is found by what its address asks for, and every look is an entry."""

import json
import re
import sqlite3
import uuid
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hook_desk import hook_body
from page_desk import AUDITOR, STATEMENTS, USER_A, USER_B, A, B, pages_over, scripted, shown

from cds_service.audit.asking import read_asked
from ledger.desk import CardState
from ledger.keys import load_keys
from ledger.purge import purge
from ledger.records import CardRecord, Event, Issuance, PatientKey, Withdrawal
from ledger.store import open_store
from ledger.withdrawals import Withdrawals

STORY = (
    "The EHR called",
    "The record was read for the card",
    "The card left for the EHR",
    "An AI summary was asked for",
    "A worker took the job",
    "The model answered",
    "Each statement was checked against its sources",
    "The summary was stored",
    "The review page was opened",
    "Disagreed",
    "The dose is old.",
    "This story was looked at",
    "eGFR 13 mL/min/1.73 m2 on 02-Oct-2026.",
    "withheld",
    "AllergyIntolerance/a1",
    "drawn again from the ledger, equal",
)


def search(pages, **fields):
    """The desk as the filter form leads to it."""
    sent = pages.post("/audit", {"token": pages.token(AUDITOR)} | fields, AUDITOR)
    assert sent.status_code == 303, sent.text
    return pages.get(sent.headers["location"], AUDITOR)


def rows(pages, **fields):
    return listed(search(pages, **fields).text)


def listed(html):
    return [part.split('"')[0] for part in html.split('href="/audit/cards/')[1:]]


def onward(html):
    return ["/audit?" + part.split('"')[0] for part in html.split('href="/audit?')[1:]]


def body(patient_id, **changes):
    return hook_body(patient_id, **changes)


def test_only_an_auditor_sees_the_desk_and_everybody_else_a_page_that_says_so(pages):
    card = pages.card()
    for path in ("/audit", f"/audit/cards/{card}", f"/audit/cards/{card}/story.ndjson"):
        answer = pages.get(path, A)
        assert (answer.status_code, "another role" in answer.text) == (403, True)
        assert f'href="{pages.parts.html.login.sign_in_url(path)}">Sign in as somebody else' in answer.text
        assert pages.http.get(path).status_code == 303
    for path in ("/audit/verify", "/audit/withdrawals/x/release"):
        assert pages.post(path, {"token": pages.token(A), "note": "x"}, A).status_code == 403
    assert not any(kind.startswith("audit.") for kind in pages.desk.kinds())


def test_looking_is_itself_recorded_with_who_and_what(pages):
    card = pages.card()
    search(pages, patient="p1")
    pages.get(f"/audit/cards/{card}", AUDITOR)
    pages.get(f"/audit/cards/{card}/story.ndjson", AUDITOR)

    assert pages.desk.kinds()[-3:] == ["audit.viewed", "audit.viewed", "audit.exported"]
    entry = [one for one in pages.parts.desk.story(card).entries if one.kind == "audit.viewed"][-1]
    assert (entry.user, entry.detail["login"]) == ("Practitioner/demo-auditor", "auditor")


def test_cards_are_found_by_patient_user_service_state_and_time_newest_first(pages):
    first = pages.card(body("p1"), user=USER_A)
    pages.desk.clock.forward(seconds=2)
    second = pages.card(body("p2"), user=USER_B)
    pages.answer(second, "reviewed", B)
    today = pages.desk.clock().date().isoformat()

    assert rows(pages) == [second, first]
    assert rows(pages, patient="p1") == [first]
    assert rows(pages, patient="Patient/p2") == [second]
    assert rows(pages, user=USER_B) == [second]
    assert rows(pages, state="reviewed") == [second]
    assert rows(pages, state="issued") == [first]
    assert rows(pages, service="chart-summary", patient="p2") == [second]
    assert rows(pages, service="other") == []
    assert rows(pages, since=today, until=today) == [second, first]
    assert rows(pages, until="2020-01-01") == []
    assert "No card matches." in search(pages, since="2999-01-01").text


def test_a_long_list_goes_on_at_its_next_page_without_gap_or_repeat(pages):
    issued = []
    for number in range(53):
        issued.append(pages.card(body(f"p{number}")))
        pages.desk.clock.forward(seconds=1)
    first = search(pages, service="chart-summary").text
    (older,) = onward(first)
    rest = pages.get(older, AUDITOR).text

    assert listed(first) + listed(rest) == issued[::-1]
    assert 'value="chart-summary"' in rest  # the same filter
    assert listed(pages.get(older, AUDITOR).text) == listed(rest)  # an address is gone back to


@pytest.mark.parametrize(
    "field", [{"state": "odd"}, {"since": "yesterday"}, {"until": "2026-02-30"}, {"patient": "p" * 201}]
)
def test_a_filter_that_cannot_be_read_is_left_out_and_named(pages, field):
    card = pages.card()
    html = search(pages, **field).text
    assert card in html
    assert f"Not understood and left out: {next(iter(field))}." in html


@pytest.mark.parametrize("place", [{"before": "x"}, {"before": "2026-01-01~"}, {"held_before": "x"}])
def test_a_place_in_a_list_that_cannot_be_read_is_its_beginning(pages, place):
    card = pages.card()
    assert listed(pages.get(pages.parts.views.address(place), AUDITOR).text) == [card]


@pytest.mark.parametrize("query", ["patient=MRN-4711", "view=x", f"view={'A' * 60}", "view=%00", "view=a&patient=b"])
def test_an_address_that_is_not_ours_shows_every_card_and_says_so(pages, query):
    card = pages.card()
    html = pages.get(f"/audit?{query}", AUDITOR).text
    assert listed(html) == [card]
    assert "Not understood and left out: this address." in html
    assert "MRN-4711" not in html


def test_no_address_of_the_desk_names_a_patient_on_any_way_there(pages):
    for number in range(51):
        pages.card(body("MRN-zq4711"))
        pages.desk.clock.forward(seconds=number)
    desk = pages.get("/audit", AUDITOR).text
    assert 'method="get"' not in desk
    sent = pages.post("/audit", {"token": pages.token(AUDITOR), "patient": "MRN-zq4711"}, AUDITOR)
    address = sent.headers["location"]
    found = pages.get(address, AUDITOR).text
    assert 'value="MRN-zq4711"' in found
    away = pages.http.get(address).headers["location"]
    choice = pages.http.get(away).text
    assert address.replace("?", "%3F").replace("=", "%3D") in away
    assert address in choice
    for place in (address, away, *onward(found), *re.findall(r'(?:href|action)="([^"]*)"', desk + found)):
        assert "zq4711" not in place  # letters that no uuid holds


def test_what_was_typed_into_an_address_goes_no_further_than_the_sign_in(pages):
    away = pages.http.get("/audit?patient=MRN-4711")
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/audit")


def test_t14_a_search_is_sent_from_our_own_page_by_an_auditor(pages):
    assert pages.post("/audit", {"token": "x", "patient": "p1"}, AUDITOR).status_code == 403
    assert pages.post("/audit", {"token": pages.token(A), "patient": "p1"}, A).status_code == 403
    assert not any(kind.startswith("audit.") for kind in pages.desk.kinds())


def test_a_filter_is_read_as_it_was_written():
    asked = read_asked({"patient": "p 1&x=2", "state": "opened", "since": "2026-11-02"}, client="ehr")
    assert asked.at() == {"patient": "p 1&x=2", "state": "opened", "since": "2026-11-02"}
    assert asked.wanted.state is CardState.OPENED
    assert "p 1" not in repr(asked)


def test_today_in_figures(pages, tmp_path):
    card = pages.card()
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    pages.answer(card, "disagreed", reason="inaccurate")
    desk = shown(pages.get("/audit", AUDITOR).text)

    for words in (
        "1 card today (1 brief)",
        "1 AI summary made today",
        "1 answer today (1 disagreed)",
        "0 jobs under way",
    ):
        assert words in desk


def test_verifying_is_by_post_says_head_and_anchor_and_is_recorded(pages):
    pages.card()
    assert pages.get("/audit/verify", AUDITOR).status_code == 405
    answer = pages.post("/audit/verify", {"token": pages.token(AUDITOR)}, AUDITOR)
    said = shown(answer.text)

    assert "The chain verifies" in said
    assert "by the checkpoint file outside the database" in said
    assert pages.desk.kinds()[-1] == "ledger.verified"
    assert "verified " in shown(pages.get("/audit", AUDITOR).text)
    assert pages.post("/audit/verify", {"token": "x"}, AUDITOR).status_code == 403
    elsewhere = pages.post("/audit/verify", {"token": pages.token(AUDITOR)}, AUDITOR, origin="https://evil.test")
    assert elsewhere.status_code == 403
    assert "Sign in as somebody else" not in elsewhere.text


def test_t21_a_broken_chain_names_its_first_broken_row(make_pages, tmp_path):
    pages = make_pages()
    card = pages.card()
    copy = pages_over(copied(pages.desk, tmp_path / "copy"))
    with copy.desk.store.read() as connection:
        file = connection.engine.url.database
    with sqlite3.connect(file) as database:
        database.executescript("".join(f"DROP TRIGGER {name};" for (name,) in triggers(database)))
        database.execute("UPDATE card SET kind = 'notice' WHERE id = ?", (card,))
    said = shown(copy.post("/audit/verify", {"token": copy.token(AUDITOR)}, AUDITOR).text)

    assert "The chain is broken" in said
    assert f"First row that does not hold: card {card}" in said
    assert copy.desk.kinds()[-1] == "ledger.found-broken"
    copy.desk.store.close()


def triggers(database):
    return database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()


def copied(desk, folder):
    """A desk over a copy of the ledger's files, which may be broken."""
    with desk.store.read() as connection:
        file = Path(connection.engine.url.database)
    folder.mkdir(parents=True)
    with sqlite3.connect(file) as source, sqlite3.connect(folder / "ledger.db") as target:
        source.backup(target)
    keys = load_keys(file.parent.parent / "keys" / "ledger.json", folder)
    checkpoint = folder / "checkpoint.log"
    checkpoint.write_bytes((file.parent.parent / "checkpoint.log").read_bytes())
    store = open_store(f"sqlite:///{folder / 'ledger.db'}", keys=keys, checkpoint=checkpoint, busy_timeout_s=5)
    return replace(desk, store=store)


def test_a_story_is_whole_from_hook_to_answer_with_its_place_in_the_chain(pages, tmp_path):
    card = pages.card()
    pages.get(f"/review/{card}", B)
    pages.summarise(scripted(tmp_path / "s", STATEMENTS))
    pages.answer(card, "disagreed", A, reason="inaccurate", comment="The dose is old.")
    html = pages.get(f"/audit/cards/{card}", AUDITOR).text
    text = shown(html)

    for words in STORY:
        assert words in text
    assert "cannot be drawn again" not in text
    story = pages.parts.desk.story(card)
    for entry in story.entries:
        assert entry.entry_hash in html or entry.kind.startswith(("fhir.", "dicomweb.", "audit."))
    assert story.card.record.surface_sha256 in html


def test_a_story_in_ndjson_holds_each_entry_with_its_hashes(pages):
    card = pages.card()
    pages.answer(card, "reviewed")
    answer = pages.get(f"/audit/cards/{card}/story.ndjson", AUDITOR)
    lines = [orjson.loads(line) for line in answer.content.splitlines()]

    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert "attachment" in answer.headers["content-disposition"]
    assert lines[0]["card"] == card
    assert lines[0]["sent"]["uuid"] == card
    story = pages.parts.desk.story(card)
    assert [line["entry_hash"] for line in lines[1:]] == [entry.entry_hash for entry in story.entries]
    assert json.dumps(lines[0]["key"])


def test_a_story_of_no_card_is_404_and_no_entry(pages):
    before = pages.desk.kinds()
    for name in ("x", "5b2f0c1e-0000-4000-8000-000000000000"):
        assert pages.get(f"/audit/cards/{name}", AUDITOR).status_code == 404
    assert pages.desk.kinds() == before


def test_a_page_altered_in_the_ledger_is_not_drawn_as_it_was(pages):
    """A hash that was recorded for another page than the ledger can draw is said, not hidden."""
    card = pages.card()
    opened = pages.parts.shelf.cards.find(card)
    basis = {"card_id": card, "state": "ready", "state_words": "other words"}
    pages.parts.record(
        [Event(kind="page.opened", subject=card, at=pages.desk.clock(), key=opened.key, user=USER_A,
               detail={"login": A, "surface": "0" * 64, "basis": basis})]
    )  # fmt: skip
    assert "cannot be drawn again as it was" in pages.get(f"/audit/cards/{card}", AUDITOR).text


def test_a_chain_whose_end_only_another_host_can_confirm_is_called_neither_whole_nor_broken(pages, tmp_path):
    pages.card()
    checkpoint = pages.desk.store.checkpoint.path
    seen_here = checkpoint.read_bytes()
    pages.card()
    checkpoint.write_bytes(seen_here)  # as if another host had written the second
    said = shown(pages.post("/audit/verify", {"token": pages.token(AUDITOR)}, AUDITOR).text)
    assert "The end of the chain is not confirmed" in said
    assert "The chain is broken" not in said
    assert "The chain verifies" not in said
    assert pages.desk.kinds()[-1] == "ledger.unconfirmed"


@pytest.mark.parametrize(("written", "name"), [(None, "missing"), (b"", "empty"), (b"canary\n", "garbled")])
def test_t21_a_checkpoint_file_that_confirms_nothing_is_named_and_the_chain_not_called_broken(
    make_pages, tmp_path, written, name
):
    pages = make_pages()
    pages.card()
    copy = pages_over(copied(pages.desk, tmp_path / "copy"))
    checkpoint = tmp_path / "copy" / "checkpoint.log"
    checkpoint.unlink() if written is None else checkpoint.write_bytes(written)
    said = shown(copy.post("/audit/verify", {"token": copy.token(AUDITOR)}, AUDITOR).text)
    copy.desk.store.close()

    assert "The checkpoint file does not confirm the chain" in said
    assert f"Checkpoint file {name}, at entry" in said
    assert "The chain is broken" not in said


def hold(pages, key):
    """A report of harm over this key that no answer brought; its id."""
    store = pages.desk.store
    one = Withdrawal(id=str(uuid.uuid4()), summary_id="", reason="wrong-patient", at=pages.desk.clock(), by=USER_A)
    prepared = Withdrawals(store).prepare(one, key)
    with store.write() as transaction:
        prepared.write(transaction)
    return one.id


def other_client(patient_id):
    return PatientKey(client="other", tenant="", fhir_base="https://other.test/fhir", patient_id=patient_id)


def held_rows(pages, address):
    html = pages.get(address, AUDITOR).text
    held = [part.split("/")[0] for part in html.split('action="/audit/withdrawals/')[1:]]
    return held, next((one for one in onward(html) if one.endswith("#withdrawals")), "")


def test_every_hold_of_the_auditors_client_is_listed_and_released_however_many_others_have(pages):
    key = pages.parts.shelf.cards.find(pages.card()).key
    mine = [hold(pages, key) for _ in range(52)]
    theirs = [hold(pages, other_client(f"p{number}")) for number in range(101)]

    first, older = held_rows(pages, "/audit")
    rest, end = held_rows(pages, older)
    assert (first + rest, end) == (mine[::-1], "")
    note = {"note": "Looked at.", "token": pages.token(AUDITOR)}
    assert pages.post(f"/audit/withdrawals/{theirs[0]}/release", note, AUDITOR).status_code == 404
    for one in mine:
        assert pages.post(f"/audit/withdrawals/{one}/release", note, AUDITOR).status_code == 303
    assert pages.parts.shelf.answers.withdrawal_of(key) is None
    assert pages.parts.shelf.answers.withdrawal_of(other_client("p0")) is not None


def test_a_hold_whose_payload_was_purged_is_still_its_own_clients(pages):
    store, clock, other = pages.desk.store, pages.desk.clock, other_client("p1")
    key = pages.parts.shelf.cards.find(pages.card()).key
    card = CardRecord(
        id=str(uuid.uuid4()), service_id="chart-summary", topic="t", kind="brief", summary_id="", fingerprint="f",
        content=b"{}", surface_sha256="0" * 64, expires_at=clock(),
    )  # fmt: skip
    issuance = Issuance(
        key=other, user="", service_id="chart-summary", hook_instance="h", at=clock(), cards=(card,), events=()
    )
    pages.parts.shelf.cards.issue(issuance, timeout_s=5)
    mine, theirs = hold(pages, key), hold(pages, other)
    purge(store, [("withdrawal", mine), ("withdrawal", theirs)], by="retention", at=clock(), reason="old")

    assert held_rows(pages, "/audit")[0] == [mine]
    note = {"note": "Looked at.", "token": pages.token(AUDITOR)}
    assert pages.post(f"/audit/withdrawals/{theirs}/release", note, AUDITOR).status_code == 404
    assert pages.post(f"/audit/withdrawals/{mine}/release", note, AUDITOR).status_code == 303
    assert pages.parts.shelf.answers.withdrawal_of(other) is not None
