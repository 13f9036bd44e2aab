"""Parses notifications: REPORT_PROCESSING_FINISHED and DATA_KIOSK_QUERY_PROCESSING_FINISHED.

The fields follow Amazon's schemas ReportProcessingFinishedNotification and
DataKioskQueryProcessingFinishedNotification. No message is refused: an unreadable one is stored with the
reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sellerops.base.bounded_json import TooDeep, read_json
from sellerops.base.redaction import storable
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED, Notification

# How much of a message is stored; of an unreadable one, the beginning shows what it is.
_KEPT_CHARACTERS = 20_000
# The type of our own test message.
TEST_TYPE = "SELLEROPS_TEST"


class _Malformed(Exception):
    """Describes what is wrong with a message."""


def parse(text: str) -> Notification:
    """The notification in a message. Never raises: see ``Notification.problem``."""
    digest = "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    raw = text[:_KEPT_CHARACTERS]
    try:
        body = _object(_json(text), "the message")
    except _Malformed as error:
        return Notification(digest, raw, problem=str(error))
    metadata = body.get("notificationMetadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    known: dict[str, Any] = {
        "notification_type": _text(body, "notificationType"),
        "subscription_id": _text(metadata, "subscriptionId"),
        "published_at": _moment(metadata.get("publishTime") or body.get("eventTime")),
    }
    notification_id = _text(metadata, "notificationId") or digest
    try:
        payload = _payload_of(known["notification_type"], body)
    except _Malformed as error:
        return Notification(notification_id, raw, **known, problem=str(error))
    return Notification(notification_id, raw, **known, **payload)


def _payload_of(notification_type: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
    if notification_type == TEST_TYPE:
        return {}
    payload = body.get("payload")
    if notification_type == REPORT_FINISHED:
        report = _object(_object(payload, "payload").get("reportProcessingFinishedNotification"), "payload")
        return {
            "seller_id": _text(report, "sellerId") or _needed(report, "accountId"),
            "report_id": _needed(report, "reportId"),
            "report_type": _needed(report, "reportType"),
            "processing_status": _needed(report, "processingStatus"),
            "document_id": _text(report, "reportDocumentId"),
        }
    if notification_type == QUERY_FINISHED:
        query = _object(payload, "payload")
        return {
            "seller_id": _needed(query, "accountId"),
            "report_id": _needed(query, "queryId"),
            "processing_status": _needed(query, "processingStatus"),
            "document_id": _text(query, "dataDocumentId") or _text(query, "errorDocumentId"),
        }
    raise _Malformed(f"sellerops does not use notifications of type {notification_type or 'unknown'}")


def _json(text: str) -> object:
    try:
        return read_json(text)
    except TooDeep as error:
        raise _Malformed(f"the message cannot be read: {error}") from None
    except ValueError:
        raise _Malformed("the message is not JSON") from None


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _Malformed(f"{name} is not an object")
    return value


def _needed(values: Mapping[str, Any], name: str) -> str:
    value = _text(values, name)
    if not value:
        raise _Malformed(f"{name} is missing")
    return value


def _text(values: Mapping[str, Any], name: str) -> str | None:
    value = values.get(name)
    return storable(value) if isinstance(value, str) and value else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
    except ValueError:
        return None
