"""`chartside summarize BUNDLE`: the brief, or the engine's summary, of one chart file. No server, nothing stored."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import ExitStack
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from cds_service.cli.root import app, errors, fail, told
from cds_service.settings import EngineSettings
from cds_service.zone import hospital_zone
from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.decoder import GuardedDecoder
from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.errors import AdapterError
from fhir_adapters.history import Gathered, PatientHistory
from fhir_adapters.imaging import ImagingEvidence
from fhir_adapters.key_images import gather_images
from hooks.wording import moment
from tasks.brief import ChartBrief, Section, Weight
from tasks.brief_plain import brief_to_plain
from tasks.chart_brief import write_brief
from tasks.engine import ModelEngine
from tasks.errors import SummaryError
from tasks.profile import Profile
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.stored import summary_to_plain
from tasks.summary import Summary, Verdict

_COLOURS: Final = {Weight.CRITICAL: "bold red", Weight.ABNORMAL: "yellow", Weight.NOTABLE: "cyan", Weight.PLAIN: ""}
_MOST_BYTES: Final = 500_000_000
_IMAGES_TIMEOUT_S: Final = 120.0


@app.command()
def summarize(
    bundle: Annotated[Path, typer.Argument(help="A FHIR R4 Bundle of one patient, as JSON.", show_default=False)],
    dicom: Annotated[Path | None, typer.Option(help="A folder with the DICOM files of the chart's studies.")] = None,
    focus: Annotated[str, typer.Option(help="What the summary is for.")] = "chart-summary",
    engine: Annotated[str, typer.Option(help="none, or a local model directory.")] = "none",
    *,
    as_of: Annotated[datetime | None, typer.Option(help="Judge dates as of this moment.", formats=["%Y-%m-%d"])] = None,
    time_zone: Annotated[
        str, typer.Option(help="The hospital's time zone, an IANA name.", envvar="CHARTSIDE_TIME_ZONE")
    ] = "UTC",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the chart brief (or, with --engine, the checked AI summary) of one chart file."""
    zone = _zone(time_zone)
    now = as_of.replace(tzinfo=zone) if as_of else datetime.now(zone)
    with told(AdapterError, SummaryError):
        gathered = history_from_bundle(_read(bundle))
        evidence = _images(gathered.history, dicom)
        brief = write_brief(gathered.history, as_of=now)
        summary = None
        if engine != "none":
            summary = _summary(_engine(engine), gathered, evidence, focus=focus, now=now)
    if json:
        print(orjson.dumps(_plain(gathered, evidence, brief, summary), option=orjson.OPT_INDENT_2).decode())  # noqa: T201
        return
    console = Console(highlight=False)
    _print_head(console, gathered, evidence, brief)
    if summary is not None:
        _print_summary(console, summary)
    _print_brief(console, brief)


def _zone(name: str) -> tzinfo:
    try:
        return hospital_zone(name)
    except ValueError as error:
        fail(f"--time-zone: {error}")


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > _MOST_BYTES:
            fail(f"{path}: larger than {_MOST_BYTES // 1_000_000} MB")
        return orjson.loads(path.read_bytes())
    except OSError as error:
        fail(f"{path}: {error.strerror}")
    except orjson.JSONDecodeError as error:
        fail(f"{path}: not JSON (line {error.lineno}, column {error.colno})")


def _engine(name: str) -> ModelEngine:
    from cds_service.worker_plan import engine_maker  # noqa: PLC0415 - brings Celery along

    folder = Path(name)
    if not folder.is_dir():
        fail(f"--engine {name}: no such directory; give a local model directory")
    make = engine_maker(EngineSettings(kind="medgemma", model_dir=folder))
    if make is None:
        fail(f"--engine {name}: no engine")
    with errors.status("Loading the model"):
        return make()


def _images(history: PatientHistory, folder: Path | None) -> ImagingEvidence:
    if folder is None:
        return ImagingEvidence(images=())
    if not folder.is_dir():
        fail(f"--dicom {folder}: no such directory")
    with ExitStack() as opened, errors.status("Reading images"):
        decoder = opened.enter_context(GuardedDecoder())
        server = FolderDicomWebServer(folder)
        return asyncio.run(gather_images(history, server, decoder, timeout_s=_IMAGES_TIMEOUT_S))


