"""From a plan to real parts: whose record is read where, and by what connection."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from job_ledger import KEY

from fhir_adapters.dicom_folder import FolderDicomWebServer
from fhir_adapters.fhir_folder import FolderFhirServer
from ledger.errors import KeyMissing
from ledger.keys import create_key_file
from ledger.records import PatientKey
from tasks.celery_app import TASK
from tasks.worker import build_worker, run_worker
from tasks.worker_parts import open_decoder, open_ledger, sources_for
from tasks.worker_plan import SourcePlan, WorkerPlan


def plan(folder: Path, **changes):
    plain = {
        "ledger_url": f"sqlite:///{folder}/data/ledger.db",
        "key_file": folder / "keys" / "ledger.json",
        "data_dir": folder / "data",
        "checkpoint": folder / "checkpoint.log",
        "broker_url": "filesystem://",
        "broker_folder": folder / "queue",
        "profile": "text-only",
        "make_engine": None,
    }
    return WorkerPlan(**plain | changes)


def source(**places):
    return SourcePlan(client=KEY.client, fhir_base=KEY.fhir_base, **places)


async def test_a_folder_stands_for_a_server(tmp_path):
    make = sources_for((source(fhir_folder=tmp_path, dicomweb_folder=tmp_path),))
    async with make(KEY) as sources:
        assert isinstance(sources.fhir, FolderFhirServer)
        assert isinstance(sources.dicomweb, FolderDicomWebServer)


@pytest.mark.parametrize(
    "changes", [{"client": "another"}, {"fhir_base": "https://other.test/fhir"}, {"fhir_base": f"{KEY.fhir_base}/"}]
)
async def test_another_client_or_base_is_read_nowhere(tmp_path, changes):
    make = sources_for((source(fhir_folder=tmp_path),))
    plain = {"client": KEY.client, "tenant": "", "fhir_base": KEY.fhir_base, "patient_id": "p1"}
    async with make(PatientKey(**plain | changes)) as sources:
        assert (sources.fhir, sources.dicomweb) == (None, None)


async def test_a_plan_that_names_no_place_reads_what_the_job_carries():
    async with sources_for((source(),))(KEY) as sources:
        assert (sources.fhir, sources.dicomweb) == (None, None)


@pytest.fixture
def image_server():
    """An image server that has no study, and the paths it was asked for."""
    asked = []

    class NothingHere(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/dicom+json")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), NothingHere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/dicom-web", asked
    server.shutdown()
    thread.join()
    server.server_close()


async def test_no_proxy_of_the_environment_is_told_what_is_read(image_server, monkeypatch):
    address, asked = image_server
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    async with sources_for((source(dicomweb_url=address),))(KEY) as sources:
        assert await sources.dicomweb.instances("1.2.840.99.1") == ()
    assert len(asked) == 1


def test_decision_5_a_text_only_worker_has_no_decoder(tmp_path):
    with contextlib.ExitStack() as opened:
        assert open_decoder(plan(tmp_path).profile, opened) is None


def test_an_imaging_worker_has_one_that_closes_with_it(tmp_path):
    with contextlib.ExitStack() as opened:
        decoder = open_decoder(plan(tmp_path, profile="imaging").profile, opened)
        assert decoder is not None
        assert "memory" in " ".join(decoder.isolation)


def test_a_workers_keys_may_come_from_a_command(tmp_path):
    create_key_file(tmp_path / "elsewhere.json")
    store = open_ledger(plan(tmp_path, key_file=None, key_command=("cat", str(tmp_path / "elsewhere.json"))))
    assert store.has_keys
    store.close()
    with pytest.raises(KeyMissing):
        run_worker(plan(tmp_path, key_file=None))


def test_without_its_key_file_nothing_starts(tmp_path):
    with pytest.raises(KeyMissing):
        open_ledger(plan(tmp_path))
    with pytest.raises(KeyMissing):
        run_worker(plan(tmp_path))


def test_t17_a_worker_knows_one_task(tmp_path):
    app, _ = build_worker(plan(tmp_path, hard_limit_s=60, soft_limit_s=20, child_start_s=90))
    assert list(app.tasks) == [TASK]
    assert (app.conf.task_time_limit, app.conf.task_soft_time_limit) == (60, 20)
    assert app.conf.worker_proc_alive_timeout == 90


def test_a_plan_shows_no_password():
    secret = plan(Path("x"), ledger_url="postgresql://u:hunter2@db/x", broker_url="redis://:hunter2@r/0")
    assert "hunter2" not in repr(secret)
