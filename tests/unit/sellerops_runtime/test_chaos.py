"""`make chaos`: the plan repeats itself, and each broken promise is found."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import date
from io import StringIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sellerops.settings.specs import load_spec
from sellerops_runtime.chaos import faults as chaos_faults
from sellerops_runtime.chaos import running
from sellerops_runtime.chaos import target as chaos_target
from sellerops_runtime.chaos.__main__ import main
from sellerops_runtime.chaos.faults import Fault, faults_for
from sellerops_runtime.chaos.judging import Outcome, broken_promises, headlines, wrong_messages
from sellerops_runtime.chaos.plan import Kind, Step, make_plan
from sellerops_runtime.chaos.reporting import broken_events, report
from sellerops_runtime.chaos.running import Event, Night, break_things, settle
from sellerops_runtime.chaos.system import BACKFILLED, ORDERS, SALES, SNAPSHOTS, write_config
from sellerops_runtime.chaos.target import Supervisor, Target
from sellerops_runtime.chaos.work import Driver, Work
from sellerops_runtime.errors import StartError
from sellerops_runtime.progress import Progress

KINDS = (Kind("kill", 2), Kind("suspend", 1, 5, 15), Kind("cut", 1, 2, 3))


def test_a_seed_is_a_plan() -> None:
    plan = make_plan(KINDS, 7, 600)
    assert plan == make_plan(KINDS, 7, 600) != make_plan(KINDS, 8, 600)
    assert {step.kind for step in plan[:4]} == {"kill", "suspend", "cut"}  # one deck
    for step, following in pairwise(plan):
        assert step.at + step.seconds < following.at
    assert plan[-1].at + plan[-1].seconds <= 600


def test_both_systems_get_the_same_work() -> None:
    runs = Work(date(2026, 10, 1), 3, 6, date(2026, 12, 6)).runs()
    assert Counter(dag_id for dag_id, _, _ in runs) == {
        "report__amazon_sp__chaos_sales": 3,
        "report__amazon_sp__chaos_orders": 3,
        "fba_inbound": 1,
    }
    assert len({run_id for _, run_id, _ in runs}) == 7


def test_its_reports_are_valid(tmp_path: Path) -> None:
    reports = write_config(tmp_path / "config") / "reports"
    for name in (SALES, BACKFILLED, ORDERS, SNAPSHOTS):
        spec = load_spec(name, reports)
        assert all(table.startswith(name) for table in spec.tables)


def tables(orders: dict[tuple[Any, ...], int]) -> dict[str, Counter[tuple[Any, ...]]]:
    """A table of each report that is compared, with these rows of orders."""
    same = {f"{name}_t": Counter({("a",): 1}) for name in (SALES, BACKFILLED)}
    return {**same, f"{ORDERS}_t": Counter(orders)}


def outcome(**more: Any) -> Outcome:
    found = Outcome(
        tables=tables({("a",): 1, ("b",): 2}),
        reports=Counter({("northwind_na", "SALES", "US", "1", "2"): 1}),
        writes=Counter({"createInboundPlan": 1}),
        messages=[{"text": "The scheduler is silent"}, {"text": "over", "thread_ts": "1"}],
    )
    for name, value in more.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tables": tables({("a",): 1, ("b",): 1})}, "1 rows are missing and 0 are too many"),
        ({"tables": tables({("a",): 2, ("b",): 2})}, "0 rows are missing and 1 are too many"),
        ({"tables": tables({})}, "3 rows are missing"),
        ({"reports": Counter({("northwind_na", "SALES", "US", "1", "2"): 2})}, "2 reports for northwind_na"),
        ({"reports": Counter()}, "no report for northwind_na SALES US 1 2"),
        ({"writes": Counter({"createInboundPlan": 2})}, "createInboundPlan had an effect 2 times"),
        ({"writes": Counter()}, "createInboundPlan had no effect"),
        ({"unfinished": ["run r"]}, "unfinished: run r"),
        ({"failed": ["run r"]}, "failed for good: run r"),
        ({"orphans": ["7 python"]}, "left running: 7 python"),
        ({"leftovers": ["x.tmp"]}, "left behind: x.tmp"),
        ({"messages": [{"text": "The scheduler is silent"}] * 2}, "sent 2 times"),
    ],
    ids=str,
)
def test_a_broken_promise_is_named(change: dict[str, Any], says: str) -> None:
    assert broken_promises(outcome(), outcome()) == []
    (line,) = broken_promises(outcome(**change), outcome())
    assert says in line


def test_replies_are_no_messages_of_their_own() -> None:
    assert headlines(outcome().messages) == {"The scheduler is silent": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tables": tables({})}, f"no rows of {ORDERS}"),
        ({"writes": Counter()}, "no shipment was planned"),
    ],
    ids=str,
)
def test_a_system_that_did_no_work_proves_nothing(change: dict[str, Any], says: str) -> None:
    assert broken_promises(outcome(), None) == []
    (alone,) = broken_promises(outcome(**change), None)
    (both,) = broken_promises(outcome(**change), outcome(**change))
    assert says in alone and says in both
    (line,) = broken_promises(outcome(), outcome(unfinished=["3 of 7 runs were never started"]))
    assert line == "in the undisturbed system: 3 of 7 runs were never started"


class Api:
    """An Airflow in which nothing is left to do, or that does not answer."""

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers

    def runs(self, **_: Any) -> list[dict[str, Any]]:
        if not self._answers:
            raise StartError("refused")
        return []


@pytest.mark.parametrize("answers", [True, False])
def test_a_night_in_which_nothing_was_started_is_unfinished(
    monkeypatch: pytest.MonkeyPatch, answers: bool
) -> None:
    monkeypatch.setattr(running, "_STALLED_SECONDS", 0.01)
    monkeypatch.setattr(running, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(running, "_open_faults", lambda *_: [])
    work = Work(date(2026, 10, 1), 3, 6, date(2026, 12, 6))
    api: Any = Api(answers=answers)
    stack: Any = type("Stack", (), {"ledger": None})
    found = settle(Driver(api, work, list, lambda: None), stack, Progress(StringIO())).unfinished
    assert found[-1] == "7 of 7 runs were never started"
    assert ["Airflow did not answer" in each for each in found[:-1]] == ([] if answers else [True])


def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """One event of each end that a fault can have."""

    def fail(*_: Any) -> Any:
        raise OSError("refused")

    begins = {
        "done": Fault(Kind("done"), lambda *_: ("7 python", lambda: None)),
        "nothing": Fault(Kind("nothing"), lambda *_: None),
        "failing": Fault(Kind("failing"), fail),
        "lasting": Fault(Kind("lasting"), lambda *_: ("", fail)),
        "impossible": Fault(Kind("impossible"), fail, is_possible=False),
    }
    monkeypatch.setattr(running, "faults_for", lambda _: begins)
    target: Any = None
    return break_things(target, [Step(0.0, name, 0.0, 1) for name in begins], Progress(StringIO()))


def test_only_what_was_done_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    events = carried_out(monkeypatch)
    assert [each.step.kind for each in events if each.is_done] == ["done", "lasting"]
    assert broken_events(events) == ["lasting could not be ended: OSError: refused"]
    assert broken_events(events[1:3]) == ["no fault was done"]
    night = Night(outcome(), events, [], 1.0, 0, 0, 0.0, 0.0)
    printed = report(1, [], night, [])
    assert "Seed 1: 2 faults in" in printed
    assert "Not counted: 2 that found nothing to break or could not be done; " in printed
    assert "left out without root: impossible." in printed
    assert "Rows were not compared: no undisturbed system (--alone)." in printed
    assert "not compared" not in report(1, [night], night, [])


def test_a_seed_is_the_same_night_without_root() -> None:
    postgres: Any = None
    airflow: Any = type("Airflow", (), {"components": {"scheduler": None}})
    target = Target(airflow, postgres, ("", 1), lambda _: None)
    without = faults_for(target)
    network: Any = object()
    with_root = faults_for(replace(target, archive=Path(), network=network))
    assert [each.kind for each in without.values()] == [each.kind for each in with_root.values()]
    assert {name for name, each in without.items() if not each.is_possible} == {
        "cut Postgres off",
        "cut api-server off",
        "cut Amazon off",
        "reset connections to Postgres",
        "reset connections to api-server",
        "reset connections to Amazon",
        "lose packets of Postgres",
        "forget connections of scheduler",
        "full disk",
    }
    assert all(each.is_possible for each in with_root.values())


class Connections:
    """A network that notes which connections it forgets."""

    def __init__(self) -> None:
        self.forgotten: list[tuple[list[int], int]] = []

    def forget(self, ports: list[int], port: int) -> None:
        self.forgotten.append((ports, port))

    def heal(self) -> None:
        self.forgotten.clear()


def test_a_component_also_loses_its_connections_to_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker has none to Airflow's Postgres; where there is none at all, nothing was broken."""
    celery = type("Celery", (), {"port": 6379})
    component = type("Component", (), {"pid": 1})
    names = dict.fromkeys(("redis", "worker-1"), component)
    airflow: Any = type("Airflow", (), {"components": names, "celery": celery, "port": 8080})
    postgres: Any = type("Postgres", (), {"port": 5432})
    network: Any = Connections()
    target = Target(airflow, postgres, ("", 1), lambda _: None, network=network)
    monkeypatch.setattr(chaos_faults, "_local_ports", lambda _, port: [51000] if port == 6379 else [])
    faults, step = faults_for(target), Step(0.0, "", 1.0, 1)
    begun = faults["forget connections of worker-1"].begin(target, step)
    assert begun and begun[0] == "1 connections to redis"
    assert network.forgotten == [([51000], 6379)]
    monkeypatch.setattr(chaos_faults, "_local_ports", lambda *_: [])
    assert faults["forget connections of worker-1"].begin(target, step) is None
    assert {"cut redis off", "reset connections to redis"} <= faults.keys()


