"""airflow_settings.yaml declares exactly the connections, pools and variables that are used."""

import ast
import os
import re

import pytest
import yaml

from amazon_sandbox.portal.accounts import ROLES
from sellerops.base.roles import READER
from sellerops.notices.routes import CONNECTIONS, load_routes
from sellerops.settings.accounts import load_accounts
from sellerops_runtime.home import PROJECT_ROOT
from sellerops_runtime.local_amazon import LocalAmazon, sandbox_environment
from sellerops_runtime.settings import SETTINGS_FILE, read_settings, substitute_variables

SETTINGS = read_settings()
# Not used as it stands: a hook's default name, when nobody names an account.
NOT_DECLARED = {"amazon_sp_default", "amazon_ads_default"}


def of_accounts(name):
    """A connection or a pool for each source of each account."""
    return {
        getattr(account, name)(source) for account in load_accounts().values() for source in account.sources
    }


def constants(suffix):
    """The values of all constants ``..._<suffix>`` in code that runs inside Airflow."""
    found = set()
    for folder in ("plugins", "dags"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
                    found |= {node.value.value for name in names if name.endswith(suffix)}
    return found


def literals_handed_to_airflow():
    """Literals used as ``..._conn_id=``, ``pool=`` or in ``Variable.get(...)``: they escape the constants."""
    found = {}
    for folder in ("plugins", "dags"):
        for path in (PROJECT_ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                for keyword in node.keywords:
                    name = keyword.arg or ""
                    if (name.endswith("conn_id") or name == "pool") and isinstance(
                        keyword.value, ast.Constant
                    ):
                        found[keyword.value.value] = str(path)
                target = node.func
                if (
                    isinstance(target, ast.Attribute)
                    and isinstance(target.value, ast.Name)
                    and target.value.id == "Variable"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    found[node.args[0].value] = str(path)
    return found


def test_connections_are_those_of_accounts_code_and_notices():
    accounts = of_accounts("connection_of")
    in_code = constants("_CONN_ID")
    notices = load_routes().connections | set(CONNECTIONS.values())
    assert accounts, "found no account to compare with"
    assert in_code, "found no connection in the code to compare with"
    logins = {f"seller_portal_northwind_{role}" for role in ROLES}
    used = accounts | in_code | notices | logins
    assert {entry.conn_id for entry in SETTINGS.connections} == used - NOT_DECLARED


def test_pools_are_those_of_the_accounts():
    assert {pool.pool_name for pool in SETTINGS.pools} == of_accounts("pool_of")


def test_variables_are_those_of_the_code():
    in_code = constants("_VARIABLE")
    assert in_code, "found no variable in the code to compare with"
    assert {entry.variable_name for entry in SETTINGS.variables} == in_code


def test_no_name_in_the_code_is_missing_here():
    declared = {
        *(entry.conn_id for entry in SETTINGS.connections),
        *(pool.pool_name for pool in SETTINGS.pools),
        *(entry.variable_name for entry in SETTINGS.variables),
    }
    unknown = {name: path for name, path in literals_handed_to_airflow().items() if name not in declared}
    assert unknown == {}


def test_no_credential_stands_in_the_file():
    for entry in SETTINGS.connections:
        login = "" if entry.conn_login == READER else entry.conn_login  # the name of a role that has no other
        for value in [login, entry.conn_password, *dict(entry.conn_extra).values()]:
            assert re.fullmatch(r"(\$\{[^}]+\})?", value), f"{entry.conn_id}: {value!r} is no placeholder"


def test_the_file_has_the_shape_the_astro_command_line_reads():
    """Its structure (settings/types.go of astro-cli): every key it writes into a new project's file."""
    content = yaml.safe_load(SETTINGS_FILE.read_text(encoding="utf-8"))
    assert list(content) == ["airflow"]
    keys = {"conn_id", "conn_type", "conn_host", "conn_schema", "conn_login", "conn_password", "conn_port"}
    for entry in content["airflow"]["connections"]:
        assert set(entry) == keys | {"conn_uri", "conn_extra"}
    for entry in content["airflow"]["pools"]:
        assert set(entry) == {"pool_name", "pool_slot", "pool_description"}
    for entry in content["airflow"]["variables"]:
        assert set(entry) == {"variable_name", "variable_value"}


@pytest.fixture(scope="module")
def amazon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("amazon")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_ROOT / "include")}
    amazon = LocalAmazon(env=environment, logs=folder / "logs", run_dir=folder / "run")
    amazon.start()
    yield amazon
    amazon.component.stop()


def test_the_local_amazon_gives_what_the_accounts_ask_for(amazon):
    loaded = substitute_variables(SETTINGS, sandbox_environment(amazon.url))
    complete = {entry.conn_id for entry in loaded.settings.connections}
    assert of_accounts("connection_of") | load_routes().connections <= complete
    assert all("AMAZON" not in name for names in loaded.skipped.values() for name in names)
