"""The warehouse's three roles. None is a superuser, and none may create roles or databases."""

from __future__ import annotations

from typing import Any

import psycopg

# Owns the database and the ledger's schema; only migrations log in as it.
OWNER = "sellerops_owner"
# Writes rows and the ledger; owns landing tables, marts and starter views. Used by tasks, triggers and the
# hub's writes.
COLLECTOR = "sellerops_collector"
# Reads what was granted to it. Used by pages, checks and exports.
READER = "sellerops_reader"


def role_exists(connection: psycopg.Connection[Any], name: str) -> bool:
    """Whether the server has the role."""
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
    return found.fetchone() is not None
