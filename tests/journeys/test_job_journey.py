"""The second journey whole: hook, card, job, a real worker, the summary, and the next hook is Ready."""

import base64
import re
from pathlib import Path

import orjson
import pytest
import redis
from house import FHIR_BASE, hook_body, open_house, wait_for

from chartside_sandbox.samples import CHARTS
from ledger.cards import Cards
from ledger.records import PatientKey
from tasks.stored import summary_from_bytes

CHART = "kidney-decline"


@pytest.fixture
def charted_house(tmp_path, house_urls):
    """A house whose EHR is the folder of sample charts."""
    ledger_url, broker_url = house_urls
    with open_house(tmp_path / "house", ledger_url=ledger_url, broker_url=broker_url, fhir_folder=CHARTS) as house:
        yield house


def sample_patient():
    bundle = orjson.loads((CHARTS / f"{CHART}.json").read_bytes())
    return next(one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient")


def queue_content(house):
    """All that the broker has been given and has not given away, as text; its base64 is there decoded, too."""
    if house.broker_url.startswith("filesystem"):
        files = [path for path in (house.folder / "queue").rglob("*") if path.is_file()]
        plain = "\n".join(path.name + path.read_text() for path in files)
    else:
        with redis.Redis.from_url(house.broker_url) as client:
            plain = "\n".join(f"{key!r} {READERS[client.type(key)](client, key)!r}" for key in client.scan_iter())
    return plain + "".join(base64.b64decode(word).decode(errors="replace") for word in re.findall(BASE64, plain))


READERS = {
    b"none": lambda _client, _key: "gone",  # taken by the worker between the listing and the look
    b"list": lambda client, key: client.lrange(key, 0, -1),
    b"hash": lambda client, key: client.hgetall(key),
    b"set": lambda client, key: client.smembers(key),
    b"zset": lambda client, key: client.zrange(key, 0, -1),
    b"string": lambda client, key: client.get(key),
}
BASE64 = r"(?:[A-Za-z0-9+/]{4}){10,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


def test_a_hook_a_job_a_summary_and_the_next_hook_is_ready(charted_house):
    house = charted_house
    patient_id = sample_patient()["id"]
    call = {"fhirServer": FHIR_BASE, "prefetch": {}}
    brief = house.hook(hook_body(patient_id, **call))
    assert brief["summary"].startswith("Chart brief:")

    house.start_worker("slow_engines:Scripted")
    (job,) = house.wait_ended(jobs=1)
    ready = house.hook(hook_body(patient_id, **call))

    assert (job["state"], job["attempt"]) == ("done", 1)
    assert ready["summary"].startswith("Scripted AI summary (")
    assert house.summaries() == [job["id"]]
    story = house.story(ready)
    summary = summary_from_bytes(story.summary.content)
    assert len(summary.statements) >= 5
    key = PatientKey(client="sample-ehr", tenant="", fhir_base=FHIR_BASE, patient_id=patient_id)
    assert Cards(house.store).snapshot(key, summary.fingerprint)
    told = [entry.kind for entry in story.entries]
    steps = [
        "job.claimed",
        "job.gathered",
        "job.prompted",
        "job.generated",
        "job.checked",
        "summary.stored",
        "job.done",
    ]
    assert [kind for kind in told if kind in steps] == steps
    assert "fhir.search" in told
    house.hook(hook_body(patient_id, **call))
    assert len(house.jobs()) == 1  # the same content is asked for once


def test_t7_the_broker_holds_ids_and_no_patient(house):
    canaries = [f"canary{number}" for number in range(5)]
    for canary in canaries:
        house.hook(hook_body(canary))
    ids = [job["id"] for job in house.jobs()]
    wait_for(lambda: all(job_id in queue_content(house) for job_id in ids), lambda: queue_content(house))
    waiting = queue_content(house)
    house.start_worker("slow_engines:Quick")
    house.wait_ended(jobs=len(canaries))
    content = waiting + queue_content(house)
    assert not [word for word in (*canaries, "Patient", "Practitioner", "diabetes", "ehr") if word in content]


def test_the_logs_of_a_worker_hold_no_patient(house):
    worker = house.start_worker("slow_engines:Quick")
    house.hook(hook_body("canary-patient"))
    house.wait_ended(jobs=1)
    assert worker.events("job.ended")[0]["outcome"] == "done"
    assert "canary" not in worker.log.read_text()
    assert Path(worker.log).stat().st_size < 4_000


def test_a_worker_that_reads_what_the_hook_saw_needs_no_server(house):
    house.start_worker("slow_engines:Quick")
    house.hook(hook_body("p1"))
    (job,) = house.wait_ended(jobs=1)
    assert job["state"] == "done"
    assert house.hook(hook_body("p1"))["summary"].startswith("AI summary")
