"""The Notifications API v1: destinations (grantless) and subscriptions of sellers."""

from __future__ import annotations

import json
import uuid
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.notifications import data, state
from amazon_sandbox.notifications.sending import NotificationSender
from amazon_sandbox.notifications.state import NotificationStore
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint


async def create_destination(call: Operation) -> Answer:
    """200 with the destination; 409 when the queue already is one."""
    body = state.read_object(call.body)
    name, arn = state.read_text(body, "name"), state.read_arn(body)
    return _payload(
        call.sandbox.state(NotificationStore).add_destination(call.application, name, arn).as_dict()
    )


async def get_destinations(call: Operation) -> Answer:
    """All destinations of the application."""
    return _payload(
        [each.as_dict() for each in call.sandbox.state(NotificationStore).destinations(call.application)]
    )


async def get_destination(call: Operation) -> Answer:
    """One destination by id."""
    return _payload(call.sandbox.state(NotificationStore).destination(_id(call), call.application).as_dict())


async def delete_destination(call: Operation) -> Answer:
    """200 without content; 400 while a subscription uses it."""
    call.sandbox.state(NotificationStore).remove_destination(_id(call), call.application)
    return 200, {}


async def create_subscription(call: Operation) -> Answer:
    """200 with the subscription; 409 when it already exists."""
    kind, body = _kind(call), state.read_object(call.body)
    version, destination = state.read_text(body, "payloadVersion"), state.read_text(body, "destinationId")
    if version != data.VERSIONS[kind]:
        raise data.invalid(f"payloadVersion {version} is not supported for {kind}.")
    made = call.sandbox.state(NotificationStore).subscribe(
        call.application, call.caller.seller_id, kind, version, destination
    )
    call.sandbox.state(NotificationSender).watch()
    return _payload(made.as_dict())


async def get_subscription(call: Operation) -> Answer:
    """The seller's subscription; 404 if it does not exist."""
    found = call.sandbox.state(NotificationStore).find(call.application, call.caller.seller_id, _kind(call))
    if found is None:
        raise data.unknown("The subscription")
    return _payload(found.as_dict())


async def get_subscription_by_id(call: Operation) -> Answer:
    """A subscription of any seller, by id."""
    found = call.sandbox.state(NotificationStore).subscription(_id(call), call.application, _kind(call))
    return _payload(found.as_dict())


async def delete_subscription_by_id(call: Operation) -> Answer:
    """200 without content."""
    call.sandbox.state(NotificationStore).unsubscribe(_id(call), call.application, _kind(call))
    return 200, {}


async def send_test_notification(call: Operation) -> Answer:
    """Send a message of the type to the queue; all scenarios are the same."""
    kind, body = _kind(call), state.read_object(call.body)
    destination = call.sandbox.state(NotificationStore).destination(
        state.read_text(body, "destinationId"), call.application
    )
    test = body.get("testNotification")
    if not isinstance(test, dict) or not test.get("testScenario"):
        raise data.invalid("testNotification.testScenario is required.")
    now, notification_id = data.iso_millis(call.sandbox.clock.now()), str(uuid.uuid4())
    message = {
        "notificationVersion": data.VERSIONS[kind],
        "notificationType": kind,
        "payloadVersion": data.VERSIONS[kind],
        "eventTime": now,
        "payload": _TEST_PAYLOADS[kind],
        "notificationMetadata": {
            "applicationId": data.application_id(call.application),
            "subscriptionId": "test",
            "publishTime": now,
            "notificationId": notification_id,
        },
    }
    await call.sandbox.state(NotificationSender).send(destination, json.dumps(message))
    return _payload({"notificationId": notification_id}, 202)


_TEST_PAYLOADS: dict[str, dict[str, Any]] = {
    data.REPORT_FINISHED: {
        "reportProcessingFinishedNotification": {
            "sellerId": "A3TH9S8BH6GOGM",
            "accountId": "amzn1.merchant.o.A3TH9S8BH6GOGM",
            "reportId": "54517018502",
            "reportType": "GET_FLAT_FILE_ACTIONABLE_ORDER_DATA",
            "processingStatus": "CANCELLED",
        }
    },
    data.QUERY_FINISHED: {
        "accountId": "amzn1.merchant.o.A3TH9S8BH6GOGM",
        "queryId": "54517018502",
        "query": "query",
        "processingStatus": "CANCELLED",
    },
}


def _payload(payload: Any, status: int = 200) -> Answer:
    return status, {"payload": payload}


def _kind(call: Operation) -> str:
    return state.read_kind(call.request.path_params["kind"])


def _id(call: Operation) -> str:
    return str(call.request.path_params["id"])


def _find_subject(call: Operation) -> None:
    return None


_HANDLERS = {
    "createSubscription": ("POST", "/subscriptions/{kind}", create_subscription),
    "getSubscription": ("GET", "/subscriptions/{kind}", get_subscription),
    "getSubscriptionById": ("GET", "/subscriptions/{kind}/{id}", get_subscription_by_id),
    "deleteSubscriptionById": ("DELETE", "/subscriptions/{kind}/{id}", delete_subscription_by_id),
    "sendTestNotification": ("POST", "/subscriptions/{kind}/testNotification", send_test_notification),
    "createDestination": ("POST", "/destinations", create_destination),
    "getDestinations": ("GET", "/destinations", get_destinations),
    "getDestination": ("GET", "/destinations/{id}", get_destination),
    "deleteDestination": ("DELETE", "/destinations/{id}", delete_destination),
}
routes: list[BaseRoute] = [
    Route(
        data.ROOT + path,
        endpoint(name, handler, _find_subject, grantless=name in data.GRANTLESS),
        methods=[method],
    )
    for name, (method, path, handler) in _HANDLERS.items()
]
