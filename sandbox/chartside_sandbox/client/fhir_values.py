"""The few FHIR values that a client makes or reads itself."""

from __future__ import annotations

from typing import Any


def next_of(body: object) -> str | None:
    """Where the page after this one is."""
    links = body.get("link") if isinstance(body, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next" and isinstance(link.get("url"), str):
            address: str = link["url"]
            return address
    return None


def outcome(code: str, words: str, *, severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome of one issue."""
    issue = {"severity": severity, "code": code, "diagnostics": words}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def words_of(body: object) -> str:
    """What an OperationOutcome says; empty where it says nothing, or is none."""
    issues = body.get("issue") if isinstance(body, dict) else None
    issue = issues[0] if isinstance(issues, list) and issues and isinstance(issues[0], dict) else {}
    details = issue.get("details")
    text = details.get("text") if isinstance(details, dict) else None
    return str(issue.get("diagnostics") or text or "")
