"""`chartside doctor [URL]`: what the protocol asks, asked of any CDS Hooks service; without one, of this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds_service.cli.root import app, errors, fail, told
from cds_service.cli.serve import Config
from cds_service.doctor.chart import PATIENT_ID

if TYPE_CHECKING:
    from cds_service.doctor.finding import Finding

_VERSION: Final = 1  # of the shape of --json
_COLOURS: Final = {"PASS": "green", "FAIL": "bold red", "WARN": "yellow", "NOT RUN": "dim"}


@app.command()
def doctor(  # noqa: PLR0913, PLR0917 - the options of a command
    url: Annotated[str | None, typer.Argument(help="The service: the address before /cds-services.")] = None,
    jwt_key: Annotated[Path | None, typer.Option(help="The client's private key: PEM, JWK or JWKS.")] = None,
    issuer: Annotated[str, typer.Option(help="The iss of the client's tokens.")] = "",
    kid: Annotated[str, typer.Option(help="The kid of the key, where its file names none.")] = "",
    alg: Annotated[str, typer.Option(help="ES384 or RS384; by default as the key is.")] = "",
    service: Annotated[str, typer.Option(help="The id of the service to look at closely.")] = "",
    patient: Annotated[str, typer.Option(help="The id that the synthetic patient has.")] = PATIENT_ID,
    fhir_base: Annotated[
        str, typer.Option(help="A FHIR base that the service accepts; on loopback the doctor answers there itself.")
    ] = "",
    only: Annotated[str, typer.Option(help="Ask these requirements alone: S12,T4.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds for one answer.", min=0.5, max=120)] = 10.0,
    config: Config = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a CDS Hooks service every requirement, with a synthetic patient; exit code 0 only when nothing fails.

    Without a URL: check this installation's own settings, clients, ledger, broker and disk.
    """
    from cds_service.doctor.examination import Order, examine  # noqa: PLC0415
    from cds_service.doctor.installation import inspect_installation  # noqa: PLC0415
    from cds_service.doctor.signing import read_signer  # noqa: PLC0415
    from cds_service.doctor.wire import read_address  # noqa: PLC0415
    from cds_service.errors import NotConfigured  # noqa: PLC0415

    if url is None:
        _report({}, inspect_installation(config), json=json)
        return
    if jwt_key is not None and not issuer:
        fail("--issuer: who signs with this key")
    with told(NotConfigured), errors.status("Reading") as status:
        order = Order(
            address=read_address(url),
            signer=read_signer(jwt_key, issuer=issuer, kid=kid, algorithm=alg) if jwt_key else None,
            service=service,
            patient_id=patient,
            fhir_base=read_address(fhir_base, option="--fhir-base") if fhir_base else "",
            only=frozenset(filter(None, map(str.strip, only.split(",")))),
            timeout_s=timeout,
            progress=lambda what: status.update(Text(what)),
        )
        found = asyncio.run(examine(order))
    head = {"url": found.address, "service": found.service, "signed": found.is_signed}
    _report(head, found.findings, json=json)


def _report(head: dict[str, Any], findings: tuple[Finding, ...], *, json: bool) -> None:
    """Print what was found, and end with its exit code."""
    verdicts = [str(one.verdict) for one in findings]
    counts = {verdict: verdicts.count(verdict) for verdict in _COLOURS}
    if json:
        plain = {"doctor": _VERSION, **head, "ok": not counts["FAIL"], "counts": counts}
        listed = [_plain(one) for one in findings]
        print(orjson.dumps(plain | {"findings": listed}, option=orjson.OPT_INDENT_2).decode())  # noqa: T201
    else:
        console = Console(highlight=False)
        console.print(_table(head, findings))
        console.print(Text(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), style="bold"))
    raise typer.Exit(1 if counts["FAIL"] else 0)


def _plain(one: Finding) -> dict[str, Any]:
    return {
        "requirement": one.rule.requirement,
        "check": one.rule.name,
        "level": str(one.rule.level),
        "asks": one.rule.asks,
        "verdict": str(one.verdict),
        "finding": one.told,
    }


def _table(head: dict[str, Any], findings: tuple[Finding, ...]) -> Table:
    title = f"{head['url']}  {head['service']}" if head else "This installation"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("", no_wrap=True)
    for column in ("verdict", "asks", "finding"):
        table.add_column(column, no_wrap=column == "verdict", overflow="fold")
    for alike in _rows(findings):
        # Text, never markup: a finding may quote a name that the service chose.
        first, verdict = alike[0], str(alike[0].verdict)
        asks = first.rule.asks if len(alike) == 1 else f"{len(alike)} checks"
        table.add_row(Text(first.rule.requirement), Text(verdict, _COLOURS[verdict]), Text(asks), Text(first.told))
    return table


def _rows(findings: tuple[Finding, ...]) -> list[list[Finding]]:
    """One finding a row; what was not run for the same reason shares one."""
    rows: list[list[Finding]] = []
    for one in findings:
        last = rows[-1][-1] if rows else None
        if (
            last
            and last.rule.requirement == one.rule.requirement
            and last.told == one.told
            and one.verdict == "NOT RUN"
        ):
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _subject(one: Finding) -> tuple[str, str, str]:
    return one.rule.requirement, str(one.verdict), one.told
