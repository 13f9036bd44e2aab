"""The Notifications API's usage plan, types and errors; bodies follow Amazon's notification schemas."""

from __future__ import annotations

import uuid
from typing import Any

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.data_kiosk.state import Query
from amazon_sandbox.reports.state import Report

# The descriptions in notifications.json: one a second, burst 5.
_PLAN = UsagePlan(1, 5)
GRANTLESS = (
    "getSubscriptionById",
    "deleteSubscriptionById",
    "sendTestNotification",
    "getDestinations",
    "createDestination",
    "getDestination",
    "deleteDestination",
)
OPERATIONS = ("getSubscription", "createSubscription", *GRANTLESS)
USAGE_PLANS = dict.fromkeys(OPERATIONS, _PLAN)
ROOT = "/notifications/v1"

REPORT_FINISHED = "REPORT_PROCESSING_FINISHED"
QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"
# Payload versions of the supported types.
VERSIONS = {REPORT_FINISHED: "2020-09-04", QUERY_FINISHED: "2023-11-15"}

EXISTS = ApiError(409, "Conflict", "A resource with the same parameters exists already.")


def invalid(details: str) -> ApiError:
    """400 InvalidInput."""
    return ApiError(400, "InvalidInput", "Request has missing or invalid parameters", details)


def unknown(what: str) -> ApiError:
    """404 NotFound."""
    return ApiError(404, "NotFound", f"{what} does not exist.")


def iso_millis(seconds: float) -> str:
    """An instant as notifications write it: 2020-07-13T19:42:04.284Z."""
    return instant(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def application_id(client_id: str) -> str:
    """The id of the application with this client id."""
    return f"amzn1.sellerapps.app.{uuid.uuid5(uuid.NAMESPACE_URL, client_id)}"


def body_of(
    report: Report, *, application: str, subscription_id: str, notification_id: str, now: float
) -> dict[str, Any]:
    """The notification of a finished report or query."""
    kind = QUERY_FINISHED if isinstance(report, Query) else REPORT_FINISHED
    return {
        "notificationVersion": VERSIONS[kind],
        "notificationType": kind,
        "payloadVersion": VERSIONS[kind],
        "eventTime": iso_millis(report.due_at),
        "payload": _query(report) if isinstance(report, Query) else _report(report),
        "notificationMetadata": {
            "applicationId": application_id(application),
            "subscriptionId": subscription_id,
            "publishTime": iso_millis(now),
            "notificationId": notification_id,
        },
    }


def _report(report: Report) -> dict[str, Any]:
    payload = {
        "sellerId": report.seller_id,
        "accountId": f"amzn1.merchant.o.{report.seller_id}",
        "reportId": report.id,
        "reportType": report.report_type,
        "processingStatus": report.status,
    }
    if report.document is not None and not report.hides_document:
        payload["reportDocumentId"] = report.document.id
    return {"reportProcessingFinishedNotification": payload}


def _query(query: Query) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "accountId": f"amzn1.merchant.o.{query.seller_id}",
        "queryId": query.id,
        "query": query.text,
        "processingStatus": query.status,
    }
    if query.document is not None and not query.hides_document:
        payload["errorDocumentId" if query.status == "FATAL" else "dataDocumentId"] = query.document.id
    if query.next_token is not None and query.status == "DONE":
        payload["pagination"] = {"nextToken": query.next_token}
    return payload
