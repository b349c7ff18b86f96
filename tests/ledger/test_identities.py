"""A card is found by its words, by who was shown it and of whom; on SQLite and on PostgreSQL."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_values import FOCUS, KEY, OTHER_KEY, USER, Ledger, a_card, an_event, an_issuance, new_id, now
from sqlalchemy import update

from ledger import schema
from ledger.card_forms import CardForm
from ledger.cards import Cards
from ledger.errors import LedgerBusy
from ledger.purge import purge
from ledger.records import CardRecord, Withdrawal

WORDS = '{{"detail":"creatinine","uuid":"{0}","links":["https://x/{0}"],"suggestion":"{1}"}}'


def worded(words: str = WORDS, **changed: object) -> CardRecord:
    """A card whose bytes hold two ids."""
    ids = (new_id(), new_id())
    surface = words.format(*ids).encode()
    form = CardForm.of(surface, ids, encounter_id=str(changed.pop("encounter_id", "e1")))
    return a_card(id=ids[0], surface_sha256=hashlib.sha256(surface).hexdigest(), form=form, **changed)


def shown(ledger: Ledger, card: CardRecord, *, key=KEY, user=USER, focus=FOCUS):
    """The card that says the same, as a hook's situation finds it."""
    situation = ledger.cards.situation(key, focus=focus, fingerprint="f1", user=user)
    assert card.form is not None
    return situation.shown.find(card.form)


def test_a_form_is_the_same_whatever_its_ids_and_fills_with_those_of_another() -> None:
    one, other = worded().form, worded().form
    assert one is not None
    assert other is not None
    assert one.sha256 == other.sha256
    assert one.surface(other.ids) == other.surface(other.ids) == WORDS.format(*other.ids).encode()


def test_the_same_words_are_found_by_their_user_key_focus_and_encounter_alone(ledger: Ledger) -> None:
    first, again = worded(), worded()
    ledger.cards.issue(an_issuance(cards=(first,)), timeout_s=20)
    found = shown(ledger, again)
    assert found is not None
    assert found.id == first.id
    assert found.ids == first.form.ids
    assert shown(ledger, again, user="Practitioner/dr-2") is None
    assert shown(ledger, again, user="") is None
    assert shown(ledger, again, key=OTHER_KEY) is None
    assert shown(ledger, again, focus="chart-summary:other") is None
    assert shown(ledger, worded(encounter_id="e2")) is None
    assert shown(ledger, worded(WORDS.replace("creatinine", "urea"))) is None


def test_of_many_at_once_one_is_issued_and_the_others_repeat_it(ledger: Ledger) -> None:
    cards, ready = ledger.cards, threading.Barrier(10)

    def issue() -> str:
        mine = worded()
        told = an_event("card.issued", mine.id, detail={"surface": mine.surface_sha256})
        ready.wait(30)
        result = cards.issue(an_issuance(cards=(mine,), events=(told,)), timeout_s=60)
        return result.repeated[mine.id].id if result.repeated else mine.id

    with ThreadPoolExecutor(10) as pool:
        issued = {one.result() for one in [pool.submit(issue) for _ in range(10)]}
    assert len(issued) == ledger.count("card") == ledger.count("card_identity") == 1
    story = ledger.desk.story(issued.pop())
    assert story is not None
    kinds = [entry.kind for entry in story.entries]
    assert (kinds.count("card.issued"), kinds.count("card.repeated")) == (1, 9)
    surfaces = {entry.detail["surface"] for entry in story.entries}
    assert surfaces == {story.card.record.surface_sha256}
    assert ledger.verify().ok


def test_an_expired_card_gives_its_place_to_the_next(ledger: Ledger) -> None:
    old = worded(expires_at=now() - timedelta(seconds=1))
    ledger.cards.issue(an_issuance(cards=(old,), at=now() - timedelta(hours=1)), timeout_s=20)
    new = worded()
    result = ledger.cards.issue(an_issuance(cards=(new,)), timeout_s=20)
    assert not result.repeated
    assert shown(ledger, worded()).id == new.id
    assert ledger.count("card_identity") == 1


def test_a_card_that_leaves_again_is_the_newest_of_its_key(ledger: Ledger) -> None:
    start = now()
    first, second = worded(), worded(WORDS.replace("creatinine", "urea"), fingerprint="f2")
    ledger.cards.issue(an_issuance(cards=(first,), at=start), timeout_s=20)
    ledger.cards.issue(an_issuance(cards=(second,), at=start + timedelta(seconds=1)), timeout_s=20)
    assert ledger.cards.latest_for_card(first.id).record.id == second.id
    standing = shown(ledger, worded())
    again = an_issuance(cards=(), repeats=(standing,), at=start + timedelta(seconds=2), events=(an_event(),))
    ledger.cards.issue(again, timeout_s=20)
    assert ledger.cards.latest_for_card(second.id).record.id == first.id
    assert shown(ledger, worded()).shown_at == start + timedelta(seconds=2)


def test_a_summary_withdrawn_meanwhile_does_not_leave_again(ledger: Ledger) -> None:
    ledger.cards.issue(an_issuance(cards=(worded(kind="summary", summary_id=new_id()),)), timeout_s=20)
    standing = shown(ledger, worded())
    assert standing.summary_id
    withdrawal = Withdrawal(id=new_id(), summary_id=standing.summary_id, reason="wrong-patient", at=now(), by=USER)
    ledger.withdraw(withdrawal, KEY)
    entries = ledger.count("audit_entry")
    with pytest.raises(LedgerBusy):
        ledger.cards.issue(an_issuance(cards=(), repeats=(standing,), events=(an_event(),)), timeout_s=20)
    assert ledger.count("audit_entry") == entries


def test_a_card_purged_meanwhile_does_not_leave_again(ledger: Ledger) -> None:
    card = worded()
    ledger.cards.issue(an_issuance(cards=(card,)), timeout_s=20)
    standing = shown(ledger, worded())
    purge(ledger.store, [("card", card.id)], by="retention", at=now(), reason="time")
    assert shown(ledger, worded()) is None
    with pytest.raises(LedgerBusy):
        ledger.cards.issue(an_issuance(cards=(), repeats=(standing,), events=(an_event(),)), timeout_s=20)


def test_t21_an_index_that_points_elsewhere_finds_nothing(ledger: Ledger) -> None:
    mine, hers = worded(), worded(WORDS.replace("creatinine", "urea"))
    ledger.cards.issue(an_issuance(cards=(mine,)), timeout_s=20)
    ledger.cards.issue(an_issuance(cards=(hers,), key=replace(KEY, patient_id="p-2")), timeout_s=20)
    row = update(schema.card_identity).where(schema.card_identity.c.key_index == ledger.store.cipher.key_index(KEY))
    for change in ({"card_id": hers.id}, {"card_id": mine.id, "ids": f"{new_id()} {new_id()}"}):
        with ledger.store.chore() as chore:
            chore.execute(row.values(**change))
        assert shown(ledger, worded()) is None
    result = Cards(ledger.store).issue(an_issuance(cards=(worded(),)), timeout_s=20)
    assert not result.repeated
    assert ledger.verify().ok
