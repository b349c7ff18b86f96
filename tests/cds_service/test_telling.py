"""Every kind of audit entry is told in words, and nothing writes a kind that is not one of them."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cds_service
from cds_service.audit.telling import tell
from cds_service.kinds import ServiceEvent
from ledger.kinds import LedgerEvent, answered, job_ended
from ledger.records import AuditEntry, JobState, Outcome
from tasks.kinds import WorkEvent

KINDS = (*LedgerEvent, *ServiceEvent, *WorkEvent)
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
ROOT = Path(cds_service.__file__).parents[1]


def an_entry(kind):
    return AuditEntry(
        sequence=1, kind=kind, subject="s", at=NOW, recorded_at=NOW, key=None, user="", detail={},
        entry_hash="b", previous_hash="a",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_entry_is_told_in_words(kind):
    (step,) = tell([an_entry(str(kind))])
    assert step.stage != "Other"
    assert "." not in step.what


def test_a_kind_of_a_later_version_is_told_by_its_name():
    (step,) = tell([an_entry("bed.moved")])
    assert (step.stage, step.what) == ("Other", "bed.moved")


def test_no_two_packages_write_one_kind():
    assert len({str(kind) for kind in KINDS}) == len(KINDS)


def test_every_answer_and_every_state_that_a_job_ends_in_has_its_kind():
    assert {answered(one) for one in Outcome} == {kind for kind in LedgerEvent if kind.startswith("answer.")} - {
        LedgerEvent.ANSWER_UNKNOWN_CARD
    }
    assert {job_ended(one) for one in (JobState.DONE, JobState.FAILED, JobState.EXPIRED)} <= set(LedgerEvent)


def test_only_the_enums_spell_a_kind():
    spelt = {str(kind) for kind in KINDS}
    found = []
    for package in ("cds_service", "ledger", "tasks", "hooks"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name == "kinds.py":
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            named = {id(one.args[0]) for one in ast.walk(tree) if _is_log(one)}
            found += [
                f"{path.name}: {one.value}"
                for one in ast.walk(tree)
                if isinstance(one, ast.Constant) and one.value in spelt and id(one) not in named
            ]
    assert found == []


def _is_log(node):
    """A line of the log has a name of its own, which may be spelt like a kind."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and bool(node.args)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )
