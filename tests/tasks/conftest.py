"""Fixtures of the tasks tests: the small random model, built once a run."""

import importlib.util

import pytest


@pytest.fixture(scope="session")
def tiny_gemma(tmp_path_factory):
    """The folder of a small random Gemma 3 model; skips where torch and transformers are not installed."""
    missing = [name for name in ("torch", "transformers", "llguidance") if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (extra gpu)")
    from tiny_gemma import build_tiny_gemma  # noqa: PLC0415 - torch is imported only where it is used

    return build_tiny_gemma(tmp_path_factory.mktemp("model") / "tiny-gemma")
