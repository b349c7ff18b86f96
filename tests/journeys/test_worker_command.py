"""`chartside worker` itself: one process from a configuration file, which serves, and ends when it is told to."""

import json
import signal
import subprocess
import sys

from house import PATIENCE_S, Worker, hook_body

from chartside_sandbox.samples import COMPLETIONS


def configure(house, **engine):
    ledger = house.settings.ledger
    tables = {
        "ledger": {
            "url": house.ledger_url, "data_dir": str(ledger.data_dir), "key_file": str(ledger.key_file),
            "checkpoint": str(ledger.checkpoint),
        },
        "broker": {"url": "filesystem://", "folder": str(house.folder / "queue")},
        "engine": engine,
    }  # fmt: skip
    lines = ['profile = "text-only"']
    for table, members in tables.items():
        lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in members.items())]
    file = house.folder / "chartside.toml"
    file.write_text("\n".join(lines))
    return file


def start(house, file):
    log = house.folder / "command.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "cds_service", "worker", "--config", file]
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)  # noqa: S603 - our own
    worker = Worker(process, log)
    house.workers.append(worker)
    return worker


def test_it_serves_jobs_and_ends_when_told_to(embedded_house):
    house = embedded_house
    worker = start(house, configure(house, kind="scripted", completions_dir=str(COMPLETIONS)))
    worker.wait_ready()
    house.hook(hook_body("p1"))
    (job,) = house.wait_ended(jobs=1)
    assert (job["state"], job["reason"]) == ("failed", "completion-missing")  # nobody wrote words for this patient
    worker.signal(signal.SIGTERM)
    assert worker.wait_ended() == 0
    assert "p1" not in worker.log.read_text()


def test_an_engine_that_cannot_be_used_ends_it_with_one_line_and_a_failure(embedded_house):
    house = embedded_house
    (house.folder / "empty").mkdir()
    worker = start(house, configure(house, kind="scripted", completions_dir=str(house.folder / "empty")))
    assert worker.process.wait(PATIENCE_S) == 1
    assert worker.events("worker.unusable")[0]["reason"] == "there is no scripted completion in this folder"
    assert "Traceback" not in worker.log.read_text()
    assert "chartside: the worker has stopped" in worker.log.read_text()
