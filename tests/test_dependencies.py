"""What Chartside stands on is written down, and what is installed is pinned by hash, from no named place."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| `([\w.-]+)(?:\[[\w,]+\])?` \|", re.MULTILINE)
PIN = re.compile(r"[\w.-]+==\S+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+")
DEPLOYED = ("demo.txt", "serve.txt", "worker.txt")
COPYLEFT = re.compile(r"\bA?GPL|(?<!Lesser )(?<!Library )General Public License", re.IGNORECASE)


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


@pytest.mark.parametrize("name", DEPLOYED)
def test_every_name_pinned_for_deployment_has_a_hash_and_the_version_that_is_tested(name):
    pins, tested = requirements_as_lines(name), set(requirements_as_lines("test.txt"))

    assert pins
    assert [line for line in pins if not PIN.fullmatch(line)] == []
    assert [line for line in pins if line not in tested] == []


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


def test_no_core_dependency_is_under_gpl_or_agpl():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    licences = {name: licence_of(name) for name in (Requirement(text).name for text in project["dependencies"])}

    assert [name for name, licence in licences.items() if not licence] == []  # what says nothing proves nothing
    assert [name for name, licence in licences.items() if COPYLEFT.search(licence)] == []


@pytest.mark.parametrize("name", DEPLOYED)
def test_no_deployed_pin_is_under_gpl_or_agpl_either(name):
    names = [re.split(r"[=\[ ]", line)[0] for line in requirements_as_lines(name)]
    licences = {name: licence_of(name) for name in names if is_installed(name)}

    assert set(licences) >= {"pydicom", "pillow"}
    assert [name for name, licence in licences.items() if COPYLEFT.search(licence)] == []


def test_the_gpl_decoder_is_told_apart_by_its_metadata():
    assert COPYLEFT.search(licence_of("pylibjpeg-libjpeg"))
    assert not COPYLEFT.search("LGPL-3.0-only")
    assert not COPYLEFT.search("GNU Lesser General Public License v3 (LGPLv3)")


def licence_of(name: str) -> str:
    """All that the installed package's metadata says of its licence: the expression, the field's first line, classes.

    Of the field only the first line: some packages put whole texts there, which name other licences, too.
    """
    about = metadata.metadata(name)
    field = (about.get("License") or "").strip().partition("\n")[0]
    classes = [text for text in about.get_all("Classifier") or [] if text.startswith("License ::")]
    return "; ".join(filter(None, [about.get("License-Expression"), field, *classes]))


def is_installed(name: str) -> bool:
    """Whether it is here: some pins are for other systems and Pythons."""
    return any(metadata.distributions(name=name))
