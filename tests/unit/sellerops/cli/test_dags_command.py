"""`sellerops dags pause|unpause`: by family, source, report or DAG, in two calls of Airflow's command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest
from support.specs import enabled_shipped_specs

from sellerops.base.errors import ConfigurationError, RetryableError
from sellerops.cli import dags as command
from sellerops.cli import main
from sellerops.cli.airflow import known_variable
from sellerops.cli.dags import run_airflow, switch

SPECS = enabled_shipped_specs()
PAYMENTS = {spec.dag_id for spec in SPECS if spec.family == "payments"}
ADS = {spec.dag_id for spec in SPECS if spec.source == "amazon_ads"}
COMPLETENESS = "sellerops__completeness"


class Airflow:
    """Airflow's command over DAGs of its own; ``noise`` is what it prints around its list."""

    def __init__(
        self, unpaused: Collection[str] = (), missing: Collection[str] = (), noise: str = ""
    ) -> None:
        ids = {spec.dag_id for spec in SPECS} | {COMPLETENESS}
        self.paused = {dag_id: dag_id not in unpaused for dag_id in ids - set(missing)}
        self.noise = noise
        self.calls: list[tuple[str, ...]] = []

    def __call__(self, *words: str) -> str:
        self.calls.append(words)
        if words[:2] == ("dags", "list"):
            rows = [{"dag_id": name, "is_paused": str(is_paused)} for name, is_paused in self.paused.items()]
            return f"{self.noise}{json.dumps(rows, indent=1)}\n"
        assert words[:1] == ("dags",) and {"--yes", "--treat-dag-id-as-regex"} < set(words)
        for name in self.paused:
            if re.search(words[-1], name):
                self.paused[name] = words[1] == "pause"
        return ""

    @property
    def unpaused(self) -> set[str]:
        return {name for name, is_paused in self.paused.items() if not is_paused}


def do(airflow: Airflow, *names: str, family: Any = (), source: Any = (), pause: bool = False) -> int:
    return switch(names, family, source, pause=pause, airflow=airflow)


def test_a_family_is_switched_on_in_one_call_and_what_was_on_is_listed(capsys: Any) -> None:
    already = sorted(PAYMENTS)[0]
    airflow = Airflow(unpaused={already})
    assert do(airflow, family=["payments"]) == 0
    assert airflow.unpaused == PAYMENTS
    assert [words[1] for words in airflow.calls] == ["list", "unpause"]
    told = capsys.readouterr().out
    assert f"Unpaused ({len(PAYMENTS) - 1}):" in told
    assert f"Unpaused already (1):\n  {already}\n" in told


def test_nothing_is_called_when_all_are_as_wanted(capsys: Any) -> None:
    airflow = Airflow(unpaused=PAYMENTS)
    assert do(airflow, family=["payments"]) == 0
    assert [words[1] for words in airflow.calls] == ["list"]
    assert f"Unpaused already ({len(PAYMENTS)}):" in capsys.readouterr().out


def test_families_add_up_and_a_source_narrows_them() -> None:
    airflow = Airflow()
    do(airflow, family=["Payments", "brand-analytics", "ads"], source=["amazon_sp"])
    families = {spec.family for spec in SPECS if spec.dag_id in airflow.unpaused}
    assert families == {"payments", "brand_analytics"}


def test_a_source_alone_is_all_of_its_reports() -> None:
    airflow = Airflow()
    do(airflow, source=["amazon_ads"])
    assert airflow.unpaused == ADS


def test_reports_and_dags_can_be_named_beside_a_family() -> None:
    airflow = Airflow()
    do(airflow, "all_orders", COMPLETENESS, "report__amazon_sp__settlements", family=["performance"])
    expected = {spec.dag_id for spec in SPECS if spec.family == "performance"}
    assert airflow.unpaused == expected | {
        "report__amazon_sp__all_orders", "report__amazon_sp__settlements", COMPLETENESS
    }  # fmt: skip


def test_names_are_taken_as_they_are_not_as_patterns() -> None:
    """``sales_and_traffic`` is the beginning of six other reports' names."""
    airflow = Airflow()
    do(airflow, "sales_and_traffic")
    assert airflow.unpaused == {"report__amazon_sp__sales_and_traffic"}


@pytest.mark.parametrize("former", sorted(command.RENAMED))
def test_a_former_id_switches_the_renamed_dag_unless_a_dag_still_has_it(former: str, capsys: Any) -> None:
    new = command.RENAMED[former]
    airflow = Airflow()
    airflow.paused[new] = True
    assert do(airflow, former) == 0
    assert airflow.unpaused == {new}
    warning = f"warning: `{former}` is now `{new}`; the old name will be removed.\n"
    assert capsys.readouterr().err == warning
    airflow.paused |= {former: True, new: True}
    assert do(airflow, former) == 0
    assert airflow.unpaused == {former}
    assert capsys.readouterr().err == ""


