"""Every id of a requirement that the repository cites is explained in docs/requirements.md."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CITED_IN = ("cds_service", "fhir_adapters", "tasks", "hooks", "ledger", "sandbox", "bench")
ID = re.compile(r"\b(?:[ST]\d{1,2}|C\d{1,2}|(?:CH|REL)-\d+|(?:REG|SAF|STD)-[A-Z]+-\d+)\b(?! ?-)")
ROW = re.compile(r"^\| ([A-Z][\w-]*\d+) \|", re.MULTILINE)
# Not requirements: a code of ICD-10, and the two entries that a review page numbers in its text.
OTHERS = {"C79"}


def cited():
    for folder in CITED_IN:
        for file in (ROOT / folder).rglob("*.py"):
            for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
                for tag in ID.findall(line):
                    yield tag, f"{file.relative_to(ROOT)}:{number}"


@pytest.fixture(scope="module")
def explained():
    return set(ROW.findall((ROOT / "docs" / "requirements.md").read_text("utf-8")))


def test_every_requirement_that_the_code_cites_is_explained(explained):
    missing = {f"{tag} ({place})" for tag, place in cited() if tag not in explained | OTHERS}

    assert explained
    assert missing == set()
