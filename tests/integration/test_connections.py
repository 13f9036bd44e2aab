"""The button Test, and `connections test`: what was checked, or what is wrong and what to do; no secret."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.providers_manager import ProvidersManager
from support.postgres import PostgresServer
from support.sandbox import SandboxServer

from sellerops.cli import airflow as cli_airflow
from sellerops.cli import main
from sellerops.preflight.connections import required_connections
from sellerops_airflow.hooks.connection_tests import check_connections

TOKEN = "7000:s3cret-token"
Connect = Callable[..., None]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Connect:
    def connect(conn_id: str, **fields: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))

    return connect


def _postgres(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    return {
        "conn_type": "postgres",
        "host": parts.hostname,
        "port": parts.port,
        "schema": parts.path[1:],
        "login": parts.username,
        "password": parts.password,
    }


@pytest.fixture
def connections(
    connect: Connect, sandbox: SandboxServer, conninfo: str, postgres_server: PostgresServer
) -> None:
    """What the demo sets up, and a Telegram bot."""
    for account in sandbox.accounts():
        for source, told in (("sp", account), ("ads", account["ads"])):
            connect(
                f"amazon_{source}_{account['account']}",
                conn_type=f"amazon_{source}",
                login=told["client_id"],
                password=told["client_secret"],
                extra={"refresh_token": told["refresh_token"], "token_url": f"{sandbox.url}/auth/o2/token"},
            )
    connect("sellerops_warehouse", **_postgres(conninfo))
    connect("sellerops_reader", **_postgres(postgres_server.reader(conninfo)))
    connect("slack_default", conn_type="slack", password="xoxb-x", extra={"base_url": f"{sandbox.url}/api/"})
    for name, token in (("clickup", "pk_x"), ("telegram", TOKEN)):
        kind = f"sellerops_{name}"
        connect(kind, conn_type=kind, password=token, host=f"{sandbox.url}/{name}")


@pytest.mark.usefixtures("connections", "ledger")
def test_every_connection_reports_what_was_checked() -> None:
    """Also without an address: the region's is not needed for a login."""
    ids = [each.conn_id for each in required_connections() if "sheets" not in each.conn_id]
    answers = check_connections([*ids, "sellerops_telegram"])
    assert {name: each["state"] for name, each in answers.items() if each["state"] != "ok"} == {
        "sellerops_notifications": "absent",
        "sellerops_storage": "absent",
    }
    told = {name: each["message"] for name, each in answers.items()}
    assert "access token" in told["amazon_sp_northwind_na"]
    assert "access token" in told["amazon_ads_northwind_eu"]
    assert "the ledger exists" in told["sellerops_warehouse"]
    assert "cannot create anything" in told["sellerops_reader"]
    assert "Northwind Traders" in told["slack_default"]
    assert "Northwind Traders" in told["sellerops_clickup"]
    assert "the bot @" in told["sellerops_telegram"]


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize(
    ("conn_id", "changed", "said"),
    [
        ("amazon_sp_northwind_na", {"password": "wrong-s3cret"}, "client secret is wrong"),
        ("amazon_sp_northwind_na", {"extra": {}}, "no refresh token"),
        ("sellerops_clickup", {"password": ""}, "token is missing"),
        ("sellerops_telegram", {"password": "wrong-s3cret"}, "@BotFather"),
        ("sellerops_telegram", {"host": "http://127.0.0.1:1"}, "does not answer: ConnectError"),
        ("sellerops_warehouse", {"password": "wrong-s3cret"}, "password authentication failed"),
        ("sellerops_warehouse", {"login": "sellerops_reader"}, "password authentication failed"),
    ],
)
def test_what_is_wrong_is_said_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, conn_id: str, changed: dict[str, Any], said: str
) -> None:
    fields = json.loads(os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"])
    connect(conn_id, **{**fields, **changed})
    answer = check_connections([conn_id])[conn_id]
    assert answer["state"] == "failed"
    assert said in answer["message"]
    assert "s3cret" not in answer["message"]


def test_roles_that_may_too_much_or_too_little_are_found(
    connect: Connect, conninfo: str, postgres_server: PostgresServer
) -> None:
    connect("sellerops_warehouse", **_postgres(postgres_server.reader(conninfo)))
    connect("sellerops_reader", **_postgres(conninfo))
    answers = check_connections(["sellerops_warehouse", "sellerops_reader"])
    assert {each["state"] for each in answers.values()} == {"failed"}
    assert "CREATE ON DATABASE" in answers["sellerops_warehouse"]["message"]
    assert "first-account.md" in answers["sellerops_reader"]["message"]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ({}, 0),
        ({"slack_default": "absent"}, 0),
        ({"sellerops_reader": "absent"}, 1),
        ({"slack_default": "failed"}, 1),
    ],
)
def test_the_command_lists_each_and_fails_if_a_required_one_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], states: dict[str, str], code: int
) -> None:
    def answer(arguments: list[str]) -> Any:
        answers = {
            name: {"state": states.get(name, "ok"), "message": "Seen. " * 40} for name in arguments[2:]
        }
        return type("Done", (), {"stdout": f"a warning\n{json.dumps(answers)}\n", "stderr": ""})()

    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere")
    monkeypatch.setattr("sellerops.cli.connections.in_airflow", answer)
    assert main(["connections", "test"]) == code
    told = capsys.readouterr().out
    lines = [line for line in told.splitlines() if not line.startswith(" ")]
    assert [line.split("(")[0].split()[-1] for line in lines] == [
        each.conn_id for each in required_connections()
    ]
    assert max(map(len, told.splitlines())) <= 100
    if "absent" in states.values():
        assert ("MISSING" in told, "not set" in told) == (bool(code), not code)


