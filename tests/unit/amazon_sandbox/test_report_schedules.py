from __future__ import annotations

from typing import Any

import pytest
from support.sandbox_app import ORDERS, SALES, Api

from amazon_sandbox.core.sandbox import Sandbox


def schedule(na: Api, **changed: Any) -> Any:
    body = {"reportType": SALES, "marketplaceIds": list(na.seller.marketplace_ids[:1]), "period": "P1D"}
    return na.call("POST", "/schedules", json={k: v for k, v in (body | changed).items() if v is not None})


def test_it_is_made_shown_listed_and_cancelled(na: Api, eu: Api) -> None:
    """201 with the id; another seller sees nothing of it."""
    made = schedule(na, reportOptions={"asinGranularity": "CHILD"})
    assert made.status_code == 201
    schedule_id = made.json()["reportScheduleId"]
    shown = na.call("GET", f"/schedules/{schedule_id}").json()
    assert shown["period"] == "P1D"
    assert shown["reportOptions"] == {"asinGranularity": "CHILD"}
    listed = na.call("GET", "/schedules", params={"reportTypes": SALES}).json()
    assert listed == {"reportSchedules": [shown]}
    assert eu.call("GET", f"/schedules/{schedule_id}").status_code == 404
    assert eu.call("GET", "/schedules", params={"reportTypes": SALES}).json() == {"reportSchedules": []}
    assert na.call("DELETE", f"/schedules/{schedule_id}").status_code == 200
    assert na.call("GET", f"/schedules/{schedule_id}").status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"period": None},
        {"period": "PT7M"},
        {"reportType": ORDERS},
        {"reportOptions": {"a": 1}},
        {"nextReportCreationTime": "tomorrow"},
    ],
)
def test_wrong_ones_are_400(na: Api, changed: dict[str, Any]) -> None:
    """Only Amazon's periods; only types that can be scheduled."""
    assert schedule(na, **changed).status_code == 400
    assert na.call("GET", "/schedules").status_code == 400


def test_a_new_one_replaces_that_of_the_same_type_and_marketplaces(na: Api) -> None:
    """There is one per type and marketplaces."""
    first, second = (schedule(na, period=period).json()["reportScheduleId"] for period in ("P1D", "P7D"))
    schedule(na, marketplaceIds=[na.seller.marketplace_ids[1]])
    listed = na.call("GET", "/schedules", params={"reportTypes": SALES}).json()["reportSchedules"]
    assert len(listed) == 2
    assert first not in {entry["reportScheduleId"] for entry in listed}
    assert second in {entry["reportScheduleId"] for entry in listed}


def test_it_creates_reports_by_the_clock(na: Api, sandbox: Sandbox) -> None:
    """One each period from the given instant on, each over the period before; none after it is cancelled."""
    made = schedule(na, nextReportCreationTime="2026-11-22T06:00:00Z").json()["reportScheduleId"]
    na.later(2 * 86_400)
    reports = na.listed(SALES)
    assert [report["createdTime"] for report in reports] == [
        "2026-11-23T06:00:00+00:00",
        "2026-11-22T06:00:00+00:00",
    ]
    assert {report["reportScheduleId"] for report in reports} == {made}
    assert reports[0]["dataStartTime"] == "2026-11-22T06:00:00+00:00"
    assert {report["processingStatus"] for report in reports} == {"DONE"}
    assert b"salesAndTrafficByDate" in na.download(reports[0])
    shown = na.call("GET", f"/schedules/{made}").json()
    assert shown["nextReportCreationTime"] == "2026-11-24T06:00:00+00:00"
    na.call("DELETE", f"/schedules/{made}")
    na.later(3 * 86_400)
    assert len(na.listed(SALES)) == 2


def test_months_are_calendar_months(na: Api, sandbox: Sandbox) -> None:
    """P1M from the 30th of November comes again on the 30th of December."""
    schedule(na, period="P1M", nextReportCreationTime="2026-11-30T00:00:00Z")
    na.later(45 * 86_400)
    assert [report["createdTime"][:10] for report in na.listed(SALES)] == ["2026-12-30", "2026-11-30"]
