"""What Chartside stands on is written down, and what is installed is pinned by hash, from no named place."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `([\w.-]+)(?:\[[\w,]+\])?` \|", re.MULTILINE)
PIN = re.compile(r"[\w.-]+==\S+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+")


def requirements_as_lines(name: str) -> list[str]:
    """One line each: continuation lines joined, comments and blank lines left out."""
    joined = re.sub(r"\s*\\\n\s*", " ", (ROOT / "requirements" / name).read_text("utf-8"))
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_every_dependency_in_pyproject_stands_in_the_table():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    named = {canonicalize_name(Requirement(text).name) for group in groups for text in group}
    in_table = {canonicalize_name(name) for name in ROW.findall((ROOT / "docs/dependencies.md").read_text("utf-8"))}

    assert named
    assert named - in_table == set()


def test_every_name_pinned_for_the_demo_has_a_hash():
    pins = requirements_as_lines("demo.txt")

    assert pins
    assert [line for line in pins if not PIN.fullmatch(line)] == []


def test_no_requirements_file_holds_an_address():
    files = sorted((ROOT / "requirements").glob("*.txt"))
    addresses = [
        f"{file.name}:{number}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if "://" in line
    ]

    assert files
    assert addresses == []
