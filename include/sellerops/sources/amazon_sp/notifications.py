"""The Notifications API v1 for one account: where notices go, and which are sent.

Destinations and subscriptions by id are the application's and need a grantless token (scope
``sellingpartnerapi::notifications``); a seller's subscriptions need the seller's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from sellerops.base.bounded_json import read_json
from sellerops.base.errors import RequestRefused, SellerOpsError, UnexpectedAnswer
from sellerops.ledger import Ledger
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED
from sellerops.sources.amazon_sp.transport import CheckedTransport, current_call
from sellerops.sources.common.call_log import CallRecord, collect_token_calls, record_call
from sellerops.sources.common.documents import redact_httpx_logs
from sellerops.sources.common.http import httpx
from sellerops.sources.common.lwa import Credentials, TokenSource

SCOPE = "sellingpartnerapi::notifications"
# The payload versions in Amazon's schemas of the two notifications.
PAYLOAD_VERSIONS = {REPORT_FINISHED: "2020-09-04", QUERY_FINISHED: "2023-11-15"}
_ROOT = "/notifications/v1"
_TIMEOUT = 30.0


@dataclass(frozen=True)
class Destination:
    """A queue that an application may have notices sent to."""

    id: str
    name: str
    arn: str


@dataclass(frozen=True)
class SellerSubscription:
    """That a seller's notices of one type go to a destination."""

    id: str
    destination_id: str


class NotificationsApi:
    """Calls for one set of credentials; an async context manager. Errors are typed as ``SpApiClient``'s.

    Not leased from the ledger's quotas: a person sets notifications up once, and a second and a burst of five
    is allowed (usage plan of the API's model). With a ``ledger`` each call is in its log, as the account's.
    """

    def __init__(self, credentials: Credentials, ledger: Ledger | None = None, account_id: str = "") -> None:
        credentials.check()
        self._ledger, self._account_id = ledger, account_id
        redact_httpx_logs()
        self._credentials = credentials
        self._http = httpx.AsyncClient(timeout=_TIMEOUT)
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
        """RequestRefused when Amazon may not write into the queue, or it is a destination already."""
        body = {"name": name, "resourceSpecification": {"sqs": {"arn": arn}}}
        answer = await self._call(self._grantless, "createDestination", "POST", "/destinations", body)
        return Destination(_text(answer, "destinationId"), name, arn)

    async def delete_destination(self, destination_id: str) -> None:
        """RequestRefused when it is not there or still subscribed to."""
        await self._call(self._grantless, "deleteDestination", "DELETE", f"/destinations/{destination_id}")

    async def subscription(self, notification_type: str) -> SellerSubscription | None:
        """The seller's subscription to a type, None without one."""
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
        """RequestRefused (409) when the seller is subscribed to the type already."""
        body = {"payloadVersion": PAYLOAD_VERSIONS[notification_type], "destinationId": destination_id}
        answer = await self._call(
            self._seller, "createSubscription", "POST", f"/subscriptions/{notification_type}", body
        )
        return SellerSubscription(_text(answer, "subscriptionId"), destination_id)

    async def unsubscribe(self, notification_type: str, subscription_id: str) -> None:
        """RequestRefused when it is not there."""
        path = f"/subscriptions/{notification_type}/{subscription_id}"
        await self._call(self._grantless, "deleteSubscriptionById", "DELETE", path)

    async def send_test(self, notification_type: str, destination_id: str, scenario: str) -> None:
        """Let Amazon send a made-up notice; which scenarios a type has, its developer guide says."""
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
        facts = CallRecord(operation)
        mark = current_call.set(facts)
        with collect_token_calls() as tokens:
            try:
                response = await transport.request(
                    method,
                    self._credentials.endpoint.rstrip("/") + _ROOT + path,
                    content=json.dumps(body).encode() if body is not None else None,
                    headers={"user-agent": "sellerops (Language=Python)", "content-type": "application/json"},
                )
                facts.end()
            except SellerOpsError as error:
                facts.end(error)
                raise
            finally:
                current_call.reset(mark)
                await self._write_down([each for each in (*tokens, facts) if each.seconds is not None])
        answer = read_json(response.content) if response.content.strip() else {}
        return answer.get("payload") if isinstance(answer, dict) else None

    async def _write_down(self, made: Sequence[CallRecord]) -> None:
        if self._ledger is None:
            return
        for facts in made:
            await asyncio.to_thread(record_call, self._ledger, facts.of(self._account_id))

    def _transport(self, scope: str) -> CheckedTransport:
        return CheckedTransport(
            self._http, TokenSource(self._credentials, self._http, scope), self._credentials
        )


def _list(answer: object) -> list[Any]:
    if not isinstance(answer, list):
        raise UnexpectedAnswer("getDestinations answered no list.", where="Notifications API")
    return answer


def _destination(told: Any) -> Destination | None:
    arn = told.get("resource", {}).get("sqs", {}).get("arn") if isinstance(told, dict) else None
    return Destination(_text(told, "destinationId"), str(told.get("name", "")), arn) if arn else None


def _subscription(told: object) -> SellerSubscription:
    return SellerSubscription(_text(told, "subscriptionId"), _text(told, "destinationId"))


def _text(answer: object, name: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise UnexpectedAnswer(f"Amazon's answer has no {name}.", where="Notifications API")
    return value
