"""Every real and every sample chart gives one card within the wire limits, from a folder as from a FHIR server."""

import asyncio
import json
from pathlib import Path

import pytest
from hook_desk import BASE, ENGINE, hook_body
from markdown_it import MarkdownIt

from fhir_adapters.fhir_folder import FolderFhirServer


def patients(folder):
    for file in sorted(folder.glob("*.json")):
        plain = json.loads(file.read_text())
        entries = plain.get("entry", []) if isinstance(plain, dict) else []
        yield from (
            one["resource"]["id"] for one in entries if one.get("resource", {}).get("resourceType") == "Patient"
        )


def check_cards(make_desk, folder: Path) -> int:
    server = FolderFhirServer(folder)
    asyncio.run(server.search("Condition", {"patient": "nobody"}))  # parsing a folder outlasts a hook's deadline
    desk = make_desk(engine=ENGINE, open_server=lambda base, token: server)
    found = list(dict.fromkeys(patients(folder)))
    for patient_id in found:
        answer = desk.hook(hook_body(patient_id, prefetch=..., fhirServer=BASE))
        assert answer.status_code == 200, (patient_id, answer.text)
        (card,) = answer.json()["cards"]
        assert len(card["summary"]) < 140
        assert MarkdownIt("commonmark", {"html": False}).render(card["detail"]).count("<li>") == 3
    return len(found)


def test_every_sample_chart_has_a_card(make_desk, charts):
    assert check_cards(make_desk, charts) >= 8


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["synthea-2019", "synthea-2023-notes", "clinosim-inpatient"])
def test_every_real_chart_has_a_card(make_desk, shared_data, name):
    assert check_cards(make_desk, shared_data / name) >= 4
