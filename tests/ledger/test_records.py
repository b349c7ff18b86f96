"""What a record cannot be: a patient key that names nobody, and a thing that happened at no known time."""

from datetime import UTC, datetime

import pytest
from ledger_values import KEY

from ledger.records import Event, PatientKey, Withdrawal

_NAIVE = datetime(2026, 11, 24, 12, 0)  # noqa: DTZ001 - what is to be refused


@pytest.mark.parametrize("missing", ["client", "fhir_base", "patient_id"])
def test_a_patient_key_names_client_base_and_patient(missing: str) -> None:
    plain = {"client": "ehr", "tenant": "", "fhir_base": "https://ehr.test/fhir", "patient_id": "p-1"}
    assert PatientKey(**plain).tenant == ""  # a client without tenants has none
    with pytest.raises(ValueError, match=missing):
        PatientKey(**plain | {missing: ""})


def test_a_patient_key_that_is_refused_repeats_no_patient() -> None:
    with pytest.raises(ValueError, match="client") as refused:
        PatientKey(client="", tenant="", fhir_base="https://ehr.test/fhir", patient_id="p-secret")
    assert "p-secret" not in str(refused.value)


def test_an_event_has_a_time_with_a_zone() -> None:
    assert Event(kind="page.opened", subject="", at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC), key=KEY).at.tzinfo
    with pytest.raises(ValueError, match="zone"):
        Event(kind="page.opened", subject="", at=_NAIVE, key=KEY)


def test_a_withdrawal_has_times_with_a_zone() -> None:
    whole = {"id": "w", "summary_id": "", "reason": "wrong-patient", "by": "Practitioner/1"}
    with pytest.raises(ValueError, match="zone"):
        Withdrawal(**whole, at=_NAIVE)
    with pytest.raises(ValueError, match="zone"):
        Withdrawal(**whole, at=_NAIVE.replace(tzinfo=UTC), released_at=_NAIVE)
