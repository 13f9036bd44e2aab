"""What docker-compose runs before Airflow's components, here on the tests' Postgres without Docker."""

import json
import os
import re
import subprocess
import sys
import uuid
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from sellerops.base.reader_role import grant_table
from sellerops.base.roles import COLLECTOR, OWNER, READER
from sellerops.ledger import Ledger
from sellerops_runtime.databases import Login, create_database, prepare_database
from sellerops_runtime.errors import StartError
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.init import prepare_server, refuse_weak_passwords, warehouse_conninfo
from sellerops_runtime.local_amazon import LocalAmazon

COMPOSE = yaml.safe_load((PROJECT_ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
FERNET_KEY = "aGVsbG8taGVsbG8taGVsbG8taGVsbG8taGVsbG8tMTI="


@pytest.fixture
def environment(postgres_server, tmp_path):
    """The service's environment as docker-compose sets it, with this machine's addresses."""
    where, reader = urlsplit(postgres_server.conninfo()), urlsplit(postgres_server.reader("/postgres"))
    owner = urlsplit(postgres_server.owner("/postgres"))
    names = {kind: f"{kind}_{uuid.uuid4().hex[:6]}" for kind in ("metadata", "warehouse")}
    metadata = f"postgresql+psycopg://airflow:open-sesame@{where.hostname}:{where.port}/{names['metadata']}"
    yield {
        **{key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        **COMPOSE["services"]["airflow-init"]["environment"],
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(tmp_path / "keys" / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW_ADMIN_PASSWORD": "open sesame",
        "PYTHONPATH": os.pathsep.join(str(PROJECT_ROOT / root) for root in ("include", "plugins")),
        "SELLEROPS_METADATA_HOST": where.hostname,
        "SELLEROPS_OWNER": owner._replace(path=f"/{names['warehouse']}").geturl(),
        "SELLEROPS_POSTGRES_ADMIN": postgres_server.admin(),
        "SELLEROPS_READER_PASSWORD": reader.password,
        "SELLEROPS_WAREHOUSE_HOST": where.hostname,
        "SELLEROPS_WAREHOUSE_PORT": str(where.port),
        "SELLEROPS_WAREHOUSE_DATABASE": names["warehouse"],
        "SELLEROPS_WAREHOUSE_USER": where.username,
        "SELLEROPS_WAREHOUSE_PASSWORD": where.password,
    }
    for name in names.values():
        postgres_server.drop_database(postgres_server.conninfo(name))


def run(environment, *arguments):
    command = [sys.executable, *COMPOSE["services"]["airflow-init"]["command"][1:3], *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def connections(environment):
    url = environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        return dict(connection.execute("SELECT conn_id, host FROM connection").fetchall())


def test_metadata_ledger_settings_and_password_are_there_afterwards_however_often(environment, tmp_path):
    first = run(environment, "init")
    assert "skipped   connection amazon_sp_northwind_na: set AMAZON_SP_NORTHWIND_NA_CLIENT_ID" in first
    assert "role sellerops_reader, which can only read" in first
    names = ("sellerops_warehouse", "sellerops_reader", "sellerops_metadata")
    own = dict.fromkeys(names, environment["SELLEROPS_WAREHOUSE_HOST"])
    assert connections(environment) == own
    assert json.loads((tmp_path / "keys" / "passwords.json").read_text()) == {"admin": "open sesame"}
    ledger = Ledger(warehouse_conninfo(environment))
    assert not ledger.clock().is_virtual
    with psycopg.connect(warehouse_conninfo(environment)) as connection:
        connection.execute("CREATE SCHEMA amazon_sp")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE sellerops.mine (n int)")

    amazon = LocalAmazon(env=environment, logs=tmp_path / "logs", run_dir=tmp_path / "run")
    amazon.start()
    try:
        run(environment, "use-sandbox", amazon.url, "--speed", "20")
        assert amazon.clock().speed == 20
        ahead = (ledger.clock().now() - amazon.clock().now()).total_seconds()
    finally:
        amazon.component.stop()
    assert abs(ahead) < 20, "the ledger's clock is not the local Amazon's"
    found = connections(environment)
    assert found["amazon_sp_northwind_na"] == found["amazon_sp_northwind_eu"] == amazon.url
    ledger.close()

    # As docker-compose.celery.yaml has it, whose workers must not reach Airflow's metadata.
    second = run({**environment, "SELLEROPS_METADATA_HOST": ""}, "init")
    assert first.count("created   database") == 2
    assert "created   database" not in second
    assert "deleted   connection sellerops_metadata" in second
    del found["sellerops_metadata"]
    assert connections(environment) == found


def test_a_warehouse_that_is_not_named_is_asked_for_by_the_variables():
    with pytest.raises(
        StartError, match="SELLEROPS_WAREHOUSE_HOST, SELLEROPS_WAREHOUSE_PASSWORD are not set"
    ):
        warehouse_conninfo({"SELLEROPS_WAREHOUSE_USER": "me"})


def test_a_database_is_made_once(postgres_server):
    conninfo = postgres_server.admin("made%20once")
    assert create_database(conninfo)
    assert not create_database(conninfo)
    postgres_server._execute('DROP DATABASE "made once"')


@pytest.fixture
def marketplace(postgres_server):
    """A login for the tests below, and the database it will own."""
    login = Login(f"owner_{uuid.uuid4().hex[:6]}", "open sesame")
    yield login
    postgres_server.drop_database(postgres_server.conninfo(login.name))
    postgres_server._execute(f"DROP ROLE {login.name}")


def test_what_the_administrator_made_changes_hands(postgres_server, marketplace):
    """A warehouse of an earlier version, in which the superuser owns everything."""
    admin = postgres_server.admin(marketplace.name)
    create_database(admin)
    ledger = Ledger(admin)
    ledger.migrate()
    ledger.close()
    with psycopg.connect(admin) as connection:
        connection.execute(
            """
            CREATE SCHEMA amazon_sp;
            CREATE TABLE amazon_sp.t (id serial, n int);
            CREATE VIEW amazon_sp.v AS SELECT * FROM amazon_sp.t;
            CREATE TYPE amazon_sp.mood AS ENUM ('fine')
            """
        )
    assert not prepare_database(admin, marketplace.name, marketplace)
    with psycopg.connect(postgres_server.url_of(marketplace, marketplace.name)) as connection:
        connection.execute("ALTER TABLE amazon_sp.t ADD more text; INSERT INTO amazon_sp.t (n) VALUES (1)")
        connection.execute("DROP VIEW amazon_sp.v; DROP TYPE amazon_sp.mood; DROP SCHEMA sellerops CASCADE")
    with psycopg.connect(admin) as connection:
        powers = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = %s"
        assert connection.execute(powers, [marketplace.name]).fetchone() == (False, False, False)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("AIRFLOW_ADMIN_PASSWORD", "admin", "admin is the user's name"),
        ("AIRFLOW_ADMIN_PASSWORD", "", "admin is empty"),
        ("SELLEROPS_READER_PASSWORD", "changeme", "sellerops_reader is one that attackers try first"),
        ("SELLEROPS_WAREHOUSE_PASSWORD", "short", "sellerops_collector has fewer than 8 characters"),
        ("SELLEROPS_OWNER", "postgresql://sellerops_owner@db/warehouse", "sellerops_owner is empty"),
        ("SELLEROPS_POSTGRES_ADMIN", "postgresql://postgres:postgres@db/postgres", "is the user's name"),
        ("SELLEROPS_POSTGRES_ADMIN", "host=db user=root password=secret", "root has fewer than 8 characters"),
        ("REDIS_PASSWORD", "redis", "redis is the user's name"),
        ("REDIS_PASSWORD", "changeme", "redis is one that attackers try first"),
    ],
)
def test_a_password_that_everybody_knows_is_refused_before_anything_starts(
    environment, variable, value, words
):
    environment[variable] = value
    with pytest.raises(StartError, match=words) as caught:
        refuse_weak_passwords(environment)
    assert variable in str(caught.value)


def test_passwords_that_are_not_there_are_not_asked_for(environment):
    """Redis without Celery, and an administrator whom the server knows by other means."""
    refuse_weak_passwords(environment)
    changes = {"REDIS_PASSWORD": "", "SELLEROPS_POSTGRES_ADMIN": "postgresql://postgres@db/postgres"}
    refuse_weak_passwords(environment | changes)


def test_a_collector_who_is_the_owner_is_refused(environment):
    """As after an update that left the former variables in place."""
    environment["SELLEROPS_WAREHOUSE_USER"] = "sellerops_owner"
    with pytest.raises(StartError, match="both the warehouse's owner and the role that collects"):
        prepare_server(environment)


def test_a_reader_reads_what_is_granted_and_changes_nothing(postgres_server, conninfo):
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE SCHEMA amazon_sp; CREATE TABLE amazon_sp.t AS SELECT 1 AS n")
        connection.execute("CREATE TABLE amazon_sp.t__personal AS SELECT 'Ann' AS buyer")
        grant_table(connection, "amazon_sp", "t")
    with psycopg.connect(postgres_server.reader(conninfo), autocommit=True) as connection:
        assert connection.execute("SELECT n FROM amazon_sp.t").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM sellerops.load").fetchone() == (0,)
        connection.execute("SET default_transaction_read_only = off")
        for statement in (
            "SELECT * FROM amazon_sp.t__personal",
            "SELECT * FROM sellerops.rejected_row",
            "INSERT INTO amazon_sp.t VALUES (2)",
            "DROP TABLE amazon_sp.t",
            "CREATE TABLE public.mine (n int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_statements_of_the_docs_make_these_roles(postgres_server, marketplace):
    text = (PROJECT_ROOT / "docs" / "first-account.md").read_text(encoding="utf-8")
    (statements,) = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert "sellerops_reader" in statements
    names = {each: f"{each}_{marketplace.name[-6:]}" for each in (COLLECTOR, READER)} | {
        OWNER: marketplace.name
    }
    for name, ours in names.items():
        statements = statements.replace(name, ours)
    statements = statements.replace("warehouse", marketplace.name)
    with psycopg.connect(postgres_server.admin(), autocommit=True) as connection:
        for statement in filter(str.strip, statements.split(";")):
            connection.execute(statement)
        powers = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = ANY(%s)"
        found = connection.execute(powers, [list(names.values())]).fetchall()
        assert found == [(False, False, False)] * 3
        acts = "SELECT pg_has_role(%s, %s, 'MEMBER')"
        assert connection.execute(acts, [names[OWNER], names[COLLECTOR]]).fetchone() == (True,)
        assert connection.execute(acts, [names[COLLECTOR], names[OWNER]]).fetchone() == (False,)
        connection.execute(f"DROP DATABASE {marketplace.name}")
        for each in (COLLECTOR, READER):
            connection.execute(f"DROP ROLE {names[each]}")
