"""Tasks that were deferred by an earlier version resume: what Airflow's metadata then holds is recorded here.

`triggers_<version>.json` has class path and arguments of every trigger as that version wrote them, and is
never changed. A renamed trigger, argument or method needs its former name for one more version.
"""

from __future__ import annotations

import importlib
import inspect
import json
from typing import Any

import pytest
from support.airflow_home import PROJECT_ROOT, prepare_airflow

prepare_airflow()

from airflow.triggers.base import BaseTrigger  # noqa: E402

RECORDED = [
    (path.stem.removeprefix("triggers_"), each)
    for path in sorted((PROJECT_ROOT / "tests" / "golden").glob("triggers_*.json"))
    for each in json.loads(path.read_text(encoding="utf-8"))
]
# Operator, the method that Airflow calls with the event, and its stored arguments, by version.
METHODS = [
    ("0_1_0", "fetch_report.FetchReportOperator", "resume", {}),
    ("0_1_0", "portal_download.PortalDownloadOperator", "resume", {}),
    ("0_1_0", "inbound.InboundStepOperator", "resume", {}),
    ("0_1_0", "inbound.CancelPlanOperator", "resume", {}),
    ("0_1_0", "inbound.FetchDocumentsOperator", "resume", {}),
    ("0_1_0", "inbound_request.ValidateRequestOperator", "resume", {}),
    ("0_1_0", "inbound_following.FollowShipmentsOperator", "resume", {}),
    ("0_1_0", "inbound_cancelling.CancelRunOperator", "resume", {}),
    ("0_1_0", "inbound_content.OfferContentUpdateOperator", "resume", {}),
    ("0_1_0", "inbound_content.ApproveContentUpdateOperator", "execute_complete", {}),
    ("0_1_0", "inbound_content.ConfirmContentUpdateOperator", "resume", {}),
    ("0_1_0", "inbound_approval.ApproveOffersOperator", "decided", {"until": 1.0}),
    ("0_1_0", "inbound_approval.ApproveOffersOperator", "offered_again", {"step": "offer_placements"}),
    ("0_1_0", "inbound_approval.ApproveOffersOperator", "execute_complete", {}),
    ("0_1_0", "inbound_tracking.AskTrackingOperator", "execute_complete", {"asked": 2}),
    ("0_1_0", "notifications.ListenToNotificationsOperator", "stop", {}),
]
# Callbacks of deadlines, which are stored with the runs.
CALLBACKS = [
    "sellerops_airflow.housekeeping.deadlines.notify_late",
    "sellerops_airflow.housekeeping.worker_watch.notify_stuck_run",
    "sellerops_airflow.deadlines.tell_late",
    "sellerops_airflow.worker_watch.tell_no_worker",
]


def named(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


@pytest.mark.parametrize(
    ("version", "recorded"), RECORDED, ids=lambda each: each["classpath"] if isinstance(each, dict) else each
)
def test_a_trigger_of_an_earlier_version_starts_again(version: str, recorded: dict[str, Any]) -> None:
    trigger = named(recorded["classpath"])(**recorded["kwargs"])
    assert isinstance(trigger, BaseTrigger)
    again, values = trigger.serialize()
    # What it was told is still there, under whatever name it has now.
    assert isinstance(named(again)(**json.loads(json.dumps(values))), BaseTrigger)
    told = [json.dumps(each) for each in recorded["kwargs"].values()]
    kept = json.dumps(list(values.values()))
    assert all(each in kept for each in told), (recorded, values)


def test_every_trigger_is_recorded() -> None:
    """A new one: add it to the file of the next version before that is released."""
    from sellerops_airflow.triggers import (
        inbound,
        inbound_confirmed,
        inbound_decision,
        notifications,
        report,
    )

    present = {
        f"{each.__module__}.{each.__name__}"
        for module in (inbound, inbound_confirmed, inbound_decision, notifications, report)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseTrigger) and not inspect.isabstract(each)
        and each.__module__ == module.__name__ and each.__name__ not in ("InboundTrigger", "OneRunTrigger")
    }  # fmt: skip
    assert present == {each["classpath"] for version, each in RECORDED if version == "0_1_0"}


@pytest.mark.parametrize(("version", "operator", "method", "values"), METHODS)
def test_the_method_that_continues_is_still_there(
    version: str, operator: str, method: str, values: dict[str, Any]
) -> None:
    found = getattr(named(f"sellerops_airflow.operators.{operator}"), method)
    inspect.signature(found).bind(None, context={}, event={}, **values)


@pytest.mark.parametrize("path", CALLBACKS)
def test_a_deadline_of_an_earlier_version_finds_its_callback(path: str) -> None:
    assert callable(named(path))
