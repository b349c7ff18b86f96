"""Serve: HTTP, trust, review page, audit desk, command line."""
