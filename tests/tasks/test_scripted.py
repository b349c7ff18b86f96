"""The twin answers for its patients, says that it is scripted, and its words hold on every sample chart."""

import hashlib

import orjson
import pytest
from little_history import AS_OF, chart

from fhir_adapters.bundle import history_from_bundle
from tasks.engines.scripted import Scripted
from tasks.errors import CompletionMissing, EngineUnusable
from tasks.prompt import build_prompt
from tasks.reading import read_summary
from tasks.summary import Verdict

SLUGS = (
    "allergic-child", "crushed-hand", "fatal-stroke", "head-ct", "hip-fracture", "kidney-decline", "liver-lesion",
    "many-problems", "new-baby", "new-effusion", "nothing-recorded", "third-pregnancy",
)  # fmt: skip


def prompt_of(record):
    return build_prompt(record, (), patient_id=record.patient.id, focus="chart-summary", budget=32_000, as_of=AS_OF)


def write(folder, patient_id, *refs):
    script = {"patient_id": patient_id, "statements": [{"kind": "problem", "text": "Gout.", "refs": list(refs)}]}
    (folder / f"{patient_id}.json").write_bytes(orjson.dumps(script))


def test_references_become_the_entry_ids_of_this_prompt_and_unknown_ones_stay(tmp_path):
    write(tmp_path, "p1", "Condition/e2", "Condition/gone")
    completion = Scripted(tmp_path).generate(prompt_of(chart()))
    assert orjson.loads(completion.text)["statements"][0]["refs"] == ["E2", "Condition/gone"]


def test_a_patient_without_a_script_is_named_as_missing(tmp_path):
    write(tmp_path, "somebody-else", "Condition/e2")
    with pytest.raises(CompletionMissing):
        Scripted(tmp_path).generate(prompt_of(chart()))


def test_its_version_says_that_it_is_scripted_and_follows_every_byte(tmp_path):
    write(tmp_path, "p1", "Condition/e2")
    before = Scripted(tmp_path).version
    assert before.is_scripted
    assert len(before.digest) == len(hashlib.sha256().hexdigest())
    write(tmp_path, "p1", "Condition/e3")
    assert Scripted(tmp_path).version.digest != before.digest


@pytest.mark.parametrize(
    "content", [b"", b"no", b"[]", b"{}", b'{"patient_id":"a"}', b'{"patient_id":"a","statements":[1]}']
)
def test_a_folder_that_cannot_be_read_is_unusable(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(EngineUnusable):
        Scripted(tmp_path)


def test_an_empty_folder_is_unusable(tmp_path):
    with pytest.raises(EngineUnusable):
        Scripted(tmp_path / "absent")


def test_there_is_one_script_a_sample_chart(charts):
    assert {path.stem for path in charts.glob("*.json")} == set(SLUGS)
    assert {path.stem for path in (charts.parent / "completions").glob("*.json")} == set(SLUGS)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_scripted_words_hold_on_their_chart_and_the_planted_errors_are_withheld(charts, slug):
    record = history_from_bundle(orjson.loads((charts / f"{slug}.json").read_bytes())).history
    script = orjson.loads((charts.parent / "completions" / f"{slug}.json").read_bytes())
    engine = Scripted(charts.parent / "completions")
    prompt = prompt_of(record)
    summary = read_summary(
        engine.generate(prompt), prompt, record, model=engine.version, made_at=AS_OF, profile="text-only"
    )
    planted = {script["statements"][index]["text"] for index in script["planted"]}
    meant = [each["text"] for each in script["statements"] if each["text"] not in planted]
    assert [each.text for each in summary.statements] == meant  # none of the sound ones is lost
    assert {each.text for each in summary.withheld} == planted
    assert len(summary.statements) >= 5
    assert summary.count(Verdict.VERIFIED) >= 4


def test_errors_are_planted_in_at_least_three_charts(charts):
    scripts = [orjson.loads(path.read_bytes()) for path in (charts.parent / "completions").glob("*.json")]
    assert sum(bool(script["planted"]) for script in scripts) >= 3
