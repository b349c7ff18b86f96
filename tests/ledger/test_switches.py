"""What an auditor switches off is off in the next hook's one query, and on again only by a named person."""

from datetime import datetime
from typing import Any

import pytest
from ledger_values import FOCUS, KEY, Ledger, new_id, now

from ledger.switches import SwitchedOff, Switches, SwitchKind


def off(**changed: Any) -> SwitchedOff:
    plain = {"id": new_id(), "kind": SwitchKind.SERVICE, "name": "chart-summary", "at": now(), "by": "a", "note": "n"}
    return SwitchedOff(**plain | changed)


def switched_off(ledger: Ledger) -> tuple[str, ...]:
    return ledger.cards.situation(KEY, focus=FOCUS, fingerprint="f").switched_off


def test_a_switch_is_in_the_next_situation_and_gone_when_it_is_on_again(ledger: Ledger) -> None:
    switches, wanted = Switches(ledger.store), off()
    assert switches.switch_off(wanted)
    assert switches.switch_off(off(kind=SwitchKind.MODEL, name="m"))
    assert switched_off(ledger) == ("model:m", "service:chart-summary")
    assert switches.off()[0] == wanted
    assert switches.switch_on(SwitchKind.SERVICE, "chart-summary", by="a", at=now(), note="repaired")
    assert switched_off(ledger) == ("model:m",)
    assert ledger.verify().ok


def test_what_is_off_stays_off_once_and_what_is_on_stays_on(ledger: Ledger) -> None:
    switches = Switches(ledger.store)
    assert [switches.switch_off(off()), switches.switch_off(off())] == [True, False]
    assert not switches.switch_on(SwitchKind.MODEL, "chart-summary", by="a", at=now(), note="n")
    assert not switches.switch_on(SwitchKind.MODEL, "a\0b", by="a", at=now(), note="n")
    assert switches.switch_on(SwitchKind.SERVICE, "chart-summary", by="a", at=now(), note="n")
    assert switches.switch_off(off())
    assert ledger.verify().ok


@pytest.mark.parametrize("bad", [{"by": " "}, {"note": ""}, {"name": ""}, {"name": "a b"}, {"name": "a\0"}])
def test_a_switch_needs_a_name_a_person_and_a_note(ledger: Ledger, bad: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a switch n"):
        Switches(ledger.store).switch_off(off(**bad))
    assert switched_off(ledger) == ()


def test_switching_on_needs_a_person_and_a_note(ledger: Ledger) -> None:
    at: datetime = now()
    with pytest.raises(ValueError, match="a name and a note"):
        Switches(ledger.store).switch_on(SwitchKind.MODEL, "m", by="", at=at, note="n")


def test_what_is_off_reads_in_a_situation_as_its_kind_names_it(ledger: Ledger) -> None:
    for kind in SwitchKind:
        assert Switches(ledger.store).switch_off(off(kind=kind, name="x"))
    assert set(switched_off(ledger)) == {kind.named("x") for kind in SwitchKind}
