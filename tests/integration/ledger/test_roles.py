"""What each role of the warehouse may not do, and that the others' work is enough for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from support.postgres import PostgresServer

from sellerops.base.errors import ConfigurationError
from sellerops.base.reader_role import grant_table
from sellerops.base.roles import COLLECTOR, OWNER, READER
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate
from sellerops_runtime.databases import prepare_warehouse

READ_LEDGER = "SELECT count(*) FROM sellerops.load"
READ_REJECTED = "SELECT count(*) FROM sellerops.rejected_row"
READ_PERSONAL = "SELECT count(*) FROM amazon_sp.t__personal"
READ_LANDING = "SELECT count(*) FROM amazon_sp.t"
READ_VIEW = "SELECT count(*) FROM sellerops_views.freshness"
WRITE_LEDGER = "UPDATE sellerops.slice_state SET state = 'LOADED'"
WRITE_REFERENCE = "DELETE FROM sellerops_reference.cost"
WRITE_AUDIT = "INSERT INTO sellerops.audit_entry (user_name, action, subject) VALUES ('a', 'b', 'c')"
WRITE_LANDING = "INSERT INTO amazon_sp.t VALUES (2)"
WIDEN_LANDING = "ALTER TABLE amazon_sp.t ADD more text"
DROP_LANDING = "DROP TABLE amazon_sp.t"
CREATE_SCHEMA = "CREATE SCHEMA another"
CREATE_TEMPORARY = "CREATE TEMP TABLE mine (n int)"
ROLL_CALLS = "SELECT sellerops.api_call_roll(30)"
CHANGE_AUDIT = "UPDATE sellerops.audit_entry SET user_name = 'nobody'"
DELETE_AUDIT = "DELETE FROM sellerops.audit_entry"
DELETE_WRITES = "DELETE FROM sellerops.write_call"
CHANGE_VERSION = "UPDATE sellerops.alembic_version SET version_num = '0001'"
EMPTY_LEDGER = "TRUNCATE sellerops.load"
ALTER_LEDGER = "ALTER TABLE sellerops.load ADD more text"
DROP_LEDGER = "DROP TABLE sellerops.connection_test"
CREATE_IN_LEDGER = "CREATE TABLE sellerops.mine (n int)"
REPLACE_NOW = (
    "CREATE OR REPLACE FUNCTION sellerops.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now()'"
)
CREATE_IN_PUBLIC = "CREATE TABLE public.mine (n int)"
BECOME_OWNER = f"SET ROLE {OWNER}"
BECOME_COLLECTOR = f"SET ROLE {COLLECTOR}"
CREATE_ROLE = "CREATE ROLE mine"
CREATE_DATABASE = "CREATE DATABASE mine"
READ_FILE = "SELECT pg_read_file('postgresql.conf')"
RUN_PROGRAM = "COPY (SELECT 1) TO PROGRAM 'true'"

FOR_NOBODY = (CREATE_ROLE, CREATE_DATABASE, READ_FILE, RUN_PROGRAM)
FOR_THE_OWNER = (
    CHANGE_AUDIT,
    DELETE_AUDIT,
    DELETE_WRITES,
    CHANGE_VERSION,
    EMPTY_LEDGER,
    ALTER_LEDGER,
    DROP_LEDGER,
    CREATE_IN_LEDGER,
    REPLACE_NOW,
    CREATE_IN_PUBLIC,
    BECOME_COLLECTOR,
)
FOR_THE_COLLECTOR = (
    READ_REJECTED,
    READ_PERSONAL,
    WRITE_LEDGER,
    WRITE_REFERENCE,
    WRITE_AUDIT,
    WRITE_LANDING,
    WIDEN_LANDING,
    DROP_LANDING,
    CREATE_SCHEMA,
    ROLL_CALLS,
)
FOR_ALL = (READ_LEDGER, READ_LANDING, READ_VIEW, CREATE_TEMPORARY)
MAY = {
    COLLECTOR: (*FOR_ALL, *FOR_THE_COLLECTOR, BECOME_COLLECTOR),
    READER: FOR_ALL,
}
EVERYTHING = (*FOR_ALL, *FOR_THE_COLLECTOR, *FOR_THE_OWNER, BECOME_OWNER, *FOR_NOBODY)


@pytest.fixture
def landed(conninfo: str) -> str:
    """A landing table with personal columns beside it, as a load makes them."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE SCHEMA amazon_sp; CREATE TABLE amazon_sp.t AS SELECT 1 AS n")
        connection.execute("CREATE TABLE amazon_sp.t__personal AS SELECT 'Ann' AS buyer")
        grant_table(connection, "amazon_sp", "t")
    return conninfo


