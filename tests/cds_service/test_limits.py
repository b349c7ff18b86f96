import orjson
import pytest
from hook_desk import hook_body, prefetch

from cds_service.errors import NotJson
from cds_service.limits import parse_object, write_again

PATH = "/cds-services/chart-summary"


def nested(levels, *, leaf=1, kind=list):
    """A value with this many containers around its leaf."""
    for _ in range(levels):
        leaf = [leaf] if kind is list else {"a": leaf}
    return leaf


@pytest.mark.parametrize("kind", [list, dict])
@pytest.mark.parametrize("leaf", [1, "x", None, [], {}])
def test_t11_sixty_four_levels_are_taken_and_sixty_five_are_not(leaf, kind):
    inner = leaf in ([], {})
    whole = {"a": nested(63 - inner, leaf=leaf, kind=kind)}

    assert parse_object(orjson.dumps(whole)) == whole
    with pytest.raises(NotJson, match="64"):
        parse_object(orjson.dumps({"a": nested(64 - inner, leaf=leaf, kind=kind)}))


@pytest.mark.parametrize("levels", [65, 254, 255, 1_000, 1_100, 100_000])
def test_t11_a_list_too_deep_is_refused_before_it_is_called_no_object(levels):
    with pytest.raises(NotJson):
        parse_object(b"[" * levels + b"]" * levels)


def test_t11_the_member_written_later_is_counted_as_deep_as_it_lay():
    body = orjson.dumps({"prefetch": nested(64)})
    read = parse_object(body, written_later="prefetch")

    with pytest.raises(NotJson):
        write_again({"prefetch": read["prefetch"]})
    assert write_again({"prefetch": nested(63)})


@pytest.mark.parametrize("member", ["prefetch", "extension", "context", "fhirAuthorization", "unknown"])
@pytest.mark.parametrize("levels", [64, 100, 250])
def test_t11_a_hook_nested_deeper_than_sixty_four_is_400_and_leaves_nothing(desk, member, levels):
    answer = desk.hook(hook_body(**{member: nested(levels, kind=dict)}))

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert desk.kinds() == []


def test_a_resource_nested_within_the_limit_is_taken(desk):
    odd = {"resourceType": "Condition", "id": "x", "extension": nested(55)}
    entries = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": odd}]}

    assert desk.card(hook_body(prefetch=prefetch(conditions=entries)))["summary"]
