"""Amazon's quotas, shared by all processes through the ledger. Knows nothing of HTTP."""

from sellerops.rate_limits.config import (
    OperationLimit,
    RateLimitConfig,
    ReportTypeLimit,
    ReuseRules,
    load_rate_limits,
)
from sellerops.rate_limits.decisions import Bucket, Decision, Granted, Place, Priority, Wait
from sellerops.rate_limits.kept import KeepingToken, KeptToken, UsingToken
from sellerops.rate_limits.quota import LearnedCooldown, QuotaLedger
from sellerops.rate_limits.waiting import acquire, at_most

__all__ = [
    "Bucket",
    "Decision",
    "Granted",
    "KeepingToken",
    "KeptToken",
    "LearnedCooldown",
    "OperationLimit",
    "Place",
    "Priority",
    "QuotaLedger",
    "RateLimitConfig",
    "ReportTypeLimit",
    "ReuseRules",
    "UsingToken",
    "Wait",
    "acquire",
    "at_most",
    "load_rate_limits",
]
