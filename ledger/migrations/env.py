"""Alembic's entry: the caller (ledger.migrate) brings the connection and the transaction."""

from alembic import context

from ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
