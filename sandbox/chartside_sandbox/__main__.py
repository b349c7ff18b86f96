"""The sample EHR alone: `python -m chartside_sandbox --service URL [--key FILE --issuer ISS]`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.routing import Mount

from chartside_sandbox.client.signing import Signer, read_signing_key
from chartside_sandbox.ehr import SampleEhr, sample_ehr

_HOST = "127.0.0.1"  # synthetic patients, and no login: loopback alone


def main(
    service: Annotated[str, typer.Option(help="The CDS service's base address, without /cds-services.")],
    *,
    key: Annotated[Path | None, typer.Option(help="A private key as a JWK with a kid: calls are signed.")] = None,
    issuer: Annotated[str, typer.Option(help="The `iss` of the tokens.")] = "",
    jku: Annotated[str, typer.Option(help="Where the public keys are published, if anywhere.")] = "",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8090,
) -> None:
    """Serve the sample EHR on loopback. Without a key its calls are unsigned."""
    ehr = signing_ehr(service, key, issuer=issuer, jku=jku, address=f"http://{_HOST}:{port}/sandbox")
    typer.echo(f"Sample EHR: http://{_HOST}:{port}/sandbox/")
    uvicorn.run(Starlette(routes=[Mount("/sandbox", ehr)]), host=_HOST, port=port, log_level="warning")


def signing_ehr(service: str, key: Path | None, *, issuer: str, jku: str, address: str) -> SampleEhr:
    """The sample EHR with this key. Raises typer.BadParameter where there is a key and no issuer, or no such key."""
    if key is None:
        return sample_ehr(service=service, address=address)
    if not issuer:
        raise typer.BadParameter("--key needs --issuer")
    try:
        private = read_signing_key(key.read_bytes())
        signer = Signer(
            issuer=issuer,
            key=private,
            algorithm="ES384" if private.key_type == "EC" else "RS384",
            jku=jku,
        )
    except (OSError, ValueError, JoseError):
        raise typer.BadParameter("--key is no JWK of a private EC or RSA key with a kid") from None
    return sample_ehr(service=service, address=address, signer=signer)


if __name__ == "__main__":
    typer.run(main)
