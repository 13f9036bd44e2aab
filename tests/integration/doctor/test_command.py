"""`sellerops doctor` prints findings of both kinds of checks; its exit code says whether one failed."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from typing import Any

import pytest

from sellerops.cli import doctor, main
from sellerops.doctor.finding import Finding, State
from sellerops_runtime.ports import free_port

ALIVE = Finding("airflow", State.OK, "The scheduler is alive.")
SILENT = Finding(
    "airflow", State.FAILED, "The triggerer has never run.", "Start it with `airflow triggerer`."
)


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch, conninfo: str, reader: str) -> None:
    monkeypatch.setenv("SELLEROPS_WAREHOUSE", conninfo)
    monkeypatch.setenv("SELLEROPS_READER", reader)
    monkeypatch.setenv("SELLEROPS_ARCHIVE", "file:///nowhere")
    for name in ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        monkeypatch.delenv(name, raising=False)


def _airflow_says(monkeypatch: pytest.MonkeyPatch, output: str, errors: str = "") -> None:
    done = subprocess.CompletedProcess([], 0, f"a log line\n{output}\n", errors)
    monkeypatch.setattr(doctor, "has_airflow", lambda: True)
    monkeypatch.setattr(doctor, "in_airflow", lambda _: done)


def test_without_airflow_its_checks_are_left_out_with_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "does not point to an Airflow" in said
    assert "0 failed" in said
    assert "bin/sellerops connections test amazon_sp_northwind_na" in " ".join(said.split())


def test_airflows_findings_stand_beside_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _airflow_says(monkeypatch, json.dumps([asdict(ALIVE), asdict(SILENT)]))
    assert main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"databases", "migrations", "tokens", "reports", "airflow"} <= {each["check"] for each in found}
    assert found[-1] == {**asdict(SILENT), "remedy": "Start it with `bin/airflow triggerer`."}


def test_checks_of_airflow_that_cannot_be_run_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _airflow_says(monkeypatch, "no JSON", errors="ImportError: no module")
    assert main(["doctor"]) == 1
    assert "ImportError: no module" in capsys.readouterr().out


def test_checks_of_airflow_that_do_not_end_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(argv: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(argv, options["timeout"])

    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere")
    monkeypatch.setattr("sellerops.cli.airflow.subprocess.run", run)
    assert main(["doctor"]) == 1
    assert "Its checks did not answer within 120 s." in capsys.readouterr().out


def test_a_dead_database_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SELLEROPS_READER", f"postgresql://sellerops_reader@127.0.0.1:{free_port()}/x")
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "connection sellerops_reader does not answer" in " ".join(said.split())
