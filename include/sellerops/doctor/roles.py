"""Whether tasks and pages log in as roles that may do their part and nothing more."""

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

NAME = "roles"
_HOW = "docs/security.md#database-roles tells how."
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


def examine_roles(installation: Installation) -> Iterator[Finding]:
    """What the roles of both connections may do, and whether their passwords are known to everybody."""
    with installation.collecting() as connection:
        collector = _powers(connection)
        foreign = connection.execute(_FOREIGN, ([*SOURCES, MARTS],)).fetchall()
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
                "Run `sellerops ledger migrate` as the owner, which hands it over.",
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
            f"Connection {connection_id} logs in as {role['name']}, a superuser or one who may create roles "
            "or databases.",
            f"Enter a role of its own there; {_HOW}",
        )


def _weak(installation: Installation) -> Iterator[Finding]:
    for address in (installation.collector(), installation.reader()):
        parts = conninfo_to_dict(address)
        user, password = str(parts.get("user", "")), parts.get("password")
        # Without a password, the server knows the client by other means.
        if password and (why := why_weak(user, str(password))):
            yield Finding(
                NAME,
                State.FAILED,
                f"The password of role {user} {why}.",
                f"As the server's administrator: ALTER ROLE {user} PASSWORD '<32 random characters>', then "
                "enter it in the connection.",
            )


__all__ = ["NAME", "examine_roles"]
