"""Whether tasks and pages log in as roles that may do what they need and nothing more."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow

from sellerops.base.passwords import why_weak
from sellerops.doctor.finding import Finding, State
from sellerops.doctor.installation import Installation
from sellerops.settings.known_sources import SOURCES
from sellerops.settings.mart_tables import MARTS
from sellerops.views.definitions import SCHEMA as VIEWS

NAME = "roles"
_HOW = "docs/security.md#database-roles explains how."
_POWERS = """
    SELECT current_user AS name, rolsuper OR rolcreaterole OR rolcreatedb AS is_powerful,
           EXISTS (SELECT FROM pg_namespace
                   WHERE nspname = 'sellerops' AND pg_has_role(nspowner, 'USAGE')) AS is_owner,
           coalesce(has_table_privilege(to_regclass('sellerops.load'), 'INSERT'), false) AS may_write
    FROM pg_roles WHERE rolname = current_user
"""
_FOREIGN = """
    SELECT nspname, pg_get_userbyid(nspowner) AS owner FROM pg_namespace
    WHERE nspname = ANY(%s) AND NOT pg_has_role(nspowner, 'USAGE') ORDER BY nspname
"""
# Only tables of the ledger's owner; what other roles created there is their own.
_FOREIGN_TABLES = """
    SELECT n.nspname, pg_get_userbyid(c.relowner) AS owner,
           string_agg(c.relname, ', ' ORDER BY c.relname) AS names
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_namespace ledger ON ledger.nspname = 'sellerops' AND ledger.nspowner = c.relowner
    WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT pg_has_role(c.relowner, 'USAGE')
    GROUP BY n.nspname, c.relowner ORDER BY n.nspname
"""
_HAND_OVER = "Run `sellerops ledger migrate` as the owner, which hands {} over."


def examine_roles(installation: Installation) -> Iterator[Finding]:
    """What the roles of both connections may do, and whether their passwords are weak."""
    with installation.collecting() as connection:
        collector = _powers(connection)
        schemas = [*SOURCES, MARTS, VIEWS]
        foreign = connection.execute(_FOREIGN, (schemas,)).fetchall()
        foreign_tables = connection.execute(_FOREIGN_TABLES, (schemas,)).fetchall()
    with installation.reading() as connection:
        reader = _powers(connection)
    found = [
        *_findings_of(collector, "sellerops_warehouse"),
        *_findings_of(reader, "sellerops_reader"),
        *_weak(installation),
    ]
    if collector["is_owner"] and not collector["is_powerful"]:
        found.append(
            Finding(
                NAME,
                State.WARNING,
                f"Tasks log in as {collector['name']}, which owns the ledger and could drop it.",
                f"Enter role sellerops_collector in connection sellerops_warehouse; {_HOW}",
            )
        )
    if reader["may_write"]:
        found.append(
            Finding(
                NAME,
                State.FAILED,
                f"Pages, checks and exports log in as {reader['name']}, which may write to the ledger.",
                f"Enter role sellerops_reader in connection sellerops_reader; {_HOW}",
            )
        )
    for each in foreign:
        found.append(
            Finding(
                NAME,
                State.FAILED,
                f"Schema {each['nspname']} belongs to {each['owner']}: {collector['name']} cannot add "
                "columns to its tables.",
                _HAND_OVER.format("it"),
            )
        )
    for each in foreign_tables:
        found.append(
            Finding(
                NAME,
                State.FAILED,
                f"Tables of schema {each['nspname']} belong to {each['owner']}, so {collector['name']} "
                f"cannot load into them: {each['names']}.",
                _HAND_OVER.format("them"),
            )
        )
    names = f"{collector['name']} for tasks, {reader['name']} for pages"
    yield from found or [Finding(NAME, State.OK, f"{names}; neither may do more than it needs.")]


def _powers(connection: psycopg.Connection[DictRow]) -> DictRow:
    row = connection.execute(_POWERS).fetchone()
    assert row is not None
    return row


def _findings_of(role: DictRow, connection_id: str) -> Iterator[Finding]:
    if role["is_powerful"]:
        yield Finding(
            NAME,
            State.FAILED,
            f"Connection {connection_id} logs in as {role['name']}, a superuser or a role that may create "
            "roles or databases.",
            f"Enter a dedicated role there; {_HOW}",
        )


def _weak(installation: Installation) -> Iterator[Finding]:
    for address in (installation.collector(), installation.reader()):
        parts = conninfo_to_dict(address)
        user, password = str(parts.get("user", "")), parts.get("password")
        # Without a password, the server authenticates the client by other means.
        if password and (why := why_weak(user, str(password))):
            yield Finding(
                NAME,
                State.FAILED,
                f"The password of role {user} {why}.",
                f"As the server's administrator: ALTER ROLE {user} PASSWORD '<32 random characters>', then "
                "enter it in the connection.",
            )


__all__ = ["NAME", "examine_roles"]
