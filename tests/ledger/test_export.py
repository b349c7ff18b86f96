"""An export can be read by an auditor and proven by a stranger with nothing but the standard library (T21)."""

import base64
import hashlib
import json

from ledger_values import PICTURE, Ledger, an_event
from sqlalchemy import text

from ledger.binding import BOUND
from ledger.events import record
from ledger.export import export


def test_every_row_is_exported_once_in_chain_order_with_its_clear_text(ledger: Ledger) -> None:
    ids = ledger.fill()
    lines = [json.loads(line) for line in export(ledger.store)]
    entries = [line for line in lines if line["table"] == "audit_entry"]
    assert [line["sequence"] for line in entries] == list(range(1, ledger.count("audit_entry") + 1))
    for table in BOUND:
        assert sum(line["table"] == table for line in lines) == ledger.count(table)
    report = next(line for line in lines if line.get("id") == ids["acknowledgment"])
    assert report["said"]["comment"] == "wrong dose"
    picture = next(line for line in lines if line["table"] == "image")
    assert base64.b64decode(picture["png_salted"])[16:] == PICTURE.png
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in export(ledger.store))


def test_an_export_is_proven_with_the_standard_library_alone(ledger: Ledger) -> None:
    ledger.fill()
    lines = [json.loads(line) for line in export(ledger.store)]
    assert broken_line(lines) is None
    for place, line in enumerate(lines):
        column = "payload_salted" if line["table"] == "audit_entry" else "who_salted"
        if column in line:
            forged = [dict(other) for other in lines]
            forged[place][column] = base64.b64encode(b"s" * 16 + b"{}").decode()
            assert broken_line(forged) == place


def broken_line(lines: list[dict[str, object]]) -> int | None:
    previous = "0" * 64
    named = ("sequence", "previous_hash", "kind", "subject", "at", "recorded_at", "key_index", "user_index")
    for place, line in enumerate(lines):
        for column in [name.removesuffix("_salted") for name in line if name.endswith("_salted")]:
            salted = base64.b64decode(str(line[f"{column}_salted"]))
            if hashlib.sha256(salted).hexdigest() != line[f"{column}_digest"]:
                return place
        if line["table"] == "audit_entry":
            values = ["chartside-ledger-1", *(line[name] for name in named), line["payload_digest"], line["bound"]]
            statement = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
            if line["previous_hash"] != previous or hashlib.sha256(statement).hexdigest() != line["entry_hash"]:
                return place
            previous = str(line["entry_hash"])
    return None


def test_without_keys_an_export_holds_no_clear_text(ledger: Ledger) -> None:
    record(ledger.store, [an_event(detail={"note": "canary"})])
    (line,) = export(ledger.reopen(keyless=True))
    assert b"canary" not in line
    assert json.loads(line)["payload"] is None


def test_an_export_writes_nothing(ledger: Ledger) -> None:
    ledger.fill()
    before = ledger.store.rows(text("SELECT max(sequence) AS head FROM audit_entry"))
    list(export(ledger.store))
    assert ledger.store.rows(text("SELECT max(sequence) AS head FROM audit_entry")) == before
