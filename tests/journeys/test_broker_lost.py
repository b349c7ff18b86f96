"""CH-7: the broker is gone and comes back empty; no job is lost, and no hook is refused."""

import pytest
from house import hook_body, open_house
from servers import free_port, redis_process

pytestmark = pytest.mark.servers


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def lonely_house(tmp_path, port):
    """A house whose broker is the test's own affair."""
    url = f"sqlite:///{tmp_path}/house/data/ledger.db"
    with open_house(tmp_path / "house", ledger_url=url, broker_url=f"redis://127.0.0.1:{port}/0") as house:
        yield house


def test_ch_7_a_broker_killed_and_restarted_empty_is_a_delay(lonely_house, port):
    house = lonely_house
    with redis_process(port) as server:
        worker = house.start_worker("slow_engines:SlowFirst", engine_options={"first_s": 3})
        house.hook(hook_body("p1"))
        house.wait_mark("working")
        house.hook(hook_body("p2"))  # published, and lost with the server
        server.kill()
        server.wait()
        assert house.hook(hook_body("p3"))["summary"].startswith("Chart brief:")  # its message finds no server
    with redis_process(port):
        jobs = house.wait_ended(jobs=3)

        assert [(job["state"], job["attempt"]) for job in jobs] == [("done", 1)] * 3
        assert len(house.summaries()) == 3
        assert worker.process.poll() is None


def test_a_worker_started_before_its_broker_waits_for_it(lonely_house, port):
    house = lonely_house
    house.hook(hook_body("p1"))
    house.start_worker("slow_engines:Quick")
    with redis_process(port):
        assert [(job["state"], job["attempt"]) for job in house.wait_ended(jobs=1)] == [("done", 1)]