def test_a_connection_nothing_asks_for_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connections", "test", "slack_defualt"]) == 1
    assert "slack_default" in capsys.readouterr().err


# -- the forms


@pytest.mark.parametrize("kind", ["amazon_sp", "amazon_ads", "sellerops_notifications", "sellerops_storage"])
def test_each_secret_has_a_field_of_its_own_in_a_section_of_its_name(kind: str) -> None:
    widgets = ProvidersManager().connection_form_widgets
    secrets = {
        widget.field_name: widget
        for name, widget in widgets.items()
        if name.startswith(f"extra__{kind}__") and widget.is_sensitive
    }
    assert secrets
    for widget in secrets.values():
        field = widget.field
        assert field["schema"]["format"] == "password"
        assert field["schema"]["section"] == field["schema"]["title"]
        assert field["description"]


def test_what_no_form_can_do_without_is_marked_until_it_is_there() -> None:
    """A field whose types leave out null."""
    widgets = ProvidersManager().connection_form_widgets
    needed = ("amazon_sp__refresh_token", "amazon_ads__refresh_token", "sellerops_notifications__queue_url")
    for name in needed:
        assert widgets[f"extra__{name}"].field["schema"]["type"] == "string"


@pytest.mark.parametrize(
    "kind", ["amazon_sp", "amazon_ads", "sellerops_clickup", "sellerops_telegram", "slack"]
)
def test_the_password_is_named_as_its_giver_names_it(kind: str) -> None:
    behaviour = ProvidersManager().field_behaviours[kind]
    assert behaviour["relabeling"]["password"] not in ("", "Password")
    assert "extra" in behaviour["hidden_fields"] or kind == "slack"


def test_a_missing_connection_without_an_airflow_calls_no_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """`airflow` without an installation would make one in the home."""
    for name in ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sellerops.cli.airflow.subprocess.run", lambda *_, **__: pytest.fail("asked"))
    assert cli_airflow.known_connection("sellerops_warehouse") is None
    assert cli_airflow.known_variable("sellerops_archive_uri") == ""
