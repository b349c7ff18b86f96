"""Alembic's scripts; ledger.migrate runs them."""
