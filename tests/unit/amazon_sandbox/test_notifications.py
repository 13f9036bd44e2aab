"""Notifications of the local Amazon follow Amazon's schemas, and their API its model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.sandbox_app import SALES, Api

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.data_kiosk.state import Query
from amazon_sandbox.notifications import data
from amazon_sandbox.reports.state import Report, ReportStore
from sellerops.notifications.messages import parse

ARN = "arn:aws:sqs:us-east-1:123456789012:reports"
SCHEMAS = Path(__file__).resolve().parents[2] / "payloads" / "notifications"


def schema(name: str) -> dict[str, Any]:
    """One of Amazon's notification schemas."""
    return dict(json.loads((SCHEMAS / f"{name}.json").read_text()))


def grantless(api: Api) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "scope": "sellingpartnerapi::notifications",
        "client_id": api.seller.client_id,
        "client_secret": api.seller.client_secret,
    }
    token = api.http.post("/auth/o2/token", data=form).json()["access_token"]
    return {"x-amz-access-token": token}


def destination(api: Api) -> str:
    body = {"name": "reports", "resourceSpecification": {"sqs": {"arn": ARN}}}
    answer = api.http.post("/notifications/v1/destinations", json=body, headers=grantless(api))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["payload"]["destinationId"])


def subscribe(api: Api, destination_id: str, **changed: Any) -> Any:
    body = {"payloadVersion": "2020-09-04", "destinationId": destination_id, **changed}
    path = f"/notifications/v1/subscriptions/{data.REPORT_FINISHED}"
    return api.http.post(path, json=body, headers={"x-amz-access-token": api.token})


def notice_of(report: Report, sandbox: Sandbox) -> dict[str, Any]:
    return data.body_of(
        report, application="app", subscription_id="s1", notification_id="n1", now=sandbox.clock.now()
    )


def test_the_notification_of_a_report_follows_amazons_schema(na: Api, sandbox: Sandbox) -> None:
    report_id = na.finished(SALES)["reportId"]
    report = sandbox.state(ReportStore).get(report_id, na.seller.seller_id, sandbox.clock.now())
    assert report is not None
    body = notice_of(report, sandbox)
    jsonschema.validate(body, schema("ReportProcessingFinishedNotification"))
    notification = body["payload"]["reportProcessingFinishedNotification"]
    assert notification["processingStatus"] == "DONE"
    assert notification["reportDocumentId"] == na.report(report_id)["reportDocumentId"]
    assert parse(json.dumps(body)).document_id == notification["reportDocumentId"]


def test_the_notification_of_a_query_follows_amazons_schema(na: Api, sandbox: Sandbox) -> None:
    now = sandbox.clock.now()
    query = Query("1", 1, na.seller.seller_id, na.seller.account, "analytics", (), now, now, now, now, now)
    query.text, query.next_token, query.status = "query { x }", "more", "DONE"
    body = notice_of(query, sandbox)
    jsonschema.validate(body, schema("DataKioskQueryProcessingFinishedNotification"))
    assert body["payload"]["pagination"] == {"nextToken": "more"}
    assert parse(json.dumps(body)).report_id == "1"


def test_destinations_are_the_applications_and_subscriptions_the_sellers(na: Api) -> None:
    """Each kind of token opens its own calls only."""
    made = destination(na)
    path = f"/notifications/v1/destinations/{made}"
    assert na.http.get(path, headers={"x-amz-access-token": na.token}).status_code == 403
    assert na.http.get(path, headers=grantless(na)).json()["payload"]["resource"]["sqs"]["arn"] == ARN
    assert subscribe(na, made).status_code == 200
    assert subscribe(na, made).status_code == 409
    assert na.http.delete(path, headers=grantless(na)).status_code == 400


@pytest.mark.parametrize("changed", [{"payloadVersion": "1.0"}, {"destinationId": ""}])
def test_a_wrong_subscription_is_refused(na: Api, changed: dict[str, str]) -> None:
    assert subscribe(na, destination(na), **changed).status_code == 400


def test_queues_of_other_machines_are_refused(http: Any) -> None:
    answer = http.post("/_sandbox/queues", json={"endpoint_url": "https://sqs.us-east-1.amazonaws.com"})
    assert answer.status_code == 400
    assert "this machine" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "name", ["ReportProcessingFinishedNotification", "DataKioskQueryProcessingFinishedNotification"]
)
def test_amazons_examples_are_read(name: str) -> None:
    for example in schema(name)["examples"]:
        notification = parse(json.dumps(example))
        assert notification.problem is None
        assert notification.id == "d0e9e693-c3ad-4373-979f-ed4ec98dd746"
        assert notification.report_id == "54517018502"
        assert notification.processing_status in ("CANCELLED", "DONE")
        assert notification.subscription_id == "subscription-id-d0e9e693-c3ad-4373-979f-ed4ec98dd746"
        assert notification.published_at is not None
