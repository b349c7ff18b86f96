"""docs/conformance.md: every requirement by its id, and the tests that hold it, found by their names.

`python tests/conformance/evidence.py` prints the page; `make pages` writes it, with the two other pages that are
made from code.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ROW = re.compile(r"^\| ((?:client )?[A-Za-z][\w-]*\d) \| (.+) \|$", re.MULTILINE)
_SHOWN = 6
_ABOUT_OTHERS = ("doctor",)  # tests of the doctor show faults of other services: they are no evidence of ours

GROUPS: Mapping[str, tuple[str, ...]] = {
    "The service (S)": tuple(f"S{number}" for number in range(1, 42)),
    "Invariants of the model (cds)": (
        "cds-r-1", "cds-r-2", *(f"cds-resp-{number}" for number in range(1, 8)),
        *(f"cds-fb-{number}" for number in range(1, 4)),
    ),
    "The client of the sample EHR (client C)": tuple(f"client C{number}" for number in range(1, 12)),
    "Threats at the door (T)": ("T1", "T2", "T3", "T4", "T5", "T6", "T11", "T13", "T16"),
    "Failing safely (REL)": tuple(f"REL-{number}" for number in range(1, 9)),
}  # fmt: skip

# Tests that hold a requirement and are named for what they say rather than for its id.
ALSO: Mapping[str, tuple[str, ...]] = {
    "REL-3": (
        "test_a_newer_entry_makes_the_summary_stale_and_asks_for_another",
        "test_a_stale_summary_is_linked_and_not_quoted",
    ),
    "REL-4": (
        "test_without_a_model_the_brief_stands_and_says_so",
        "test_every_failure_is_said_in_words_on_the_line_and_in_the_detail",
        "test_every_absence_is_said_in_words",
    ),
    "REL-6": (
        "test_t23_one_hook_too_many_is_503_before_its_body_is_read_and_its_token_may_be_used_again",
        "test_more_calls_than_the_lane_holds_are_shed_at_once",
        "test_a_job_past_its_usefulness_expires_before_anyone_begins",
        "test_a_job_past_its_usefulness_never_reaches_the_model",
    ),
}

# What no test here can run, and what stands in its place.
NOT_RUN: Mapping[str, str] = {
    "client C8": "the sample EHR has no authorization server to register a service with; it calls the one service that "
    "it is started with",
    "client C10": "`actionSelectionBehavior` is in no published version of the standard: the sample EHR does not know "
    "it, and the service never sends it (cds-resp-7)",
    "client C11": "the sample EHR shows cards beside the chart and signs without waiting for them; that its client "
    "gives up after ten seconds, no test waits for",
    "REL-8": "levels of service are measured over months at a site; [performance.md](performance.md) has what one "
    "machine does, `/metrics` what a site needs to measure",
}

# Where a test can hold a part only.
NOTES: Mapping[str, str] = {
    "S1": "TLS ends at the site's proxy: the tests hold that `serve` refuses any public address but https.",
    "S16": "Not timed in tests; [performance.md](performance.md) has the figures.",
    "S22": "No card of ours has an action.",
    "REL-6": "Jobs have no order of urgency among them.",
}


def found_tests() -> dict[str, list[tuple[str, str]]]:
    """File and name of every test by the ids in its name, in the order of the files."""
    found: dict[str, list[tuple[str, str]]] = {}
    for path, name in all_tests():
        for tag in dict.fromkeys(ids_in(name, folder=path.parent.name)):
            found.setdefault(tag, []).append((path.relative_to(ROOT).as_posix(), name))
    return found


@cache
def all_tests() -> tuple[tuple[Path, str], ...]:
    """Every test function that stands in tests/, but for those about other services."""
    return tuple(_tests())


def _tests() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if path.parent.name in _ABOUT_OTHERS:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                yield path, node.name


def ids_in(name: str, *, folder: str) -> Iterator[str]:
    """The ids that a test's name names: `test_s9_…`, `test_rel_1_…`, `test_cds_resp_6_…`, `test_client_c2_…`.

    A bare `c2` is a check of a statement, except in the tests of the sample EHR, where it is a client's clause.
    """
    for kind, number in re.findall(
        r"(?<![a-z0-9])(cds_r|cds_resp|cds_fb|client_c|rel|s|t|c)_?(\d{1,2})(?![a-z0-9])", name
    ):
        if kind.startswith("cds"):
            yield f"{kind.replace('_', '-')}-{number}"
        elif kind == "rel":
            yield f"REL-{number}"
        elif kind == "client_c" or (kind == "c" and folder == "sandbox"):
            yield f"client C{number}"
        elif kind in "st":
            yield f"{kind.upper()}{number}"


def titles() -> dict[str, str]:
    """What each id asks for: docs/requirements.md."""
    return dict(_ROW.findall((ROOT / "docs" / "requirements.md").read_text("utf-8")))


def page() -> str:
    """The whole page."""
    found, asked = found_tests(), titles()
    by_name = {name: (path.relative_to(ROOT).as_posix(), name) for path, name in all_tests()}
    for tag, names in ALSO.items():
        found.setdefault(tag, []).extend(by_name[name] for name in names)
    ids = [tag for group in GROUPS.values() for tag in group]
    held = sum(tag in found for tag in ids)
    blocks = [_HEAD.format(held=held, all=len(ids))]
    for title, group in GROUPS.items():
        rows = [f"| {tag} | {asked[tag]} | {_evidence(tag, found.get(tag, []))} |" for tag in group]
        blocks.append("\n".join([f"## {title}\n", "| id | asks for | tests |", "|---|---|---|", *rows, ""]))
    return "\n".join(blocks)


def _evidence(tag: str, tests: list[tuple[str, str]]) -> str:
    if not tests:
        return f"NOT RUN: {NOT_RUN[tag]}"
    first = sorted(tests, key=lambda test: "conformance" not in test[0])[:_SHOWN]  # on the running service, over HTTP
    told = [f"[{name.removeprefix('test_')}](../{path})" for path, name in first]
    if len(tests) > _SHOWN:
        told.append(f"and {len(tests) - _SHOWN} more")
    note = [NOTES[tag]] if tag in NOTES else []
    return "<br>".join([*told, *note])


_HEAD = """\
# Conformance

Every requirement by its id, and the tests that hold it. What the ids ask for is said in full in
[requirements.md](requirements.md); the tests under `tests/conformance/` call the running service over HTTP, with signed
calls and a real ledger. Tests are found by the ids in their names. `make pages` makes this page, and a test holds
it equal to the tests that there are.

{held} of {all} ids have tests. The others say NOT RUN, and what stands in their place.
"""

if __name__ == "__main__":
    sys.stdout.write(page())
