"""A10: of two copies of one resource nobody knows to be older, neither is dropped unsaid."""

import itertools

import pytest
from fhir_samples import coded, concept, gather, observation, quantity, resource

from fhir_adapters.history import Reason, Standing
from fhir_adapters.reading.versions import newest_of

UNDECIDED = [
    ({}, {}),
    ({}, {"lastUpdated": "2020-01-01T00:00:00Z"}),
    ({"versionId": "a"}, {"versionId": "1"}),
    ({"versionId": "9" * 5000}, {"versionId": "1"}),
    ({"versionId": "2"}, {"lastUpdated": "2020-01-01T00:00:00Z"}),
    ({"lastUpdated": "2020"}, {"lastUpdated": "2026-01-01T00:00:00Z"}),
    ({"versionId": "1"}, {"versionId": "1"}),
    ({"lastUpdated": "2026-01-01T05:00:00"}, {"lastUpdated": "2026-01-01T00:00:00-10:00"}),  # of no zone: no instant
    ({"lastUpdated": "2026-01-01T25:00:00Z"}, {"lastUpdated": "2026-01-01T00:00:00Z"}),
]


def allergy(text="Penicillin", **elements):
    return resource("AllergyIntolerance", code=concept(text, code=text[:3]), **elements)


def one(*resources):
    entries = [gather(*order).history.entries for order in itertools.permutations(resources)]
    assert all(found == entries[0] for found in entries)  # whatever came first
    (entry,) = entries[0]
    return entry


@pytest.mark.parametrize("metas", UNDECIDED)
def test_c6_an_allergy_that_may_be_the_newer_one_is_not_lost_behind_a_resolved_one(metas):
    for first, second in (metas, metas[::-1]):
        entry = one(
            allergy(meta=first, clinicalStatus=coded("resolved")), allergy(meta=second, clinicalStatus=coded("active"))
        )
        assert entry.standing is Standing.CURRENT
        assert "another copy of this record: Allergy: Penicillin, resolved" in entry.line


def test_a_newer_time_stands_before_a_higher_version_number():
    entry = one(
        allergy(meta={"versionId": "9", "lastUpdated": "2020-01-01T00:00:00Z"}, clinicalStatus=coded("resolved")),
        allergy(meta={"versionId": "x", "lastUpdated": "2026-01-01T00:00:00Z"}, clinicalStatus=coded("active")),
    )
    assert entry.standing is Standing.CURRENT
    assert "another copy" not in entry.line


@pytest.mark.parametrize("metas", [*UNDECIDED, ({"versionId": "1"}, {"versionId": "2"})])
def test_c6_two_substances_under_one_id_are_both_said_whatever_their_versions(metas):
    for first, second in (metas, metas[::-1]):
        entry = one(
            allergy("Penicillin", meta=first, clinicalStatus=coded("active")),
            allergy("Latex", meta=second, clinicalStatus=coded("active")),
        )
        assert {"Penicillin", "Latex"} == set(entry.title.split(" / "))
        assert "Penicillin" in entry.line
        assert "Latex" in entry.line
        assert {code.code for code in entry.codes} == {"Pen", "Lat"}


def test_c6_an_allergy_under_the_id_of_no_known_allergies_is_not_lost():
    none = resource("AllergyIntolerance", code=concept("No known allergies", code="716186003"))
    entry = one(none, allergy(clinicalStatus=coded("active")))
    assert entry.title == "Penicillin"
    assert "No known" not in entry.detail
    newer = {**none, "meta": {"versionId": "2"}}
    assert "Penicillin" in one(newer, allergy(meta={"versionId": "1"}, clinicalStatus=coded("active"))).line


def test_a_copy_entered_in_error_stands_behind_one_that_may_be_newer():
    wrong = allergy(verificationStatus=coded("entered-in-error"))
    assert one(wrong, allergy(clinicalStatus=coded("active"))).standing is Standing.CURRENT
    gathered = gather(allergy(meta={"versionId": "1"}), {**wrong, "meta": {"versionId": "2"}})
    assert gathered.history.entries == ()


def test_an_order_not_to_give_stands_before_the_same_order_to_give():
    give = resource("MedicationRequest", status="active", medicationCodeableConcept=concept("Warfarin"))
    entry = one(give, {**give, "doNotPerform": True})
    assert entry.standing is Standing.REFUTED
    assert entry.line.startswith("Do not give: Warfarin")


def test_of_two_values_the_abnormal_one_stands_and_the_other_is_said():
    ranges = [{"low": quantity(3.5), "high": quantity(5.1)}]
    entry = one(
        observation(valueQuantity=quantity(4.2), referenceRange=ranges),
        observation(valueQuantity=quantity(6.8), referenceRange=ranges),
    )
    assert str(entry.values[0].number) == "6.8"
    assert "4.2" in entry.line


def test_a_copy_under_restriction_restricts_what_is_said_of_both():
    secret = {"security": [{"code": "R"}]}
    assert one(allergy("Latex"), allergy(meta=secret)).restricted


def test_many_copies_are_counted_and_some_are_said():
    gathered = gather(*(allergy(f"Substance {n:04}") for n in range(300)))
    (entry,) = gathered.history.entries
    assert len(entry.title) < 100
    assert len(entry.line) < 800
    (omission,) = gathered.history.omissions
    assert (omission.reason, omission.count) == (Reason.DUPLICATE, 299)


@pytest.mark.parametrize(
    ("versions", "newest"),
    [
        ([("", -1)], [0]),
        ([("2020", 5), ("2021", 1)], [1]),
        ([("2020", 5), ("2020", 7)], [1]),
        ([("", 5), ("", 7), ("", -1)], [1, 2]),
        ([("2020", 5), ("", 7)], [1]),
        ([("2020", -1), ("", 7)], [0, 1]),
        ([("2021", 1), ("", 2), ("2020", 3)], [0, 1, 2]),  # a circle: each is older than another
    ],
)
def test_the_newest_are_those_than_which_none_is_newer(versions, newest):
    assert newest_of(versions) == newest