def test_a_component_that_does_not_start_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis may need longer than it gets; nothing would be restarted any more."""
    monkeypatch.setattr(chaos_target, "_RESTART_SECONDS", 0.001)
    attempts, is_up = [], threading.Event()

    def start(name: str) -> None:
        attempts.append(name)
        if len(attempts) == 1:
            raise StartError("Redis did not become ready.")
        ended.exit_code = None
        is_up.set()

    ended: Any = SimpleNamespace(exit_code=1, kill=lambda: None)
    airflow: Any = SimpleNamespace(components={"redis": ended}, start_component=start)
    postgres: Any = None
    with Supervisor(Target(airflow, postgres, ("", 1), lambda _: None)) as supervisor:
        assert is_up.wait(10)
    assert (attempts, supervisor.restarts) == (["redis"] * 2, ["redis"])


@pytest.mark.parametrize("minutes", ["0", "241", "nan"])
def test_more_minutes_than_amazon_has_days_are_refused(
    minutes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--minutes", minutes])
    assert "at most 240" in capsys.readouterr().err


SILENT = "The scheduler is silent"


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ([SILENT], []),
        ([SILENT] * 3, []),  # once more when it was killed and came back late, and when Postgres was away
        ([], [f"1 times scheduler stays away, and 0 messages {SILENT!r}"]),
        ([SILENT] * 4, [f"sent 4 times for 3 faults that can cause it: {SILENT!r}"]),
        (
            [SILENT] + ["The triggerer is silent"] * 2,
            ["sent 2 times for 1 faults that can cause it: 'The triggerer is silent'"],
        ),
        ([SILENT] + ["chaos_sales failed"] * 4, []),
        ([SILENT] + ["sales failed"] * 5, ["sent 5 times for 4 faults that can cause it: 'sales failed'"]),
    ],
)
def test_a_fault_is_told_and_not_too_often(sent: list[str], wrong: list[str]) -> None:
    messages = [{"text": text} for text in sent]
    faults = ["scheduler stays away", "kill scheduler", "crash Postgres", "Amazon errs", "Amazon errs"]
    assert wrong_messages(messages, faults) == wrong


def test_schedulers_end_without_a_redis() -> None:
    silent = [{"text": SILENT}]
    assert wrong_messages(silent, ["redis stays away"]) == []
    assert wrong_messages(silent, ["worker-1 stays away"]) == [
        f"sent 1 times for 0 faults that can cause it: {SILENT!r}"
    ]


def test_of_two_components_one_may_stay_away_untold() -> None:
    faults = ["scheduler-2 stays away", "scheduler stays away", "api-server stays away"]
    (line,) = wrong_messages([], faults, paired={"scheduler", "scheduler-2"})
    assert line.startswith("1 times api-server stays away")
