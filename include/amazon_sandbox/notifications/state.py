"""Destinations and subscriptions, and the validation of requests."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from amazon_sandbox.core.sandbox import FamilyState, Sandbox
from amazon_sandbox.notifications import data

_ARN = re.compile(r"arn:aws:sqs:\S+:\S+:\S+")


@dataclass(frozen=True, slots=True)
class Destination:
    """A queue of an application."""

    id: str
    application: str
    name: str
    arn: str

    def as_dict(self) -> dict[str, Any]:
        """The model's Destination."""
        return {"destinationId": self.id, "name": self.name, "resource": {"sqs": {"arn": self.arn}}}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A seller's notifications of one type for an application."""

    id: str
    application: str
    seller_id: str
    kind: str
    payload_version: str
    destination: Destination

    def as_dict(self) -> dict[str, Any]:
        """The model's Subscription."""
        return {
            "subscriptionId": self.id,
            "payloadVersion": self.payload_version,
            "destinationId": self.destination.id,
        }


class NotificationStore(FamilyState):
    """All destinations and subscriptions."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._destinations: dict[str, Destination] = {}
        self._subscriptions: dict[str, Subscription] = {}

    def destinations(self, application: str) -> list[Destination]:
        """The destinations of an application."""
        return [each for each in self._destinations.values() if each.application == application]

    def destination(self, destination_id: str, application: str) -> Destination:
        """A destination of an application by id. Raises ApiError."""
        found = self._destinations.get(destination_id)
        if found is None or found.application != application:
            raise data.unknown("The destination")
        return found

    def add_destination(self, application: str, name: str, arn: str) -> Destination:
        """Add a destination. Raises ApiError when the queue already is one."""
        if any(each.arn == arn for each in self.destinations(application)):
            raise data.EXISTS
        made = Destination(str(uuid.uuid4()), application, name, arn)
        self._destinations[made.id] = made
        return made

    def remove_destination(self, destination_id: str, application: str) -> None:
        """Remove a destination. Raises ApiError while a subscription uses it."""
        found = self.destination(destination_id, application)
        if any(each.destination == found for each in self._subscriptions.values()):
            raise data.invalid("The destination has subscriptions.")
        del self._destinations[destination_id]

    def find(self, application: str, seller_id: str, kind: str) -> Subscription | None:
        """The subscription of a seller to a type."""
        return next(iter(self.subscribed(kind, seller_id, application)), None)

    def subscribed(self, kind: str, seller_id: str, application: str | None = None) -> Iterator[Subscription]:
        """The subscriptions to a seller's events, of one application if given."""
        for each in list(self._subscriptions.values()):
            if (each.kind, each.seller_id) == (kind, seller_id) and application in (None, each.application):
                yield each

    def subscribe(
        self, application: str, seller_id: str, kind: str, version: str, destination_id: str
    ) -> Subscription:
        """Add a subscription. Raises ApiError when it already exists."""
        destination = self.destination(destination_id, application)
        if self.find(application, seller_id, kind):
            raise data.EXISTS
        made = Subscription(str(uuid.uuid4()), application, seller_id, kind, version, destination)
        self._subscriptions[made.id] = made
        return made

    def subscription(self, subscription_id: str, application: str, kind: str) -> Subscription:
        """A subscription by id. Raises ApiError."""
        found = self._subscriptions.get(subscription_id)
        if found is None or (found.application, found.kind) != (application, kind):
            raise data.unknown("The subscription")
        return found

    def unsubscribe(self, subscription_id: str, application: str, kind: str) -> None:
        """Remove a subscription. Raises ApiError for an unknown one."""
        del self._subscriptions[self.subscription(subscription_id, application, kind).id]

    def reset(self) -> None:
        """Forget all."""
        self._subscriptions.clear()
        self._destinations.clear()

    def __bool__(self) -> bool:
        return bool(self._subscriptions)


def read_kind(kind: str) -> str:
    """A supported notification type. Raises ApiError."""
    if kind not in data.VERSIONS:
        raise data.invalid(f"notificationType {kind} is not supported.")
    return kind


def read_object(body: bytes) -> dict[str, Any]:
    """The body of a request. Raises ApiError."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise data.invalid("The body is not a JSON object.")
    return found


def read_text(body: dict[str, Any], name: str) -> str:
    """A required text. Raises ApiError."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise data.invalid(f"{name} is required.")
    return value


def read_arn(body: dict[str, Any]) -> str:
    """The ARN of the queue. Raises ApiError."""
    resource = body.get("resourceSpecification")
    queue = resource.get("sqs") if isinstance(resource, dict) else None
    arn = queue.get("arn") if isinstance(queue, dict) else None
    if not isinstance(arn, str) or not _ARN.fullmatch(arn) or len(arn) > 1000:
        raise data.invalid("resourceSpecification.sqs.arn is not the ARN of a queue.")
    return arn
