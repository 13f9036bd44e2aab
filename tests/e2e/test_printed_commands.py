"""The commands in the docs run as printed, from a shell that knows only where the demo is."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.forked_commands import Commands
from support.postgres import PostgresServer
from support.printed_commands import FILLED, Printed, is_complete, of_page, pages
from support.system import PATIENT, System

from sellerops.archive import Archive
from sellerops.ledger.deployment import bind_archive
from sellerops.settings.config_files import config_dir
from sellerops_runtime.demo_environment import save_environment
from sellerops_runtime.home import PROJECT_ROOT, Home

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2 * PATIENT)]

PRINTED = {each.words: each for path in pages() for each in of_page(path) if is_complete(each)}
# What test machines lack.
ELSEWHERE = {
    "--destination bigquery": "a BigQuery",
    "notifications": "a queue of Amazon's",
    "psql -U postgres": "a container",
    "/opt/airflow/backups": "a container",
    "sellerops backup": "another disk; tests/integration/upkeep takes backups",
    "sellerops restore": "a system that may be lost; tests/integration/upkeep loses one",
    # All other tests use this ledger and this Airflow.
    "ledger migrate --to": "an older version",
    "airflow db downgrade": "an older Airflow",
    "airflow rotate-fernet-key": "two keys",
    "airflow api-server": "somebody who ends it",
}
# Errors that are expected because nothing of the kind exists.
NOTHING_THERE = {
    "quarantine show 7": "unknown quarantine id",
    "quarantine release 7": "unknown quarantine id",
    "inbound show 17": "unknown inbound run",
    "inbound files 17": "unknown inbound run",
    "inbound boxes 17": "new.csv: cannot be read",
    "alerts acknowledge 31 32": "not open: 31, 32",
    "alerts snooze 33": "not open: 33",
    "--sku NW-CFP-640-350ML": "has no recommendation",
    "marts test all_orders": "unknown mart 'all_orders'",
    "settlements check FILE": "cannot be read",
    # As shipped, there is no login.
    "browsers up": "browser jobs are switched off",
    "browsers down": "no login has a browser on this machine",
    "browsers open northwind_finance": "unknown login",
    "browsers open '<login>'": "unknown login",
    "browsers open": "has no logins",
}
# There in whole or in part if marts have been built by then, by another printed command or by a run that one
# of them started: a mart without its inputs says what is missing.
MAYBE_THERE = ("--sku NW-CFP-640-350ML",)
# Commands that exit with 1 when they find something; also because this Airflow has few of the reports.
FINDINGS = (
    "--check", "checks run", "reference rates", "connections test", "specs check", "sellerops-runtime health",
    "dags unpause -", "dags pause -", "doctor",
)  # fmt: skip


def _where_it_runs(printed: Printed) -> str:
    text = shlex.join(printed.words)
    return next((needed for part, needed in ELSEWHERE.items() if part in text), "")


RUN_HERE = [each for each in PRINTED.values() if not _where_it_runs(each)]


@pytest.fixture(scope="module")
def shell(
    system: System, postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """A user's environment beside a running demo that has collected a day of orders.

    Afterwards, files that the commands wrote are deleted.
    """
    _collect_a_day(system, "report__amazon_sp__all_orders")
    home = Home(tmp_path_factory.mktemp("demo"))
    archive = (system.config.parent / "archive").as_uri()
    bind_archive(system.ledger, Archive(archive))
    files = set(PROJECT_ROOT.iterdir())
    save_environment(
        home,
        # The shipped configuration: a test report in the other one runs every minute and uses up the quota.
        {**system.airflow.stack.env(), "SELLEROPS_CONFIG_DIR": str(config_dir())},
        owner=postgres_server.owner(system.warehouse),
        warehouse=system.warehouse,
        reader=postgres_server.reader(system.warehouse),
        archive=archive,
    )
    yield {
        "DEMO_HOME": str(home.path),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PATH": os.environ["PATH"],
        "VIRTUAL_ENV": sys.prefix,
        "archive": archive,
    }
    for written in set(PROJECT_ROOT.iterdir()) - files:
        if written.suffix == ".csv":
            written.unlink()


@pytest.fixture(scope="module")
def commands(system: System) -> Iterator[Commands]:
    """Where most commands run: one process has imported what each of them would import again."""
    with Commands(system.airflow.stack.env()) as made:
        yield made


@pytest.fixture
def switched_back(system: System) -> Iterator[None]:
    """DAGs that a test pauses or unpauses are switched back at once: scheduled runs would begin."""
    before = system.airflow.api.dags()
    yield
    for dag_id, after in system.airflow.api.dags().items():
        if dag_id in before and after["is_paused"] is not before[dag_id]["is_paused"]:
            system.airflow.api.set_paused(dag_id, before[dag_id]["is_paused"])


def _collect_a_day(system: System, dag_id: str) -> None:
    day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    system.airflow.wait_for_dags(dag_id)
    run_id = system.airflow.run(dag_id, {"from_day": day, "to_day": day, "accounts": ["northwind_na"]})
    assert system.airflow.api.wait_for_run(dag_id, run_id, PATIENT)["state"] == "success"
    system.airflow.api.set_paused(dag_id, True)


def run(shell: dict[str, str], words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """As printed: ``bin/<program>`` in the clone."""
    return subprocess.run(
        [f"bin/{words[0]}", *words[1:]],
        cwd=PROJECT_ROOT,
        env=_variables(shell),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT,
    )


def _variables(shell: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in shell.items() if name != "archive"}


@pytest.mark.parametrize("printed", RUN_HERE, ids=str)
def test_a_command_of_a_page_runs_as_printed(
    shell: dict[str, str], commands: Commands, printed: Printed, request: pytest.FixtureRequest
) -> None:
    if printed.words[1:2] == ("dags",):
        request.getfixturevalue("switched_back")
    text = shlex.join(printed.words)
    words = [shell["archive"] if word == FILLED["<URI>"] else word for word in printed.words]
    done = commands.run(words, _variables(shell))
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert "Using the demo" in done.stderr
    maybe_there = any(part in text for part in MAYBE_THERE)
    if done.returncode == 0 and maybe_there:
        assert done.stdout and "error:" not in done.stderr, said
    elif done.returncode == 1 and maybe_there and "the order cannot be calculated" in done.stderr:
        assert "missing. Next: See `" in done.stderr, said
    elif missing := next((told for part, told in NOTHING_THERE.items() if part in text), ""):
        assert (done.returncode, missing in done.stderr) == (1, True), said
    elif done.returncode:
        assert done.returncode == 1 and any(part in text for part in FINDINGS), said
        assert "error:" not in done.stderr, said


def test_most_commands_run_here() -> None:
    assert len(RUN_HERE) >= 35 and len(PRINTED) - len(RUN_HERE) <= 22
    assert {each.program for each in RUN_HERE} >= {"sellerops", "sellerops-runtime", "airflow"}


@pytest.mark.parametrize("words", [("airflow", "version"), ("sellerops-runtime", "health")], ids=shlex.join)
def test_a_program_starts_in_a_shell(shell: dict[str, str], words: tuple[str, ...]) -> None:
    """Not in a fork; the tests below start psql and sellerops."""
    done = run(shell, words)
    assert "Using the demo" in done.stderr and done.stdout, done.stderr


def test_psql_asks_the_same_database(shell: dict[str, str], system: System) -> None:
    done = run(shell, ("psql", "-Atc", "SELECT current_database()"))
    assert done.stdout.strip() == system.select("SELECT current_database()")[0][0], done.stderr


def test_every_connection_of_the_settings_is_tried(shell: dict[str, str]) -> None:
    """Each gets one line with its purpose and result, without secrets."""
    done = run(shell, ("sellerops", "connections", "test"))
    assert done.returncode == 0, done.stdout + done.stderr
    tried = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines() if line[0] != " "}
    needed = {"sellerops_warehouse", "sellerops_reader", "slack_default", "sellerops_clickup"}
    accounts = {"amazon_sp_northwind_na", "amazon_sp_northwind_eu"}
    assert {name for name, state in tried.items() if state == "ok"} >= needed | accounts
    assert "FAILED" not in tried.values()
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize("conn_id", ["amazon_sp_northwind_na", "sellerops_clickup", "sellerops_warehouse"])
def test_the_button_of_the_ui_tests_a_connection(system: System, conn_id: str) -> None:
    """With what the UI sends: secrets as asterisks, and port 0 where there is none."""
    api = system.airflow.api
    stored = api.request("GET", f"/connections/{conn_id}")
    texts = ("connection_id", "conn_type", "description", "host", "login", "password", "schema")
    sent = {name: stored[name] or "" for name in texts}
    answer = api.request(
        "POST",
        "/connections/test",
        json={**sent, "extra": stored["extra"] or "{}", "port": stored["port"] or 0},
    )
    assert answer["status"], answer["message"]


@pytest.mark.parametrize("words", [("airflow", "dags", "list"), ("sellerops-runtime", "health")])
def test_airflow_without_an_installation_makes_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    shell = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "DEMO_HOME": str(tmp_path / "none")}
    done = run({**shell, "VIRTUAL_ENV": sys.prefix, "archive": ""}, words)
    assert done.returncode == 1
    assert "make demo" in done.stderr
    assert list(tmp_path.iterdir()) == []
