"""A service that is not ours, listening, with the one fault that a test gives it."""

import pytest
from model_service import ISSUER, KEY, ModelService, listening

from cds_service.doctor.signing import Signer


@pytest.fixture(scope="module")
def _listening_model():
    model = ModelService()
    with listening(model.app):
        yield model


@pytest.fixture
def model(_listening_model):
    """The service, without a fault yet."""
    _listening_model.fault, _listening_model.is_open = "", False
    for memory in (_listening_model.seen, _listening_model.cards, _listening_model.calls):
        memory.clear()
    return _listening_model


@pytest.fixture(scope="session")
def signer():
    return Signer(key=KEY, issuer=ISSUER, kid="k1", algorithm="ES384")
