"""The command line: one file per command, each importing what it needs when it runs, so that --help is quick."""

from cds_service.cli.bench import bench
from cds_service.cli.clients import clients
from cds_service.cli.demo import demo
from cds_service.cli.doctor import doctor
from cds_service.cli.keys import keys
from cds_service.cli.ledger import ledger
from cds_service.cli.openapi import openapi
from cds_service.cli.prefetch import prefetch
from cds_service.cli.root import app
from cds_service.cli.serve import serve
from cds_service.cli.summarize import summarize
from cds_service.cli.switch import switch
from cds_service.cli.worker import worker

__all__ = [
    "app",
    "bench",
    "clients",
    "demo",
    "doctor",
    "keys",
    "ledger",
    "openapi",
    "prefetch",
    "serve",
    "summarize",
    "switch",
    "worker",
]
