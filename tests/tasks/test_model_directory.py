"""A model directory that could run code, or is not the pinned one, is refused before anything of it is loaded."""

import hashlib

import pytest

from tasks.engines.model_directory import inspect
from tasks.engines.thinking import without_thinking
from tasks.errors import CompletionUnreadable, EngineUnusable


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type":"gemma3"}')
    (tmp_path / "tokenizer.json").write_text('{"model":{"vocab":{"auto_map":1}}}')
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def test_a_plain_directory_passes_with_the_digest_of_each_file(directory):
    found = inspect(directory)
    assert dict(found.files)["model.safetensors"] == hashlib.sha256(b"weights").hexdigest()
    assert inspect(directory, digest=found.digest) == found


def test_one_flipped_byte_one_new_file_and_one_new_name_change_the_digest(directory):
    before = inspect(directory).digest
    (directory / "model.safetensors").write_bytes(b"weightt")
    with pytest.raises(EngineUnusable, match="pinned"):
        inspect(directory, digest=before)
    (directory / "model.safetensors").rename(directory / "other.safetensors")
    (directory / "other.safetensors").write_bytes(b"weights")
    assert inspect(directory).digest != before


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "a.pkl", "modeling.py", "sub/evil.PY", "x.ckpt", "adapter_config.json"]
)
def test_a_file_that_could_run_code_is_refused_by_name(directory, name):
    (directory / name).parent.mkdir(exist_ok=True)
    (directory / name).write_bytes(b"{}")
    with pytest.raises(EngineUnusable, match=name.rpartition("/")[2]):
        inspect(directory)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config.json", '{"auto_map":{"AutoModel":"x.Y"}}'),
        ("config.json", '{"text_config":{"auto_map":{}}}'),
        ("config.json", '{"_attn_implementation_internal":"someone/kernel"}'),
        ("tokenizer_config.json", '{"auto_map":{}}'),
        ("processor_config.json", '[{"a":[{"auto_map":1}]}]'),
        ("config.json", "no JSON"),
    ],
)
def test_a_configuration_that_asks_for_code_is_refused(directory, file, content):
    (directory / file).write_text(content)
    with pytest.raises(EngineUnusable, match=file):
        inspect(directory)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_directory_that_lacks_a_needed_file_is_refused(directory, name):
    (directory / name).unlink()
    with pytest.raises(EngineUnusable):
        inspect(directory)


def test_a_path_that_is_no_directory_is_refused_without_naming_the_machine(tmp_path):
    with pytest.raises(EngineUnusable) as caught:
        inspect(tmp_path / "absent")
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "answer"),
    [("{}", "{}"), ("<unused94>thought\nhm<unused95>{}", "{}"), ("<unused94><unused95>", "")],
)
def test_thinking_is_cut_off(text, answer):
    assert without_thinking(text) == answer


def test_thinking_that_never_ends_is_no_answer():
    with pytest.raises(CompletionUnreadable):
        without_thinking("<unused94>thought\nhm {}")
