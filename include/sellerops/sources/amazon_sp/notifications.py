"""The Notifications API v1 for one account: destinations of notifications, and subscriptions to them.

Destinations, and subscriptions by their id, belong to the application and need a grantless token (scope
``sellingpartnerapi::notifications``); a seller's subscriptions need the seller's token.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sellerops.base.bounded_json import read_json
from sellerops.base.errors import RequestRefused, UnexpectedAnswer
from sellerops.ledger import Ledger
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED
from sellerops.sources.amazon_sp.transport import JSON_HEADERS, CheckedTransport
from sellerops.sources.common.answers import text_field
from sellerops.sources.common.call_log import CallRecord, logged_call, record_call
from sellerops.sources.common.lwa import Credentials, TokenSource
from sellerops.sources.common.transport import http_client

SCOPE = "sellingpartnerapi::notifications"
# The payload versions in Amazon's schemas of the two notifications.
PAYLOAD_VERSIONS = {REPORT_FINISHED: "2020-09-04", QUERY_FINISHED: "2023-11-15"}
_ROOT = "/notifications/v1"
_WHERE = "Notifications API"


@dataclass(frozen=True)
class Destination:
    """A queue to which an application may have notifications sent."""

    id: str
    name: str
    arn: str


@dataclass(frozen=True)
class SellerSubscription:
    """A seller's subscription: notifications of one type are sent to a destination."""

    id: str
    destination_id: str


class NotificationsApi:
    """Calls for one set of credentials; an async context manager. Raises what ``SpApiClient`` raises.

    Calls take no leases from the ledger's quotas: a person sets notifications up once, and the API's usage
    plan allows one call a second and a burst of five. With a ``ledger`` each call is logged for the account.
    """

    def __init__(self, credentials: Credentials, ledger: Ledger | None = None, account_id: str = "") -> None:
        credentials.check()
        self._ledger, self._account_id = ledger, account_id
        self._credentials = credentials
        self._http = http_client()
        self._seller = self._transport("")
        self._grantless = self._transport(SCOPE)

    async def __aenter__(self) -> NotificationsApi:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def destinations(self) -> list[Destination]:
        """The queues among the application's destinations."""
        answer = await self._call(self._grantless, "getDestinations", "GET", "/destinations")
        return [found for each in _list(answer) if (found := _destination(each)) is not None]

    async def create_destination(self, name: str, arn: str) -> Destination:
        """Create a destination. RequestRefused if Amazon may not write to the queue or it already is one."""
        body = {"name": name, "resourceSpecification": {"sqs": {"arn": arn}}}
        answer = await self._call(self._grantless, "createDestination", "POST", "/destinations", body)
        return Destination(_text(answer, "destinationId"), name, arn)

    async def delete_destination(self, destination_id: str) -> None:
        """Delete a destination. RequestRefused when it does not exist or still has subscriptions."""
        await self._call(self._grantless, "deleteDestination", "DELETE", f"/destinations/{destination_id}")

    async def subscription(self, notification_type: str) -> SellerSubscription | None:
        """The seller's subscription to a type; None if there is none."""
        try:
            answer = await self._call(
                self._seller, "getSubscription", "GET", f"/subscriptions/{notification_type}"
            )
        except RequestRefused as error:
            if error.details.get("status") == 404:
                return None
            raise
        return _subscription(answer) if answer else None

    async def subscribe(self, notification_type: str, destination_id: str) -> SellerSubscription:
        """Subscribe the seller to a type. RequestRefused (409) when the seller already has a subscription."""
        body = {"payloadVersion": PAYLOAD_VERSIONS[notification_type], "destinationId": destination_id}
        answer = await self._call(
            self._seller, "createSubscription", "POST", f"/subscriptions/{notification_type}", body
        )
        return SellerSubscription(_text(answer, "subscriptionId"), destination_id)

    async def unsubscribe(self, notification_type: str, subscription_id: str) -> None:
        """Delete a subscription. RequestRefused when it does not exist."""
        path = f"/subscriptions/{notification_type}/{subscription_id}"
        await self._call(self._grantless, "deleteSubscriptionById", "DELETE", path)

    async def send_test(self, notification_type: str, destination_id: str, scenario: str) -> None:
        """Have Amazon send a test notification; the type's developer guide lists its scenarios."""
        test = {"payloadVersion": PAYLOAD_VERSIONS[notification_type], "testScenario": scenario}
        await self._call(
            self._grantless,
            "sendTestNotification",
            "POST",
            f"/subscriptions/{notification_type}/testNotification",
            {"destinationId": destination_id, "testNotification": test},
        )

    async def _call(
        self,
        transport: CheckedTransport,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        """The answer's payload."""
        async with logged_call(operation, None, self._log_call):
            response = await transport.request(
                method,
                self._credentials.endpoint.rstrip("/") + _ROOT + path,
                content=json.dumps(body).encode() if body is not None else None,
                headers=JSON_HEADERS,
            )
        answer = read_json(response.content) if response.content.strip() else {}
        return answer.get("payload") if isinstance(answer, dict) else None

    def _log_call(self, call: CallRecord, tokens: Sequence[CallRecord]) -> None:
        if self._ledger is None:
            return
        for each in (*tokens, call):
            record_call(self._ledger, each.to_api_call(self._account_id))

    def _transport(self, scope: str) -> CheckedTransport:
        return CheckedTransport(
            self._http, TokenSource(self._credentials, self._http, scope), self._credentials
        )


def _list(answer: object) -> list[Any]:
    if not isinstance(answer, list):
        raise UnexpectedAnswer("getDestinations answered without a list.", where=_WHERE)
    return answer


def _destination(item: Any) -> Destination | None:
    arn = item.get("resource", {}).get("sqs", {}).get("arn") if isinstance(item, dict) else None
    return Destination(_text(item, "destinationId"), str(item.get("name", "")), arn) if arn else None


def _subscription(answer: object) -> SellerSubscription:
    return SellerSubscription(_text(answer, "subscriptionId"), _text(answer, "destinationId"))


def _text(answer: object, name: str) -> str:
    return text_field(answer if isinstance(answer, dict) else {}, name, _WHERE)
