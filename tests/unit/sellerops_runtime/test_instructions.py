"""The instructions that a demo prints: schedules, and commands that run as printed."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sellerops.cli import parser_for
from sellerops.settings.specs import load_spec
from sellerops_runtime.home import Home
from sellerops_runtime.instructions import instructions
from sellerops_runtime.report_selection import DEMO_REPORTS


class Api:
    def __init__(self, paused: int, number: int) -> None:
        self._dags = {str(each): {"is_paused": each < paused} for each in range(number)}

    def dags(self) -> dict[str, dict[str, Any]]:
        return self._dags


def text_of(*, has_schedules: bool = False, home: Path = Path("/here")) -> str:
    stack: Any = SimpleNamespace(
        airflow=SimpleNamespace(url="http://127.0.0.1:8080", password="secret"),
        amazon=SimpleNamespace(url="http://127.0.0.1:8900"),
        bigquery=None,
        with_browsers=False,
        home=Home(home),
        has_schedules=has_schedules,
        command="bin/{}".format,
    )
    api: Any = Api(3, 5)
    return instructions(stack, api, date(2026, 11, 20))


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO_HOME", raising=False)


def test_it_says_where_everything_is_and_what_is_switched_off() -> None:
    text = text_of()
    assert "http://127.0.0.1:8080   user admin, password secret" in text
    assert "http://127.0.0.1:8900/slack" in text
    assert "Schedules are off: nothing runs until you start it. 3 of 5 DAGs are paused." in text
    assert "`make demo DEMO_SCHEDULES=1`" in text
    assert "`make demo-stop`" in text


def test_where_schedules_are_on_it_says_so() -> None:
    text = text_of(has_schedules=True)
    assert "Schedules are on" in text and "3 of 5 are paused" in text
    assert "DEMO_SCHEDULES" not in text


def test_its_steps_are_commands_of_this_project() -> None:
    lines = [line.strip() for line in text_of().splitlines() if line.startswith("    bin/")]
    assert [line.split()[0] for line in lines] == [
        "bin/airflow",
        "bin/sellerops",
        "bin/sellerops",
        "bin/sellerops",
    ]
    for words in map(shlex.split, lines[1:3]):
        assert parser_for(words[1]).parse_args(words[1:])


def test_the_report_it_triggers_is_one_that_the_demo_has_unpaused() -> None:
    words = shlex.split(next(line for line in text_of().splitlines() if "bin/airflow dags trigger" in line))
    report = words[3].rsplit("__", 1)[1]
    assert report in DEMO_REPORTS and load_spec(report).dag_id == words[3]
    assert words[5] == '{"from_day": "2026-11-17", "to_day": "2026-11-19"}'


def test_a_folder_of_ones_own_is_named_in_each_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_HOME", "/my demo")
    assert "`make demo-stop DEMO_HOME='/my demo'`" in text_of(home=Path("/my demo"))
