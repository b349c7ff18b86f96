import asyncio
import sys

import orjson
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.demo import Demo, Window, demo_parts, prepare
from cds_service.review.pictures import has_studies
from chartside_sandbox.samples import CHARTS, restamp_images
from fhir_adapters.bundle import history_from_bundle


def charts_with_studies():
    charts = [history_from_bundle(orjson.loads(path.read_bytes())).history for path in sorted(CHARTS.glob("*.json"))]
    return [history for history in charts if has_studies(history)]


def test_the_demo_starts_without_pictures_where_no_guarded_decoder_can_be_set_up(tmp_path, monkeypatch):
    plan = Demo(state=tmp_path / "state", port=8124, engine="none")
    parts = demo_parts(plan, prepare(plan))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with TestClient(create_app(parts), base_url=plan.address) as http:
        assert http.get("/cds-services").status_code == 200


async def test_a_window_without_a_decoder_says_so_of_each_study(tmp_path):
    restamp_images(tmp_path)
    window = Window(tmp_path)
    found = [await asyncio.to_thread(window.look, history) for history in charts_with_studies()]
    assert not any(one.images for one in found)
    assert "no guarded decoder" in {omission.detail for one in found for omission in one.omissions}
