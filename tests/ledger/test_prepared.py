"""What goes to the driver as it is gives the rows and the errors that SQLAlchemy gives, on both databases."""

import pytest
from ledger_values import Ledger, an_issuance, new_id
from sqlalchemy import bindparam, insert, select

from ledger import schema
from ledger.errors import AlreadyRecorded, LedgerUnavailable
from ledger.prepared import Prepared

_AFTER = (
    select(schema.audit_entry)
    .where(schema.audit_entry.c.sequence > bindparam("after"), schema.audit_entry.c.kind != "no.such")
    .order_by(schema.audit_entry.c.sequence)
    .limit(2)
)


def test_a_select_gives_the_rows_that_sqlalchemy_gives(ledger: Ledger) -> None:
    for _ in range(4):
        ledger.cards.issue(an_issuance(), timeout_s=5)
    rows = ledger.store.prepared_rows(Prepared(_AFTER), {"after": 1})
    assert [row["sequence"] for row in rows] == [2, 3]
    assert rows == [dict(row) for row in ledger.store.rows(_AFTER, {"after": 1})]
    assert isinstance(rows[0]["payload"], bytes)


def test_a_null_is_none_and_comes_back_as_none(ledger: Ledger) -> None:
    row = {
        "id": new_id(), "sequence": 1, "kind": "model", "name": "x", "at": 7, "cleared_at": None,
        "said": b"\0\xff", "said_digest": "", "clearing": None, "clearing_digest": "",
    }  # fmt: skip
    with ledger.store.chore() as chore:
        chore.write(Prepared(insert(schema.switch), columns=schema.switch.c.keys()), [row])
    assert ledger.store.prepared_rows(Prepared(select(schema.switch)), {}) == [row]


def test_a_driver_s_error_is_ours_and_the_store_goes_on(ledger: Ledger) -> None:
    burn = Prepared(insert(schema.nonce), columns=("token", "expires_at"))
    row = {"token": "once", "expires_at": 1}
    with pytest.raises(AlreadyRecorded), ledger.store.chore() as chore:
        chore.write(burn, [row, row])
    assert ledger.store.prepared_rows(Prepared(select(schema.nonce)), {}) == []
    with ledger.store.chore() as chore:
        chore.write(burn, [row])
    assert ledger.store.prepared_rows(Prepared(select(schema.nonce)), {}) == [row]


@pytest.mark.servers
def test_a_connection_that_the_server_closed_is_replaced(postgres_ledger: Ledger) -> None:
    ledger = postgres_ledger
    burn = Prepared(insert(schema.nonce), columns=("token", "expires_at"))

    def write_on_a_dead_connection() -> None:
        with ledger.store.chore() as chore:
            chore._connection.connection.dbapi_connection.close()
            chore.write(burn, [{"token": "a", "expires_at": 1}])

    with pytest.raises(LedgerUnavailable):
        write_on_a_dead_connection()
    assert ledger.store.prepared_rows(Prepared(select(schema.nonce)), {}) == []
    assert ledger.cards.issue(an_issuance(), timeout_s=5).sequences
