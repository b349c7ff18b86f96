"""REL-1, REL-2: a hook never asks the broker: with none there its card says that the summary is being prepared."""

import shutil
import socket

import pytest
from whole_service import wait_for, whole_service


@pytest.fixture(params=["a port where nobody listens", "a folder that is gone"])
def broker(request, tmp_path):
    """Its settings, and what befalls it once the service runs."""
    if request.param == "a folder that is gone":
        queue = tmp_path / "queue"

        def lose():
            shutil.rmtree(queue)
            queue.write_text("no folder")

        yield {"url": "filesystem://", "folder": queue}, lose
        return
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield {"url": f"redis://127.0.0.1:{taken.getsockname()[1]}/0", "folder": None}, lambda: None


def test_rel1_without_a_broker_the_hook_answers_and_its_job_waits_in_the_ledger(tmp_path, broker):
    settings, lose = broker
    (tmp_path / "completions").mkdir()
    engine = {"kind": "scripted", "completions_dir": tmp_path / "completions"}
    with whole_service(tmp_path / "service", engine=engine, broker=settings) as service:
        lose()
        answer = service.hook()

        assert answer.status_code == 200
        (card,) = answer.json()["cards"]
        assert "AI summary in preparation" in card["summary"]
        assert service.kinds().count("job.queued") == 1
        wait_for(lambda: service.metric('chartside_jobs{state="queued"}') == 1)
        assert service.metric("chartside_ledger_up") == 1
