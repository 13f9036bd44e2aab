"""Dumps a whole database to one file with pg_dump, and restores it in one transaction (pg_restore, psql)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sellerops.base import postgres
from sellerops.base.errors import GiveUpError, LedgerUnavailable, RetryableError
from sellerops.base.postgres import UPKEEP
from sellerops.base.redaction import redact
from sellerops.upkeep.programs import Programs, find_programs
from sellerops.upkeep.storage import Folder, Written

_CHUNK = 1 << 20
# From this version on, pg_restore's script begins with this line, which earlier servers do not understand.
_SINCE_VERSION, _TIMEOUT = 17, b"\nSET transaction_timeout = 0;\n"
# What a dump may contain, with the keyword for DROP; dropping a schema other than public drops its content.
_DROPS = """
    SELECT 'SCHEMA', quote_ident(nspname) FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          ELSE 'TABLE' END, format('%I.%I', 'public', c.relname)
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'e', 'i'))
    UNION ALL
    SELECT 'ROUTINE', p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 'TYPE', format('%I.%I', 'public', t.typname) FROM pg_type t
    WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
"""


@dataclass(frozen=True)
class Dump:
    """A dumped database: its file, and the major versions of the server and of pg_dump."""

    written: Written
    server_version: int
    made_with: int


def dump_database(conninfo: str, folder: Folder, path: str) -> Dump:
    """Write the whole content of the database to a file, as of one moment.

    Reads and writes continue meanwhile; only changes of a table's structure wait. Raises GiveUpError with
    pg_dump's words, RetryableError if the disk is full.
    """
    version = server_version(conninfo)
    programs = find_programs(version)
    command = [programs.path("pg_dump"), "--format=custom", "--compress=gzip:3", "--no-password"]
    with tempfile.TemporaryFile() as errors, folder.writing(path) as target:
        with subprocess.Popen(
            [*command, f"--dbname={without_password(conninfo)}"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(conninfo),
        ) as process:
            assert process.stdout is not None
            while chunk := process.stdout.read(_CHUNK):
                target.write(chunk)
        _raise_if_failed(process.returncode, errors, "pg_dump", conninfo)
    return Dump(target.written, version, programs.version)


def restore_database(conninfo: str, dump: Path, *, made_with: int, finish: Sequence[str] = ()) -> None:
    """Replace the whole content of the database by a dump, in one transaction: completely or not at all.

    ``finish``: statements to run at the end of the same transaction. Raises GiveUpError with Postgres's
    words, RetryableError if the disk is full; in both cases nothing has changed.
    """
    version = server_version(conninfo)
    programs = find_programs_for(conninfo, made_with)
    with tempfile.TemporaryFile() as errors:
        psql = subprocess.Popen(
            [programs.path("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1",
             f"--dbname={without_password(conninfo)}"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors, env=_environment(conninfo),
        )  # fmt: skip
        assert psql.stdin is not None
        try:
            _feed(psql.stdin, programs, dump, version, drop_statements(conninfo), finish)
        except BrokenPipeError:
            pass  # psql has ended; its exit code and messages are checked below
        except BaseException:
            psql.kill()
            raise
        finally:
            with contextlib.suppress(BrokenPipeError):
                psql.stdin.close()
            psql.wait()
        _raise_if_failed(psql.returncode, errors, "psql", conninfo)


def find_programs_for(conninfo: str, made_with: int) -> Programs:
    """The programs that can restore a dump ``made_with`` this major version into the database.

    Raises ConfigurationError if they are not installed.
    """
    return find_programs(max(server_version(conninfo), made_with))


def _feed(
    psql: IO[bytes],
    programs: Programs,
    dump: Path,
    server_version: int,
    before: Sequence[str],
    finish: Sequence[str],
) -> None:
    """Write the whole script to psql. If psql ends before the COMMIT, everything is rolled back."""
    psql.write(_script(["BEGIN", *before]))
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(
            [programs.path("pg_restore"), "--file=-", str(dump)], stdout=subprocess.PIPE, stderr=errors
        ) as reading:
            assert reading.stdout is not None
            try:
                head = reading.stdout.read(_CHUNK)
                if server_version < _SINCE_VERSION <= programs.version:
                    head = head.replace(_TIMEOUT, b"\n", 1)
                psql.write(head)
                while chunk := reading.stdout.read(_CHUNK):
                    psql.write(chunk)
            except BaseException:
                reading.kill()
                raise
        _raise_if_failed(reading.returncode, errors, "pg_restore", "")
    psql.write(_script([*finish, "COMMIT"]))
    psql.flush()


def drop_statements(conninfo: str) -> list[str]:
    """Statements that drop the whole content of a database, valid in any order; extensions stay."""
    with postgres.connect_privileged(conninfo, UPKEEP) as connection:
        rows = connection.execute(_DROPS.encode()).fetchall()
    return [f"DROP {kind} IF EXISTS {name} CASCADE" for kind, name in rows]


def other_sessions(conninfo: str) -> list[str]:
    """The other sessions connected to the database: role and application of each."""
    with postgres.connect_privileged(conninfo, UPKEEP) as connection:
        rows = connection.execute(
            "SELECT coalesce(usename, '?'), coalesce(application_name, '') FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_type = "
            # backend_type is NULL for a role of which we are not a member; autovacuum's workers have no user.
            "'client backend' OR (backend_type IS NULL AND usesysid IS NOT NULL)) ORDER BY 1, 2"
        ).fetchall()
    return [f"{user} ({application})" if application else str(user) for user, application in rows]


def holds_tables(conninfo: str) -> bool:
    """Whether the database has any table."""
    with postgres.connect_privileged(conninfo, UPKEEP) as connection:
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')"
        ).fetchone()
    return bool(row and row[0])


def server_version(conninfo: str) -> int:
    """The server's major version. Raises LedgerUnavailable if it cannot be reached."""
    try:
        with postgres.connect_privileged(conninfo, UPKEEP) as connection:
            return connection.info.server_version // 10_000
    except psycopg.OperationalError as error:
        raise LedgerUnavailable(f"{str(error).strip().splitlines()[0]}.", where=place(conninfo)) from error


def place(conninfo: str) -> str:
    """Host, port and database, without user and password."""
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    return f"Postgres {parts.get('host', 'local')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"


def without_password(conninfo: str) -> str:
    """The address for a command line, which all users of the machine can see."""
    parts: dict[str, Any] = conninfo_to_dict(conninfo)
    parts.pop("password", None)
    return make_conninfo("", **parts)


def _environment(conninfo: str) -> dict[str, str]:
    password = conninfo_to_dict(conninfo).get("password")
    return {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": str(password)} if password else {})}


def _script(statements: Sequence[str]) -> bytes:
    return "".join(f"{statement};\n" for statement in statements).encode()


def _raise_if_failed(code: int, errors: IO[bytes], program: str, conninfo: str) -> None:
    if code == 0:
        return
    errors.seek(0)
    said = redact(errors.read().decode(errors="replace").strip())
    lines = [line for line in said.splitlines() if "ERROR" in line or "error" in line] or said.splitlines()
    where = place(conninfo) if conninfo else program
    if any("No space left" in line for line in lines):
        raise RetryableError(
            f"{program}: no space left on the device.", where=where, remedy="Free space and run it again."
        )
    raise GiveUpError(
        f"{program} failed: {' '.join(lines[:3]) or f'exit code {code}'}.",
        where=where,
        remedy="Correct what it names, then run the command again. Nothing has changed.",
    )
