"""What holds for every answer of ours: UTF-8 JSON (S1), nothing null or empty (S2), refusals as OperationOutcome."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_MAY_BE_EMPTY = {("cards",), ("services",)}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ABSOLUTE = re.compile(r"https?://[^\s<>\"]+")
_CARD = {
    "uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons", "links",
    "extension",
}  # fmt: skip


def check_answer(response: Any) -> None:
    """Raises AssertionError, with the place and without the value."""
    assert response.headers["cache-control"] == "no-store", "S41"
    if response.status_code == 401:
        assert response.content == b"", "S38: a 401 explains nothing"
        return
    kind = response.headers["content-type"]
    if kind.startswith("text/plain"):  # /metrics
        return
    plain = read_strictly(response.content)
    for place in empty_members(plain):
        assert place in _MAY_BE_EMPTY, f"S2: {place}"
    if response.status_code >= 400 and "status" not in plain:  # /readyz has words of its own
        assert kind == "application/fhir+json"
        check_outcome(plain)
    if "cards" in plain:
        for card in plain["cards"]:
            check_card(card)


def read_strictly(content: bytes) -> Any:
    """JSON in UTF-8 as RFC 8259 has it: no comment, no trailing comma, no NaN, no member named twice (S1, S3)."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), "a member is named twice"
        return dict(pairs)

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(content.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)


def empty_members(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of every member that is null, "", [] or {} (S2). The answer itself may be an empty object."""
    inside: Any = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inside:
        if value is None or value in ("", [], {}):
            yield (*path, name)
        else:
            yield from empty_members(value, (*path, name))


def check_outcome(plain: Mapping[str, Any]) -> None:
    """A FHIR R4 OperationOutcome with at least one issue."""
    assert plain["resourceType"] == "OperationOutcome"
    for issue in plain["issue"]:
        assert issue["severity"] in {"fatal", "error", "warning", "information"}
        assert re.fullmatch(r"[a-z-]+", issue["code"])


def check_card(card: Mapping[str, Any]) -> None:
    """S18 to S24, S26, S27 and cds-resp-1 to -7, on the wire."""
    assert card.keys() <= _CARD
    assert _UUID.fullmatch(card["uuid"])
    assert 0 < len(card["summary"]) < 140, "S18"
    assert card["indicator"] in {"info", "warning", "critical"}, "S18"
    check_source(card["source"])
    check_suggestions(card)
    for reason in card.get("overrideReasons", []):
        check_coding(reason)
    for link in card.get("links", []):
        check_link(link)
    for name in card.get("extension", {}):
        assert re.fullmatch(r"[a-z]+(\.[a-z][a-z0-9-]*)+", name), "S27"


def check_source(source: Mapping[str, Any]) -> None:
    """S19."""
    assert source["label"]
    check_coding(source["topic"])
    for member in ("url", "icon"):
        assert member not in source or _ABSOLUTE.fullmatch(source[member])


def check_suggestions(card: Mapping[str, Any]) -> None:
    """S20 to S22."""
    suggestions = card.get("suggestions", [])
    assert ("selectionBehavior" in card) == bool(suggestions), "S20, cds-resp-6"
    assert card.get("selectionBehavior", "any") in {"any", "at-most-one"}, "S20"
    recommended = [one for one in suggestions if one.get("isRecommended")]
    assert card.get("selectionBehavior") != "at-most-one" or len(recommended) <= 1, "cds-resp-1"
    for suggestion in suggestions:
        assert suggestion["label"], "S21"
        assert _UUID.fullmatch(suggestion["uuid"]), "S21"
        assert "actionSelectionBehavior" not in suggestion, "cds-resp-7"
        for action in suggestion.get("actions", []):
            check_action(action)


def check_action(action: Mapping[str, Any]) -> None:
    """S22, cds-resp-2, cds-resp-5."""
    assert action["type"] in {"create", "update", "delete"}
    assert action["description"], "cds-resp-5"
    assert ("resource" in action) == (action["type"] != "delete")
    assert ("resourceId" in action) == (action["type"] == "delete"), "cds-resp-2"


def check_coding(coding: Mapping[str, Any]) -> None:
    """S23, S26 and cds-resp-4: code, system and display, and no other member."""
    assert coding.keys() == {"code", "system", "display"}
    assert all(coding.values())


def check_link(link: Mapping[str, Any]) -> None:
    """S24 and cds-resp-3."""
    assert link["label"]
    assert _ABSOLUTE.fullmatch(link["url"])
    assert link["type"] in {"absolute", "smart"}
    assert "appContext" not in link or link["type"] == "smart", "cds-resp-3"
    assert "autolaunchable" not in link, "a card with it may never be shown"
