"""Subscribes our queue to an account's notifications, and ends the subscriptions. Idempotent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sellerops.base.errors import ConfigurationError, RequestRefused
from sellerops.ledger import Ledger, notifications
from sellerops.ledger.notifications import QUERY_FINISHED, REPORT_FINISHED, Subscription
from sellerops.sources.amazon_sp.notifications import Destination, NotificationsApi

TYPES = (REPORT_FINISHED, QUERY_FINISHED)
_NAME = "sellerops"


@dataclass(frozen=True)
class Step:
    """What was done or found, for display. ``is_new``: it changed something."""

    text: str
    is_new: bool


async def set_up(
    api: NotificationsApi, ledger: Ledger, account_id: str, arn: str, types: Iterable[str] = TYPES
) -> list[Step]:
    """Create a destination for the queue and the account's subscriptions to it, where they are missing.

    Raises ConfigurationError if the seller already has a subscription to another queue of the same
    application: Amazon allows one subscription per type, and something else may depend on it. Also raises it
    if Amazon refuses the queue.
    """
    found = await _destination(api, arn)
    destination = found or await _create(api, arn)
    steps = [Step(f"destination {destination.id} is {arn}", found is None)]
    for kind in types:
        existing = await api.subscription(kind)
        if existing and existing.destination_id != destination.id:
            raise ConfigurationError(
                f"is subscribed to {kind} with another destination ({existing.destination_id}).",
                where=f"account {account_id}",
                remedy="Use that queue in connection sellerops_notifications, or end the subscription: "
                f"`sellerops notifications remove --account {account_id} --any-queue`.",
            )
        subscription = existing or await api.subscribe(kind, destination.id)
        record = Subscription(account_id, kind, subscription.id, destination.id, arn)
        ledger.database.run(lambda c, one=record: notifications.record_subscription(c, one))  # type: ignore[misc]
        steps.append(Step(f"{kind}: subscription {subscription.id}", existing is None))
    return steps


async def remove(
    api: NotificationsApi, ledger: Ledger, account_id: str, arn: str, *, any_queue: bool = False
) -> list[Step]:
    """Delete the account's subscriptions to the queue, or with ``any_queue`` to any queue.

    The destination is deleted too, unless something else is subscribed to it.
    """
    destination = await _destination(api, arn)
    steps = []
    for kind in TYPES:
        existing = await api.subscription(kind)
        if existing and (any_queue or (destination and existing.destination_id == destination.id)):
            await api.unsubscribe(kind, existing.id)
            steps.append(Step(f"{kind}: subscription {existing.id} is deleted", True))
        ledger.database.run(lambda c, one=kind: notifications.forget_subscription(c, account_id, one))  # type: ignore[misc]
    if destination:
        steps.append(await _drop(api, destination))
    return steps or [Step("nothing was subscribed", False)]


async def _destination(api: NotificationsApi, arn: str) -> Destination | None:
    return next((each for each in await api.destinations() if each.arn == arn), None)


async def _create(api: NotificationsApi, arn: str) -> Destination:
    try:
        return await api.create_destination(_NAME, arn)
    except RequestRefused as error:
        raise ConfigurationError(
            f"Amazon refused the queue: {error.cause}",
            where=arn,
            remedy="The queue's policy must let Amazon's notification account send (docs/operations.md). "
            "FIFO queues are not supported.",
        ) from error


async def _drop(api: NotificationsApi, destination: Destination) -> Step:
    try:
        await api.delete_destination(destination.id)
    except RequestRefused:
        return Step(f"destination {destination.id} stays, because something else is subscribed to it", False)
    return Step(f"destination {destination.id} is deleted", True)
