"""A dump of the database, its journal and the file outside hold nothing about a person (T7, STD-AUD-3)."""

import json
from pathlib import Path

import psycopg
import pytest
from ledger_values import Ledger, a_card, a_job, a_summary, an_answer, an_event, an_issuance, new_id, now
from sqlalchemy.engine import make_url

from ledger.binding import BOUND
from ledger.desk import CardFilter
from ledger.events import record
from ledger.nonces import Nonces
from ledger.purge import purge
from ledger.records import Channel, PatientKey, StoredImage, Withdrawal
from ledger.switches import SwitchedOff, Switches, SwitchKind

CANARIES = tuple(f"canary-{number:02d}-Zsófia" for number in range(23))


def write_them_all(ledger: Ledger) -> None:
    c = iter(CANARIES)
    key = PatientKey(client="ehr-a", tenant="t", fhir_base="https://ehr.test/fhir", patient_id=next(c))
    user, detail = next(c), {"note": next(c), next(c): {"deep": [next(c)]}}
    received = an_event("hook.received", next(c), key=key, user=user, detail=detail)
    brief = a_card(content=json.dumps(next(c), ensure_ascii=False).encode())
    ledger.cards.issue(
        an_issuance(
            key=key, user=user, hook_instance=next(c), cards=(brief,), events=(received,),
            snapshot=next(c).encode(), job=a_job(payload=next(c).encode()),
        ),
        timeout_s=20,
    )  # fmt: skip
    (job_id,) = ledger.jobs.due()
    job = ledger.claim(job_id)
    summary = a_summary(job, content=next(c).encode())
    pictures = [StoredImage(ordinal=0, label=next(c), png=next(c).encode())]
    ledger.jobs.finish(job, summary, pictures, [an_event("model.ran", summary.id, key=key, detail={"why": next(c)})])
    answer = an_answer(
        brief.id, user=next(c), reason=next(c), comment=next(c), suggestions=(next(c),), channel=Channel.FEEDBACK,
        withdraws=True, surface_sha256=next(c),
    )  # fmt: skip
    ledger.answers.file(answer)
    ledger.answers.release(answer.id, by=user, at=now(), note=next(c))
    ledger.withdraw(Withdrawal(id=new_id(), summary_id="", reason=next(c), at=now(), by=user), key)
    unknown = an_answer(next(c), user=user, comment=CANARIES[0])
    ledger.answers.file(unknown)
    off = SwitchedOff(id=new_id(), kind=SwitchKind.SERVICE, name="chart-summary", at=now(), by=user, note=next(c))
    Switches(ledger.store).switch_off(off)
    Switches(ledger.store).switch_on(SwitchKind.SERVICE, "chart-summary", by=user, at=now(), note=CANARIES[3])
    Nonces(ledger.store).burn(CANARIES[0], CANARIES[1], expires_at=now())
    record(ledger.store, [an_event("page.opened", CANARIES[0], key=key, user=user)])
    purge(ledger.store, [("audit_entry", "1")], by=user, at=now(), reason=CANARIES[2])
    assert next(c, None) is None, "every canary was sent somewhere"


def dump(ledger: Ledger) -> bytes:
    outside = ledger.checkpoint.read_bytes()
    if ledger.is_sqlite:
        files = sorted(Path(ledger.url.removeprefix("sqlite:///")).parent.iterdir())
        assert any(file.name.endswith("-wal") for file in files)
        return outside + b"".join(file.read_bytes() for file in files)
    url = make_url(ledger.url)
    with psycopg.connect(host=str(url.query["host"]), user=url.username, dbname=url.database) as connection:
        tables = [*BOUND, "audit_entry", "nonce"]
        copies = [connection.cursor().copy(f"COPY {table} TO STDOUT (FORMAT {form})")  # type: ignore[arg-type]
                  for table in tables for form in ("binary", "text")]  # fmt: skip
        whole = b""
        for copy in copies:
            with copy as lines:
                whole += b"".join(bytes(line) for line in lines)
    return outside + whole


@pytest.mark.parametrize("form", ["utf-8", "utf-16-le", "hex"])
def test_no_canary_is_in_a_dump_of_the_ledger(ledger: Ledger, form: str) -> None:
    write_them_all(ledger)
    whole = dump(ledger)
    for canary in CANARIES:
        shape = canary.encode().hex().encode() if form == "hex" else canary.encode(form)
        assert shape not in whole, f"{canary} is in the dump"
    assert b"chart-summary" in whole  # the dump is one: what is kept in clear is there


def test_all_that_was_sent_can_be_read_with_the_key(ledger: Ledger) -> None:
    write_them_all(ledger)
    assert ledger.verify().ok
    (row,) = ledger.desk.cards(CardFilter(patient_id=CANARIES[0]))
    assert row.user == CANARIES[1]