def test_each_role_may_do_its_part_and_nothing_more(postgres_server: PostgresServer, landed: str) -> None:
    addresses = {
        OWNER: postgres_server.owner(landed),
        COLLECTOR: landed,
        READER: postgres_server.reader(landed),
    }
    refused = {role: _refused(address) for role, address in addresses.items()}
    assert refused[OWNER] == set(FOR_NOBODY)
    assert refused[COLLECTOR] == set(EVERYTHING) - set(MAY[COLLECTOR])
    assert refused[READER] == set(EVERYTHING) - set(MAY[READER])


def _refused(address: str) -> set[str]:
    """The statements for which the role lacks the right. Nothing is changed."""
    found = set()
    with psycopg.connect(address, autocommit=True) as connection:
        # What the reader begins with is no protection: it can be switched off.
        connection.execute("SET default_transaction_read_only = off")
        for statement in EVERYTHING:
            # CREATE DATABASE cannot be rolled back, and is not looked at within a transaction.
            undone = (
                nullcontext() if statement == CREATE_DATABASE else connection.transaction(force_rollback=True)
            )
            try:
                with undone:
                    connection.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                found.add(statement)
    return found


def test_no_role_has_a_power_over_the_server(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        powers = connection.execute(
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls "
            "FROM pg_roles WHERE rolname = ANY(%s)",
            ([OWNER, COLLECTOR, READER],),
        ).fetchall()
    assert dict(powers) == dict.fromkeys((OWNER, COLLECTOR, READER), False)


def test_functions_that_run_as_the_owner_find_nothing_of_others(conninfo: str) -> None:
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(
            "SELECT proname, proconfig, has_function_privilege(%s, oid, 'EXECUTE') FROM pg_proc "
            "WHERE prosecdef AND pronamespace = 'sellerops'::regnamespace ORDER BY proname",
            (READER,),
        ).fetchall()
    fixed = ["search_path=pg_catalog, pg_temp"]
    assert found == [("api_call_make_day", fixed, False), ("api_call_roll", fixed, False)]


def test_the_collector_does_not_migrate_and_is_told_who_does(conninfo: str) -> None:
    with pytest.raises(ConfigurationError, match=f"belong to {OWNER}") as caught:
        migrate(conninfo)
    assert "SELLEROPS_OWNER" in caught.value.remedy


# Each fits an expression of ours better than what pg_catalog has. A schema with a role's name is its "$user".
PLANTED = """
    CREATE SCHEMA {0};
    CREATE FUNCTION {0}.ran() RETURNS boolean LANGUAGE plpgsql
        AS $$BEGIN RAISE EXCEPTION 'planted code ran as %', current_user; END$$;
    CREATE FUNCTION {0}.same(oid, regrole) RETURNS boolean LANGUAGE sql AS 'SELECT {0}.ran()';
    CREATE FUNCTION {0}.same("char", text) RETURNS boolean LANGUAGE sql AS 'SELECT {0}.ran()';
    CREATE FUNCTION {0}.format(text, name, name) RETURNS text LANGUAGE sql AS 'SELECT {0}.ran()::text';
    CREATE OPERATOR {0}.= (leftarg = oid, rightarg = regrole, function = {0}.same);
    CREATE OPERATOR {0}.= (leftarg = "char", rightarg = text, function = {0}.same)
"""


def test_what_the_collector_plants_is_not_run_by_administrator_or_owner(
    postgres_server: PostgresServer, conninfo: str, owner: str
) -> None:
    database = str(conninfo_to_dict(conninfo)["dbname"])
    admin = postgres_server.admin(database)
    with psycopg.connect(conninfo) as connection:
        for name in ("postgres", OWNER):
            connection.execute(PLANTED.format(name).encode())
    with psycopg.connect(admin) as connection:
        connection.execute("CREATE TABLE sellerops.to_hand_over (n int)")
    with (
        psycopg.connect(admin) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="planted code ran as postgres"),
    ):
        connection.execute("SELECT format('%I.%I', relname, relname) FROM pg_class")
    prepare_warehouse(admin, database, postgres_server.embedded.warehouse_logins)
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE SCHEMA amazon_sp; CREATE TABLE amazon_sp.t (n int)")
    migrate(owner)
    with psycopg.connect(conninfo) as connection:
        connection.execute("ALTER TABLE amazon_sp.t ADD more text")


