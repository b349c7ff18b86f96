"""`chartside summarize` over every chart at hand, and over what is no chart."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
import pydicom
import pytest
from typer.testing import CliRunner

from cds_service.cli import app
from cds_service.cli.summarize import _images, _summary
from chartside_sandbox.samples import restamp_images
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.restamp import restamp
from tasks.engines.scripted import Scripted
from tasks.profile import Profile

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted(path for path in (ROOT / "sandbox/chartside_sandbox/charts").glob("*.json"))
SHARED = ("synthea-2019", "synthea-2023-notes", "clinosim-inpatient")

TWO_PATIENTS = orjson.dumps(
    {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": {"resourceType": "Patient", "id": one}} for one in ("a", "b")],
    }
)

run = CliRunner().invoke


def summarized(path: Path, *more: str) -> dict:
    answer = run(app, ["summarize", str(path), "--json", "--as-of", "2026-11-24", *more])
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.output)


def references(path: Path) -> set[str]:
    """Every reference that the bundle itself can resolve, by id or by full URL."""
    found = set()
    for entry in orjson.loads(path.read_bytes())["entry"]:
        resource = entry["resource"]
        found.add(f"{resource['resourceType']}/{resource.get('id')}")
    return found


def assert_every_citation_resolves(path: Path) -> None:
    printed = summarized(path)
    inside = references(path)
    entries = {entry["id"]: entry["reference"] for entry in printed["entries"]}
    assert printed["brief"]["lines"]
    for line in printed["brief"]["lines"]:
        for entry_id in line["entry_ids"]:
            assert entries[entry_id] in inside


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_citation_of_a_sample_chart_resolves_inside_its_bundle(path):
    assert_every_citation_resolves(path)


@pytest.mark.shared_data
def test_every_citation_of_the_charts_beside_the_project_resolves_inside_its_bundle(shared_data):
    paths = [path for folder in SHARED for path in sorted((shared_data / folder).glob("*.json"))]
    charts = [path for path in paths if any(one.startswith("Patient/") for one in references(path))]
    assert len(charts) >= 16
    for path in charts:
        assert_every_citation_resolves(path)


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_person_gets_a_page_to_read_not_json(path):
    answer = run(app, ["summarize", str(path), "--as-of", "2026-11-24"])
    assert answer.exit_code == 0
    assert "Chart brief, made by rule" in answer.output
    assert "Allergies" in answer.output
    assert "{" not in answer.output.partition("Not seen")[0]


def test_pictures_of_a_folder_are_matched_to_the_studies_of_the_chart(tmp_path):
    assert restamp_images(tmp_path) == 3
    printed = summarized(next(path for path in OWN if path.stem == "new-effusion"), "--dicom", str(tmp_path))
    assert printed["images"] == ["CR chest PA, 18-Nov-2026"]
    assert printed["alarms"] == []


def test_a_picture_of_another_patient_is_left_out_with_an_alarm(tmp_path):
    restamp_images(tmp_path)
    (effusion,) = tmp_path.glob("new-effusion-*")
    other = history_from_bundle(orjson.loads(next(p for p in OWN if p.stem == "head-ct").read_bytes())).history.patient
    header = pydicom.dcmread(effusion, stop_before_pixels=True)
    effusion.write_bytes(
        restamp(
            effusion,
            patient=other,
            study_instance_uid=header.StudyInstanceUID,
            series_instance_uid=header.SeriesInstanceUID,
            sop_instance_uid=header.SOPInstanceUID,
            study_date=date(2026, 11, 18),
        )
    )
    printed = summarized(next(path for path in OWN if path.stem == "new-effusion"), "--dicom", str(tmp_path))
    assert printed["images"] == []
    assert [alarm["kind"] for alarm in printed["alarms"]] == ["wrong-patient-image"]


@pytest.mark.parametrize(("pictures", "profile"), [(True, Profile.IMAGING), (False, Profile.TEXT_ONLY)])
def test_a_summary_is_of_the_imaging_profile_only_where_the_model_was_given_a_picture(tmp_path, pictures, profile):
    restamp_images(tmp_path)
    gathered = history_from_bundle(orjson.loads(next(p for p in OWN if p.stem == "new-effusion").read_bytes()))
    evidence = _images(gathered.history, tmp_path if pictures else None)
    cited = gathered.history.entries[0]
    statement = {"kind": "course", "text": cited.title, "refs": [cited.id]}
    engine = Scripted.fixed(orjson.dumps({"statements": [statement]}))
    summary = _summary(engine, gathered, evidence, focus="chart-summary", now=datetime(2026, 11, 24, tzinfo=UTC))

    assert (bool(summary.images), summary.profile) == (pictures, profile)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not json", "not JSON"),
        (b"{}", "Bundle"),
        (b"[1, 2]", "Bundle"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": []}', "Patient"),
        (TWO_PATIENTS, "two Patients"),
    ],
)
def test_what_is_no_chart_gets_one_clear_line_and_an_exit_code(tmp_path, content, words):
    path = tmp_path / "chart.json"
    path.write_bytes(content)
    answer = run(app, ["summarize", str(path)])
    assert answer.exit_code == 1
    assert words in answer.output
    assert "Traceback" not in answer.output


def test_a_missing_file_and_a_missing_model_are_said(tmp_path):
    assert run(app, ["summarize", str(tmp_path / "none.json")]).exit_code == 1
    chart = str(OWN[0])
    answer = run(app, ["summarize", chart, "--engine", str(tmp_path / "no-model")])
    assert answer.exit_code == 1
    assert "no such directory" in answer.output.replace("\n", " ")