def test_pausing_switches_off(capsys: Any) -> None:
    airflow = Airflow(unpaused=PAYMENTS | ADS)
    assert do(airflow, source=["amazon_ads"], pause=True) == 0
    assert airflow.unpaused == PAYMENTS
    assert f"Paused ({len(ADS)}):" in capsys.readouterr().out


def test_a_dag_unknown_to_airflow_is_listed_and_the_others_are_switched(capsys: Any) -> None:
    new = sorted(PAYMENTS)[-1]
    airflow = Airflow(missing={new})
    assert do(airflow, family=["payments"]) == 1
    assert airflow.unpaused == PAYMENTS - {new}
    assert f"Not known to Airflow (yet) (1):\n  {new}" in capsys.readouterr().out


def test_an_unknown_family_names_the_known_and_reports_of_that_name() -> None:
    with pytest.raises(ConfigurationError) as told:
        do(Airflow(), family=["sales"])
    assert "unknown family 'sales'. Reports with similar names: " in str(told.value)
    assert "sales_and_traffic (analytics)" in str(told.value)
    assert "Use one of: ads, analytics, brand_analytics, fulfilment, " in str(told.value)


@pytest.mark.parametrize(
    ("names", "where", "words"),
    [
        ([], {"source": ["amazon"]}, r"unknown source 'amazon'.*Use one of: amazon_ads, amazon_sp"),
        (["all_order"], {}, "unknown DAG 'all_order'.*Did you mean .*all_orders"),
        (
            [],
            {"family": ["ads"], "source": ["amazon_sp"]},
            "no report belongs to family ads and source amazon_sp",
        ),
        ([], {}, "no DAG is selected.*--family"),
    ],
)
def test_an_impossible_choice_is_an_error_and_changes_nothing(names: Any, where: Any, words: str) -> None:
    airflow = Airflow()
    with pytest.raises(ConfigurationError, match=words):
        do(airflow, *names, **where)
    assert not airflow.unpaused


def test_airflows_list_is_found_among_its_other_words() -> None:
    airflow = Airflow(noise="[2026-11-20 08:00] WARNING [x] something\n")
    do(airflow, "all_orders")
    assert airflow.unpaused == {"report__amazon_sp__all_orders"}


def test_switched_off_schedules_are_mentioned(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE", "False")
    do(Airflow(), "all_orders")
    assert "airflow dags trigger report__amazon_sp__all_orders" in capsys.readouterr().out


def test_the_command_line_passes_all_on(monkeypatch: pytest.MonkeyPatch) -> None:
    airflow = Airflow(unpaused=PAYMENTS)
    monkeypatch.setattr(command, "run_airflow", airflow)
    assert main(["dags", "pause", "--family", "payments"]) == 0
    assert main(["dags", "unpause", "all_orders", "--source", "amazon_ads", "--family", "ads"]) == 0
    assert airflow.unpaused == ADS | {"report__amazon_sp__all_orders"}


def test_a_failing_airflow_command_is_an_error_with_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(argv: list[str]) -> subprocess.CompletedProcess[str]:
        assert argv == ["-m", "airflow", "dags", "list"]
        return subprocess.CompletedProcess(argv, 1, "", "Traceback\nno such table: dag\n")

    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere")
    monkeypatch.setattr(command, "in_airflow", run)
    with pytest.raises(ConfigurationError, match=r"failed with exit code 1: no such table.*airflow db check"):
        run_airflow("dags", "list")


@pytest.mark.parametrize(
    "ask", [lambda: run_airflow("dags", "list"), lambda: known_variable("sellerops_archive_uri")]
)
def test_an_airflow_that_does_not_answer_is_an_error_with_a_remedy(
    ask: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a traceback nor a variable that does not exist."""

    def run(argv: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(argv, options["timeout"])

    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere")
    monkeypatch.setattr("sellerops.cli.airflow.subprocess.run", run)
    with pytest.raises(
        RetryableError, match=r"`airflow \w+ \w+.*`: did not answer within 120 s\..*airflow db check"
    ):
        ask()


def test_without_an_airflow_none_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_HOME", raising=False)
    monkeypatch.delenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", raising=False)
    monkeypatch.setattr(command, "in_airflow", lambda words: pytest.fail("called"))
    with pytest.raises(ConfigurationError, match=r"does not point to an Airflow\..*make demo"):
        run_airflow("dags", "list")


@pytest.mark.parametrize(
    ("action", "words"),
    [("list", ["--columns", "--output"]), ("unpause", ["--treat-dag-id-as-regex", "--yes"])],
)
def test_airflow_still_has_the_words_it_is_called_with(action: str, words: list[str], tmp_path: Path) -> None:
    """Its parser alone: no metadata is opened."""
    told = subprocess.run(
        [sys.executable, "-m", "airflow", "dags", action, "--help"],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert all(word in told for word in words)
