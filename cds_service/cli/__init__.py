"""The command line: one file per command, each importing what it needs when it runs, so that --help is quick."""

from cds_service.cli.bench import bench
from cds_service.cli.demo import demo
from cds_service.cli.keys import keys
from cds_service.cli.ledger import ledger
from cds_service.cli.prefetch import prefetch
from cds_service.cli.root import app
from cds_service.cli.serve import serve
from cds_service.cli.summarize import summarize
from cds_service.cli.worker import worker

__all__ = ["app", "bench", "demo", "keys", "ledger", "prefetch", "serve", "summarize", "worker"]