def test_a_setting_of_the_database_does_not_change_what_the_administrator_runs(
    postgres_server: PostgresServer, conninfo: str, owner: str
) -> None:
    """The owner may put its schema before the server's own for everybody who logs in."""
    database = str(conninfo_to_dict(conninfo)["dbname"])
    with psycopg.connect(owner) as connection:
        connection.execute(PLANTED.format("mine").encode())
        connection.execute(
            "CREATE FUNCTION mine.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT mine.ran()::int'"
        )
        connection.execute(f'ALTER DATABASE "{database}" SET search_path = mine, pg_catalog'.encode())
    prepare_warehouse(postgres_server.admin(database), database, postgres_server.embedded.warehouse_logins)


@pytest.fixture
def one_role(postgres_server: PostgresServer) -> Iterator[str]:
    """A warehouse of an earlier version: its owner made everything."""
    owner = postgres_server.create_empty()
    yield owner
    postgres_server.drop_database(owner)


def test_an_earlier_warehouse_is_handed_over_by_the_migration(
    postgres_server: PostgresServer, one_role: str
) -> None:
    migrate(one_role, "0032")
    with psycopg.connect(one_role) as connection:
        connection.execute(
            "CREATE SCHEMA amazon_sp; CREATE TABLE amazon_sp.t (id serial, n int); "
            "CREATE VIEW amazon_sp.v AS SELECT n FROM amazon_sp.t; CREATE SCHEMA mine; "
            "CREATE TABLE mine.notes (n int)"
        )
    for _ in range(2):
        migrate(one_role)
    database = str(conninfo_to_dict(one_role)["dbname"])
    with psycopg.connect(postgres_server.conninfo(database)) as connection:
        connection.execute("INSERT INTO amazon_sp.t (n) VALUES (1)")
        connection.execute("ALTER TABLE amazon_sp.t ADD more text; CREATE INDEX ON amazon_sp.t (n)")
        connection.execute("CREATE OR REPLACE VIEW amazon_sp.v AS SELECT n FROM amazon_sp.t")
        owners = connection.execute(
            "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = ANY(%s)",
            (["amazon_sp", "mine", "sellerops", "sellerops_reference", "sellerops_views"],),
        ).fetchall()
    assert dict(owners) == {
        "amazon_sp": COLLECTOR,
        "mine": OWNER,
        "sellerops": OWNER,
        "sellerops_reference": OWNER,
        "sellerops_views": COLLECTOR,
    }
    ledger = Ledger(postgres_server.conninfo(database))
    try:
        assert not ledger.clock().is_virtual
    finally:
        ledger.close()


def test_an_earlier_version_goes_on_as_the_collector(postgres_server: PostgresServer, one_role: str) -> None:
    """After a rollback connections are as they were; each call to Amazon needs its day's partition."""
    migrate(one_role)
    migrate(one_role, "0032")
    database = str(conninfo_to_dict(one_role)["dbname"])
    with psycopg.connect(postgres_server.conninfo(database)) as connection:
        assert connection.info.user == COLLECTOR
        connection.execute(
            "SELECT sellerops.api_call_make_day('2031-02-03'); SELECT sellerops.api_call_roll(90)"
        )
