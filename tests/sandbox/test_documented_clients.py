"""docs/clients.md: its curl examples and HealthChain's client run against the demo, its configurations are read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import free_port, serving

from cds_service.app import create_app
from cds_service.client_settings import CapabilitySettings, ClientSettings
from cds_service.demo import Demo, demo_parts, prepare
from chartside_bench.healthchain import NotInstalled, install

EXAMPLE = "http://127.0.0.1:8000"  # the documented demo's address
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo's service with the sample EHR beside it: its address."""
    with free_port() as bound:
        plan = Demo(state=tmp_path_factory.mktemp("documented"), port=bound.getsockname()[1], engine="none")
        parts = demo_parts(plan, prepare(plan))
        patient = replace(parts.pace, gather_s=10, cap_s=20)  # no test hangs on how busy the machine is
        with serving(create_app(replace(parts, pace=patient)), bound) as address:
            yield address


@pytest.fixture
def blocks(repository: Path) -> list[tuple[str, str]]:
    """Every block of the page: its language, and what is in it."""
    return BLOCK.findall((repository / "docs" / "clients.md").read_text(encoding="utf-8"))


def sh(command: str, demo: str) -> str:
    done = subprocess.run(  # noqa: S603 - what the page says
        ["sh", "-c", command.replace(EXAMPLE, demo)],  # noqa: S607 - the reader's own shell
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documented_curl_calls_discover_get_a_card_and_answer_it(blocks: list[tuple[str, str]], demo: str) -> None:
    discovery, hook, feedback = (block for kind, block in blocks if kind == "sh" and EXAMPLE in block)
    listed = json.loads(sh(discovery, demo))["services"]
    assert "chart-summary" in {one["id"] for one in listed}
    (card,) = json.loads(sh(hook, demo))["cards"]
    assert sh(feedback.replace("CARD", card["uuid"]), demo).endswith("200")
    assert json.loads(sh(hook, demo))["cards"] == []  # this clinician has answered it


def test_the_documented_configurations_are_configurations(blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    read = [tomllib.loads(block) for kind, block in blocks if kind == "toml"]
    sandbox, *sites = read
    (client,) = (ClientSettings(**one) for one in sandbox["clients"])
    assert client.test_only
    assert sandbox["cors_origins"] == [client.issuer]
    presets = [CapabilitySettings(**one["clients"]["capabilities"]).preset for one in sites]
    assert presets == ["epic", "oracle"]


def prefetch(demo: str) -> dict[str, object]:
    base = f"{demo}/sandbox/fhir"
    addresses = {
        "patient": f"{base}/Patient/example-kidney",
        "conditions": f"{base}/Condition?patient=example-kidney",
        "observations": f"{base}/Observation?patient=example-kidney",
    }
    return {key: json.load(urllib.request.urlopen(url, timeout=10)) for key, url in addresses.items()}  # noqa: S310


def test_what_healthchains_client_sends_gets_a_card(demo: str) -> None:
    """The members that its request has once what is None is left out; the test after this runs the client itself."""
    body = {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/71", "patientId": "example-kidney"},
        "prefetch": prefetch(demo),
    }
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{demo}/cds-services/chart-summary",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
        assert len(json.load(answer)["cards"]) == 1


@pytest.mark.long
def test_the_documented_program_with_healthchains_client_gets_a_card(
    blocks: list[tuple[str, str]], demo: str, tmp_path: Path
) -> None:
    try:
        home = install()
    except NotInstalled as error:
        pytest.skip(str(error))
    (program,) = (block for kind, block in blocks if kind == "python")
    (tmp_path / "prefetch.json").write_text(json.dumps(prefetch(demo)))
    done = subprocess.run(  # noqa: S603 - the documented program
        [str(home / "bin" / "python"), "-c", program.replace(EXAMPLE, demo)],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "'summary'" in done.stdout
