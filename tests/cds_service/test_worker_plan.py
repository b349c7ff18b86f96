"""From settings to a worker's plan, or one sentence about what to set."""

import pytest

from cds_service.errors import NotConfigured
from cds_service.main import demo_client
from cds_service.settings import BrokerSettings, EngineSettings, LedgerSettings, Settings
from cds_service.worker_plan import engine_maker, worker_plan
from tasks.engines.scripted import Scripted


def settings(tmp_path, **changes):
    plain = {"profile": "text-only", "ledger": LedgerSettings(key_file=tmp_path / "keys.json")}
    return Settings(**plain | changes)


def test_the_places_of_each_base_are_carried_over(tmp_path):
    client = demo_client("http://127.0.0.1:8000/fhir", fhir_folder=tmp_path, dicomweb_folder=tmp_path)
    plan = worker_plan(settings(tmp_path), clients=(client,))
    (source,) = plan.sources
    assert (source.client, source.fhir_base) == ("sample-ehr", "http://127.0.0.1:8000/fhir")
    assert (source.fhir_folder, source.dicomweb_folder) == (tmp_path, tmp_path)


def test_the_lease_is_far_shorter_than_the_hard_limit_and_no_job_is_redelivered_before_it(tmp_path):
    plan = worker_plan(settings(tmp_path))
    assert plan.lease_s < plan.hard_limit_s / 2


def test_a_folder_goes_with_the_folder_queue_alone(tmp_path):
    assert worker_plan(settings(tmp_path)).broker_folder is not None
    redis = settings(tmp_path, broker=BrokerSettings(url="redis://127.0.0.1/0"))
    assert worker_plan(redis).broker_folder is None


def test_without_a_profile_no_worker_starts(tmp_path):
    with pytest.raises(NotConfigured, match="profile"):
        worker_plan(settings(tmp_path, profile=None))


def test_a_worker_gets_its_keys_from_the_services_command(tmp_path):
    plan = worker_plan(settings(tmp_path, ledger=LedgerSettings(key_command=("vault", "read"))))
    assert (plan.key_file, plan.key_command) == (None, ("vault", "read"))


def test_without_a_key_file_no_worker_starts(tmp_path):
    with pytest.raises(NotConfigured, match="key_file"):
        worker_plan(settings(tmp_path, ledger=LedgerSettings()))


def test_no_engine_is_no_maker():
    assert engine_maker(EngineSettings()) is None


def test_the_engine_is_made_when_the_child_calls_and_not_before(tmp_path):
    make = engine_maker(EngineSettings(kind="scripted", completions_dir=tmp_path))
    (tmp_path / "a.json").write_text('{"patient_id": "p1", "statements": []}')
    assert isinstance(make(), Scripted)
