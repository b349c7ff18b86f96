"""docs/conformance.md names the tests that there are, and no requirement goes without a test or a reason."""

import evidence
import pytest


@pytest.fixture(scope="module")
def found():
    return evidence.found_tests()


@pytest.mark.parametrize("tag", [tag for group in evidence.GROUPS.values() for tag in group])
def test_every_requirement_has_a_title_and_a_test_or_a_reason_for_none(found, tag):
    assert evidence.titles()[tag]
    is_tested = tag in found or tag in evidence.ALSO
    assert is_tested != (tag in evidence.NOT_RUN), "a test, or NOT RUN with its reason, and never both"


def test_each_rule_of_the_protocol_has_a_test_on_the_running_service(found):
    for tag in (*evidence.GROUPS["The service (S)"], *evidence.GROUPS["Invariants of the model (cds)"]):
        assert any(path.startswith("tests/conformance/") for path, _ in found[tag]), tag


def test_the_page_is_what_the_tests_say(repository):
    assert (repository / "docs" / "conformance.md").read_text("utf-8") == evidence.page(), "make pages"


def test_tests_that_are_named_by_hand_exist():
    names = {name for _, name in evidence.all_tests()}

    assert {name for many in evidence.ALSO.values() for name in many} <= names


@pytest.mark.parametrize(
    ("name", "folder", "ids"),
    [
        ("test_s9_a_template", "conformance", ["S9"]),
        ("test_s18_s2_t12_any_state", "hooks", ["S18", "S2", "T12"]),
        ("test_cds_resp_6_no_suggestion", "conformance", ["cds-resp-6"]),
        ("test_rel_1_a_failing_type", "cds_service", ["REL-1"]),
        ("test_rel5_it_opens", "fhir_adapters", ["REL-5"]),
        ("test_client_c4_an_unknown", "journeys", ["client C4"]),
        ("test_c4_a_date", "tasks", []),
        ("test_every_template_whole_c1_c2", "sandbox", ["client C1", "client C2"]),
        ("test_1_an_empty_member", "conformance", []),
    ],
)
def test_ids_are_read_from_names(name, folder, ids):
    assert list(evidence.ids_in(name, folder=folder)) == ids
