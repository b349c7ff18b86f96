"""T17, CH-16: what a worker finds in its broker is not trusted; it refuses, and serves the next honest message."""

import pickle

from house import hook_body
from kombu import Exchange, Queue

from tasks.celery_app import QUEUE, SCHEMA_VERSION, TASK, make_celery


class Bomb:
    """A pickle that leaves a file behind where it is opened."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_t17_ch_16_forged_messages_are_refused_and_the_worker_lives(house):
    trace = house.folder / "exploded"
    worker = house.start_worker("slow_engines:Quick")
    folder = house.folder / "queue" if house.broker_url.startswith("filesystem") else None
    app = make_celery(house.broker_url, folder=folder)
    with app.connection_for_write() as connection:
        queue = Queue(QUEUE, Exchange(QUEUE), QUEUE)(connection.default_channel)
        producer = connection.Producer()
        producer.publish(
            pickle.dumps(Bomb(trace)), content_type="application/x-python-serialize", content_encoding="binary",
            routing_key=queue.routing_key, headers={"task": TASK, "id": "1"},
        )  # fmt: skip
        producer.publish({"nonsense": True}, routing_key=queue.routing_key)
    app.send_task("os.system", args=(f"touch {trace}",), queue=QUEUE)
    app.send_task("celery.map", args=({"task": TASK, "args": []}, [["x"]]), queue=QUEUE)
    app.send_task(TASK, args=("no-such-job", SCHEMA_VERSION), queue=QUEUE)
    app.send_task(TASK, args=("no-such-job", SCHEMA_VERSION + 1), queue=QUEUE)
    app.send_task(TASK, args=(), queue=QUEUE)
    app.send_task(TASK, args=({"a": 1}, SCHEMA_VERSION), queue=QUEUE)
    for number, content in enumerate([b"", b"[]", b"{}", b'{"properties": 1}'] if folder else []):
        (folder / "messages" / f"0_{number}.{QUEUE}.msg").write_bytes(content)

    house.hook(hook_body("p1"))
    (job,) = house.wait_ended(jobs=1)

    assert (job["state"], job["attempt"]) == ("done", 1)
    assert not trace.exists()
    assert worker.process.poll() is None
    assert len(worker.events("worker.ready")) == 1
    assert worker.events("job.refused")[0]["schema_version"] == SCHEMA_VERSION + 1
