"""Usage plans: one token bucket per application, seller and operation, on the virtual clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class UsagePlan(NamedTuple):
    """Tokens a second and the size of the bucket."""

    rate: float
    burst: float


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Quotas:
    """The buckets; each starts full.

    `published` holds Amazon's plan of each operation. A plan set for an operation replaces it for all
    sellers, one set for a seller only for that seller; tokens in a bucket stay, up to the new burst.
    """

    def __init__(self, published: Mapping[str, UsagePlan]) -> None:
        self.published = dict(published)
        self._changed: dict[tuple[str, str | None], UsagePlan] = {}
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def plan(self, operation: str, seller_id: str) -> UsagePlan:
        """The plan in force. Raises KeyError for an operation without one."""
        if self._changed:
            own = self._changed.get((operation, seller_id)) or self._changed.get((operation, None))
            if own is not None:
                return own
        return self.published[operation]

    def set_plan(self, operation: str, seller_id: str | None, plan: UsagePlan, now: float) -> None:
        """Put a plan in force from `now` on; tokens up to then accrue at the old rate."""
        for (_, seller, bucket_operation), bucket in self._buckets.items():
            if bucket_operation == operation and seller_id in (None, seller):
                self._refill(bucket, self.plan(operation, seller), now)
                bucket.tokens = min(bucket.tokens, plan.burst)
        self._changed[operation, seller_id] = plan

    def take(self, application: str, seller_id: str, operation: str, now: float) -> bool:
        """Take one token; False when the bucket is empty."""
        plan = self.plan(operation, seller_id)
        key = (application, seller_id, operation)
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(plan.burst, now)
        self._refill(bucket, plan, now)
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True

    def reset(self) -> None:
        """Restore the published plans and fill all buckets."""
        self._changed.clear()
        self._buckets.clear()

    def as_dict(self, now: float) -> dict[str, object]:
        """Plans and the tokens each used bucket holds now."""
        for (_, seller, operation), bucket in self._buckets.items():
            self._refill(bucket, self.plan(operation, seller), now)
        return {
            "plans": {name: plan._asdict() for name, plan in self.published.items()},
            "changed": [
                {"operation": operation, "seller_id": seller, **plan._asdict()}
                for (operation, seller), plan in self._changed.items()
            ],
            "buckets": [
                {
                    "application": application,
                    "seller_id": seller,
                    "operation": operation,
                    "tokens": bucket.tokens,
                }
                for (application, seller, operation), bucket in self._buckets.items()
            ],
        }

    @staticmethod
    def _refill(bucket: _Bucket, plan: UsagePlan, now: float) -> None:
        # A clock that was set back neither adds nor removes tokens.
        earned = max(0.0, now - bucket.at) * plan.rate
        bucket.tokens = min(plan.burst, bucket.tokens + earned)
        bucket.at = now
