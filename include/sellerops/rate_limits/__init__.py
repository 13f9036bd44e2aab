"""Amazon's quotas, shared by all processes through the ledger. Independent of HTTP."""

from sellerops.rate_limits.config import (
    OperationLimit,
    RateLimitConfig,
    ReportTypeLimit,
    ReuseRules,
    load_rate_limits,
)
from sellerops.rate_limits.cooldowns import LearnedCooldown
from sellerops.rate_limits.decisions import Bucket, Decision, Granted, Priority, QueuePosition, Wait
from sellerops.rate_limits.quota import QuotaLedger
from sellerops.rate_limits.reservations import ReservedToken, TokenRedeemer, TokenReserver
from sellerops.rate_limits.waiting import acquire, max_token_wait

__all__ = [
    "Bucket",
    "Decision",
    "Granted",
    "LearnedCooldown",
    "OperationLimit",
    "Priority",
    "QueuePosition",
    "QuotaLedger",
    "RateLimitConfig",
    "ReportTypeLimit",
    "ReservedToken",
    "ReuseRules",
    "TokenRedeemer",
    "TokenReserver",
    "Wait",
    "acquire",
    "load_rate_limits",
    "max_token_wait",
]
