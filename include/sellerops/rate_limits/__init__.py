"""Amazon's quotas, shared by all processes through the ledger. Knows nothing of HTTP."""

from sellerops.rate_limits.config import (
    OperationLimit,
    RateLimitConfig,
    ReportTypeLimit,
    ReuseRules,
    load_rate_limits,
)
from sellerops.rate_limits.quota import (
    Bucket,
    Decision,
    Granted,
    LearnedCooldown,
    Place,
    Priority,
    QuotaLedger,
    Wait,
)
from sellerops.rate_limits.waiting import acquire

__all__ = [
    "Bucket",
    "Decision",
    "Granted",
    "LearnedCooldown",
    "OperationLimit",
    "Place",
    "Priority",
    "QuotaLedger",
    "RateLimitConfig",
    "ReportTypeLimit",
    "ReuseRules",
    "Wait",
    "acquire",
    "load_rate_limits",
]
