"""What docker-compose.yml and the Dockerfile say is what the settings read and the repository holds."""

import re
import shutil
from pathlib import Path, PurePosixPath

import pytest
import yaml

from cds_service.may_serve import check_serve
from cds_service.settings import load_settings
from cds_service.worker_plan import worker_plan

ROOT = Path(__file__).parents[1]
OURS = ("serve", "worker")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


@pytest.fixture
def settings_of(compose, tmp_path, monkeypatch):
    """The settings that a container of `service` starts with, over the example file."""

    def read(service):
        shutil.copy(ROOT / "docs" / "chartside.example.toml", tmp_path / "chartside.toml")
        for name, value in compose["services"][service]["environment"].items():
            mounted = value == "/etc/chartside/chartside.toml"
            monkeypatch.setenv(name, str(tmp_path / "chartside.toml") if mounted else value)
        return load_settings()

    return read


@pytest.mark.parametrize("service", OURS)
def test_both_containers_read_the_database_the_queue_and_the_files_that_compose_gives_them(settings_of, service):
    settings = settings_of(service)

    check_serve(settings)
    assert settings.ledger.url.get_secret_value() == "postgresql+psycopg://chartside@postgres/chartside"
    assert settings.broker.url.get_secret_value() == "redis://redis:6379/0"
    assert worker_plan(settings, clients=()).broker_folder is None
    assert settings.ledger.data_dir not in settings.ledger.key_file.parents


def test_what_is_published_is_the_port_that_the_service_listens_on_beyond_its_container(settings_of, compose):
    settings = settings_of("serve")

    assert compose["services"]["serve"]["ports"] == [f"127.0.0.1:8000:{settings.port}"]
    assert settings.host == "0.0.0.0"  # noqa: S104 - inside the container


@pytest.mark.parametrize("service", OURS)
def test_what_must_outlive_a_container_is_on_a_volume_that_both_see(settings_of, compose, service):
    ledger = settings_of(service).ledger
    mounts = {PurePosixPath(volume.split(":")[1]) for volume in compose["services"][service]["volumes"]}

    assert {PurePosixPath(ledger.key_file.parent), PurePosixPath(ledger.checkpoint.parent)} <= mounts


def test_only_the_service_writes_keys_and_nothing_is_published_but_the_service(compose):
    services = compose["services"]

    assert "keys:/var/lib/chartside/keys:ro" in services["worker"]["volumes"]
    assert [name for name, one in services.items() if "ports" in one] == ["serve"]
    assert compose["networks"]["inside"] == {"internal": True}


def test_the_dockerfile_copies_only_what_is_there_and_what_the_build_may_see(compose):
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    seen = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {name for line in re.findall(r"^COPY (.+) \S+$", dockerfile, re.MULTILINE) for name in line.split()}
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", dockerfile, re.MULTILINE))

    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {name.partition("/")[0] for name in copied} == seen
    assert {compose["services"][name]["build"]["target"] for name in OURS} == stages
