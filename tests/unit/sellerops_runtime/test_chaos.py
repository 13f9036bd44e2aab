"""`make chaos`: the plan repeats itself, and each broken promise is found."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sellerops.settings.specs import load_spec
from sellerops_runtime.chaos.judging import Outcome, broken_promises, headlines, wrong_messages
from sellerops_runtime.chaos.plan import Kind, make_plan
from sellerops_runtime.chaos.system import BACKFILLED, ORDERS, SALES, SNAPSHOTS, write_config
from sellerops_runtime.chaos.work import Work

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


def outcome(**more: Any) -> Outcome:
    found = Outcome(
        tables={"t": Counter({("a",): 1, ("b",): 2})},
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
        ({"tables": {"t": Counter({("a",): 1, ("b",): 1})}}, "1 rows are missing and 0 are too many"),
        ({"tables": {"t": Counter({("a",): 2, ("b",): 2})}}, "0 rows are missing and 1 are too many"),
        ({"tables": {}}, "3 rows are missing"),
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
    ("sent", "wrong"),
    [
        (["The scheduler is silent"], []),
        (["The scheduler is silent"] * 2, []),  # once more when it was killed and came back late
        ([], ["1 times scheduler stays away, and 0 messages 'The scheduler is silent'"]),
        (["The scheduler is silent"] * 3, ["sent 3 times for 2 faults: 'The scheduler is silent'"]),
    ],
)
def test_a_fault_is_told_and_not_too_often(sent: list[str], wrong: list[str]) -> None:
    messages = [{"text": text} for text in sent]
    assert wrong_messages(messages, ["scheduler stays away", "kill scheduler"]) == wrong
