"""Queries behind the pages, run by the read-only role; one module per page."""
