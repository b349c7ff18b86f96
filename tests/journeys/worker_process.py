"""Runs one worker of a test: `python worker_process.py PLAN.json`, its engine a "module:Class" of this folder."""

from __future__ import annotations

import importlib
import json
import sys
from functools import partial
from pathlib import Path

from cds_service.logs import configure_logs
from ledger.jobs import Waits
from tasks.worker import SourcePlan, WorkerPlan, run_worker


def main(file: Path) -> None:
    plain = json.loads(file.read_text())
    module, _, name = plain.pop("engine").partition(":")
    make_engine = partial(getattr(importlib.import_module(module), name), **plain.pop("engine_options"))
    source = plain.pop("source")
    sources = (SourcePlan(**source | {"fhir_folder": Path(source["fhir_folder"])}),) if source else ()
    paths = {name: Path(plain.pop(name)) for name in ("key_file", "data_dir", "checkpoint")}
    folder = plain.pop("broker_folder")
    plan = WorkerPlan(
        make_engine=make_engine,
        sources=sources,
        broker_folder=Path(folder) if folder else None,
        waits=Waits(**plain.pop("waits")),
        **paths,
        **plain,
    )
    configure_logs()
    run_worker(plan)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
