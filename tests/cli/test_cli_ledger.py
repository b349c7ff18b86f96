"""`chartside ledger` and `chartside keys` on a ledger with something in it."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.main import open_ledger
from cds_service.settings import load_settings
from ledger.errors import ChainBroken
from ledger.events import record
from ledger.records import Event

run = CliRunner().invoke


@pytest.fixture
def config(tmp_path):
    """The configuration of a ledger with five entries."""
    made = run(app, ["keys", "create", str(tmp_path / "keys" / "ledger.json")])
    assert made.exit_code == 0, made.output
    path = tmp_path / "chartside.toml"
    path.write_text(
        f"""
        profile = "text-only"
        [ledger]
        url = "sqlite:///{tmp_path}/data/ledger.db"
        data_dir = "data"
        key_file = "keys/ledger.json"
        checkpoint = "checkpoint.log"
        """
    )
    store = open_ledger(load_settings(path))
    now = datetime.now(UTC)
    for number in range(5):
        record(store, [Event(kind="page.opened", subject=f"card-{number}", at=now, user="canary-user")])
    store.close()
    return path


def edit(config: Path, statement: str) -> None:
    """What a person with the database's own rights can do: put the triggers away first."""
    with closing(sqlite3.connect(config.parent / "data" / "ledger.db", isolation_level=None)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(statement)


def test_an_untouched_ledger_verifies_with_exit_code_0(config):
    answer = run(app, ["ledger", "verify", "--config", str(config)])
    assert answer.exit_code == 0, answer.output
    assert "The ledger verifies: 5 rows, 5 entries." in answer.output


def test_it_verifies_without_any_key(config):
    (config.parent / "keys" / "ledger.json").unlink()
    answer = run(app, ["ledger", "verify", "--keyless", "--json", "--config", str(config)])
    found = json.loads(answer.output)
    assert (answer.exit_code, found["ok"], found["anchored_to"]) == (0, True, 5)


def test_an_edit_is_named_and_the_exit_code_is_1(config):
    edit(config, "UPDATE audit_entry SET kind = 'page.closed' WHERE sequence = 3")
    answer = run(app, ["ledger", "verify", "--config", str(config)])
    assert answer.exit_code == 1
    assert "Broken at entry 3" in answer.output


def test_a_cut_tail_is_found_against_the_checkpoint_file(config):
    edit(config, "DELETE FROM audit_entry WHERE sequence > 3")
    answer = run(app, ["ledger", "verify", "--json", "--config", str(config)])
    assert answer.exit_code == 1
    assert json.loads(answer.output)["first_broken"]["sequence"] == 4


@pytest.mark.parametrize(
    ("left", "name"), [(None, "missing"), (b"", "empty"), (b"garbage\n", "garbled"), (1, "short"), ("key", "wrong-key")]
)
@pytest.mark.parametrize("as_json", [False, True])
def test_t21_a_checkpoint_file_that_confirms_nothing_is_named_and_the_exit_code_is_1(config, left, name, as_json):
    file = config.parent / "checkpoint.log"
    lines = file.read_bytes().splitlines(keepends=True)
    if left is None:
        file.unlink()
    elif left == "key":
        file.write_bytes(b"".join(line[:-65] + b"0" * 64 + b"\n" for line in lines))
    else:
        file.write_bytes(b"".join(lines[:left]) if isinstance(left, int) else left)
    answer = run(app, ["ledger", "verify", "--config", str(config), *(["--json"] if as_json else [])])
    assert answer.exit_code == 1
    if as_json:
        assert json.loads(answer.output)["checkpoint"] == name
    else:
        assert f"Checkpoint file {name}: " in answer.output


def test_a_copy_kept_elsewhere_can_be_compared_with_and_an_unreadable_one_is_said_in_one_line(config, tmp_path):
    copy = tmp_path / "copy.log"
    (config.parent / "checkpoint.log").rename(copy)
    command = ["ledger", "verify", "--config", str(config)]
    assert run(app, command).exit_code == 1
    assert run(app, [*command, "--checkpoint", str(copy)]).exit_code == 0
    answer = run(app, [*command, "--checkpoint", str(tmp_path)])
    assert (answer.exit_code, "the checkpoint file cannot be read" in answer.output) == (1, True)


def test_a_ledger_without_any_entry_needs_no_checkpoint_file(config):
    edit(config, "DELETE FROM audit_entry")
    assert run(app, ["ledger", "verify", "--config", str(config)]).exit_code == 1
    (config.parent / "checkpoint.log").unlink()
    answer = run(app, ["ledger", "verify", "--config", str(config)])
    assert (answer.exit_code, "Checkpoint file: nothing-yet" in answer.output) == (0, True)


def test_an_export_is_ndjson_and_is_itself_on_record(config, tmp_path):
    target = tmp_path / "export.ndjson"
    answer = run(app, ["ledger", "export", "--config", str(config), "--output", str(target)])
    assert answer.exit_code == 0, answer.output
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(lines) == 6
    assert "ledger.exported" in target.read_text().splitlines()[-1]
    assert target.stat().st_mode & 0o077 == 0
    again = run(app, ["ledger", "export", "--config", str(config), "--output", str(target)])
    assert again.exit_code == 1
    assert len(target.read_text().splitlines()) == 6


def test_an_existing_key_file_is_never_overwritten(config):
    key_file = config.parent / "keys" / "ledger.json"
    before = key_file.read_bytes()
    assert run(app, ["keys", "create", str(key_file)]).exit_code == 1
    assert key_file.read_bytes() == before


def test_after_a_rotation_everything_is_still_readable(config):
    key_file = config.parent / "keys" / "ledger.json"
    assert run(app, ["keys", "rotate", str(key_file)]).exit_code == 0
    assert run(app, ["ledger", "verify", "--config", str(config)]).exit_code == 0


def test_a_missing_ledger_and_a_bad_file_are_said_in_one_line(tmp_path):
    path = tmp_path / "chartside.toml"
    path.write_text(f'[ledger]\nurl = "sqlite:///{tmp_path}/nothing.db"\n')
    answer = run(app, ["ledger", "verify", "--config", str(path)])
    assert answer.exit_code == 1
    assert "no ledger" in answer.output
    path.write_text("[ledger\n")
    answer = run(app, ["ledger", "verify", "--config", str(path)])
    assert answer.exit_code == 1
    assert "not TOML" in answer.output


def test_a_missing_checkpoint_file_stops_the_start_until_a_reason_is_on_record(config):
    (config.parent / "checkpoint.log").unlink()
    with pytest.raises(ChainBroken, match="chartside ledger reanchor"):
        open_ledger(load_settings(config))
    assert run(app, ["ledger", "reanchor", "--config", str(config), "--reason", " "]).exit_code == 1
    for said in ("Entry 6 of the ledger says why", "Nothing was recorded"):
        done = run(app, ["ledger", "reanchor", "--config", str(config), "--reason", "the disk was lost"])
        assert done.exit_code == 0, done.output
        assert said in done.output
    open_ledger(load_settings(config)).close()
    answer = run(app, ["ledger", "verify", "--config", str(config)])
    assert answer.exit_code == 0, answer.output
    assert "anchored only from entry 5 on" in answer.output