def _summary(
    engine: ModelEngine, gathered: Gathered, evidence: ImagingEvidence, *, focus: str, now: datetime
) -> Summary | None:
    if gathered.stops_summary or evidence.alarms:
        errors.print("[bold red]Something of another patient was met: no AI summary is made.[/]")
        return None
    history = gathered.history
    with errors.status(f"{engine.version.name} is writing"):
        prompt = build_prompt(
            history, evidence.images,
            patient_id=history.patient.id, focus=f"{focus}:{uuid.UUID(int=0)}", budget=engine.budget, as_of=now,
        )  # fmt: skip
        completion = engine.generate(prompt)
    profile = Profile.IMAGING if prompt.images else Profile.TEXT_ONLY
    return read_summary(completion, prompt, history, model=engine.version, made_at=now, profile=profile)


def _plain(gathered: Gathered, evidence: ImagingEvidence, brief: ChartBrief, summary: Summary | None) -> dict[str, Any]:
    history = gathered.history
    return {
        "patient": history.patient.id,
        "fingerprint": history.fingerprint,
        "entries": [{"id": entry.id, "reference": entry.reference, "line": entry.line} for entry in history.entries],
        "not_seen": [str(omission) for omission in (*history.omissions, *evidence.omissions)],
        "alarms": [asdict(alarm) for alarm in (*gathered.alarms, *evidence.alarms)],
        "images": [image.label for image in evidence.images],
        "brief": brief_to_plain(brief),
        "summary": summary_to_plain(summary) if summary else None,
    }


def _print_head(console: Console, gathered: Gathered, evidence: ImagingEvidence, brief: ChartBrief) -> None:
    patient = gathered.history.patient
    born = f", born {patient.birth_date}" if patient.birth_date else ""
    console.print(Text(f"{patient.name or patient.id}{born}, {patient.gender or 'sex not recorded'}", style="bold"))
    console.print(f"Chart brief, made by rule from {brief.entries_read} entries, as of {moment(brief.as_of)}. Not AI.")
    for warning in brief.warnings:
        console.print(Text(f"! {warning}", style="bold red"))
    for alarm in (*gathered.alarms, *evidence.alarms):
        console.print(Text(f"! {alarm.kind}: {alarm.what} ({alarm.count})", style="bold red"))
    for image in evidence.images:
        console.print(Text(f"Image: {image.label} ({image.window})"))


def _print_brief(console: Console, brief: ChartBrief) -> None:
    for section in Section:
        lines = brief.of(section)
        if not lines:
            continue
        console.print(f"\n[bold]{section}[/]")
        for line in lines:
            text = Text.assemble((line.lead, f"bold {_COLOURS[line.weight]}".strip()))
            text.append(f": {line.text}" if line.text else "")
            _print_sourced(console, text, line.entry_ids)


def _print_summary(console: Console, summary: Summary) -> None:
    counts = f"{summary.count(Verdict.VERIFIED)} verified, {summary.count(Verdict.CITED)} cited"
    console.print(f"\n[bold]AI summary[/] ({counts}, {len(summary.withheld)} withheld) by {summary.model.name}")
    if not summary.statements:
        console.print("  No statement survived the checks.")
    for statement in summary.statements:
        text = Text.assemble(statement.text, (f" ({statement.verdict})", "dim"))
        _print_sourced(console, text, tuple(citation.entry_id for citation in statement.citations))
    for withheld in summary.withheld:
        console.print(Padding(Text(f"withheld: {'; '.join(withheld.reasons)}", style="dim"), (0, 0, 0, 2)))


def _print_sourced(console: Console, text: Text, entry_ids: tuple[str, ...]) -> None:
    most = 6
    if entry_ids:
        more = f", +{len(entry_ids) - most}" if len(entry_ids) > most else ""
        text.append(f" [{', '.join(entry_ids[:most])}{more}]", style="dim")
    console.print(Padding(text, (0, 0, 0, 2)))
