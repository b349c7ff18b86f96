"""A real FHIR R4 server for tests: sekmet-fhir in its own process, on a random loopback port, in a given folder."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson

STARTS_WITHIN_S = 60.0
TOKEN = "canary-token-of-the-real-server"


@dataclass(frozen=True, slots=True)
class RealFhir:
    """A running server: its base URL, and the one token that it accepts."""

    base_url: str
    token: str

    def load(self, *charts: Path) -> None:
        """Put every resource of these Bundles there, under its own id."""
        with httpx2.Client(timeout=60, headers={"Authorization": f"Bearer {self.token}"}, trust_env=False) as client:
            for chart in charts:
                resources = [entry["resource"] for entry in orjson.loads(chart.read_bytes())["entry"]]
                entries = [
                    {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
                    for one in resources
                ]
                bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
                answer = client.post(self.base_url, content=orjson.dumps(bundle), headers={"Content-Type": FHIR_JSON})
                if answer.status_code != httpx2.codes.OK:
                    raise RuntimeError(
                        f"the FHIR server refused {chart.name}: {answer.status_code} {answer.text[:500]}"
                    )


FHIR_JSON = "application/fhir+json"


@contextmanager
def real_fhir(folder: Path) -> Iterator[RealFhir]:
    """A server that keeps its data in `folder`, ended by its process id when the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = RealFhir(f"http://127.0.0.1:{port}/fhir", TOKEN)
    settings = {  # YAML reads JSON
        "base_url": server.base_url,
        "host": "127.0.0.1",
        "port": port,
        "data_dir": str(folder / "data"),
        "own_private_key_path": str(folder / "key.pem"),
        "validation": {"inbound": "off"},
        "simulator": {"enabled": False},
        "server_auth": {"types": ["bearer"], "tokens": [TOKEN]},
    }
    (folder / "settings.yaml").write_text(json.dumps(settings))
    command = [str(Path(sys.executable).with_name("sekmet")), "serve"]
    environment = {"SEKMET_CONFIG": str(folder / "settings.yaml"), "PATH": "/usr/bin:/bin", "HOME": str(folder)}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        _wait_until_up(server, process, folder / "server.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_up(server: RealFhir, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < ends:
        try:
            httpx2.get(f"{server.base_url}/metadata", timeout=5, trust_env=False)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the FHIR server did not start: {log.read_text(errors='replace')[-1000:]}")
