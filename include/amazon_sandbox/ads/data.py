"""What is fixed about the Ads API: operations, made-up quotas, media types, limits."""

from __future__ import annotations

from amazon_sandbox.core.quotas import UsagePlan

SCOPE = "advertising::campaign_management"
AUDIENCE = "ads"

# Amazon publishes no rates for the Ads API; these are invented, per profile.
_REPORTS = {
    "createAdsReport": UsagePlan(1.0, 20),
    "getAdsReport": UsagePlan(5.0, 40),
    "deleteAdsReport": UsagePlan(1.0, 10),
}
_EXPORTS = {"createExport": UsagePlan(0.5, 10), "getExport": UsagePlan(5.0, 40)}
_LISTS = (
    "listProfiles",
    "getProfile",
    "listPortfolios",
    "listSpCampaigns",
    "listSpAdGroups",
    "listSpKeywords",
    "listSpTargets",
    "listSpProductAds",
    "listSbCampaigns",
    "listSdCampaigns",
)
USAGE_PLANS = {**_REPORTS, **_EXPORTS, **dict.fromkeys(_LISTS, UsagePlan(2.0, 20))}
OPERATIONS = tuple(USAGE_PLANS)
WITHOUT_PROFILE = ("listProfiles", "getProfile")

CREATE_TYPES = ("application/vnd.createasyncreportrequest.v3+json", "application/json")

QUEUE_SECONDS, PROGRESS_SECONDS = 60.0, 180.0
EXPORT_SECONDS = 30.0
URL_SECONDS = 3600
# Amazon does not document how long a report counts as a duplicate, or stays available.
DUPLICATE_SECONDS = 4 * 3600.0
KEPT_SECONDS = 30 * 86_400.0
EXPORT_KEPT_SECONDS = 86_400.0

# Statuses of the sandbox's reports -> those of the Ads API.
STATUSES = {
    "IN_QUEUE": "PENDING",
    "IN_PROGRESS": "PROCESSING",
    "DONE": "COMPLETED",
    "FATAL": "FAILED",
    "CANCELLED": "CANCELLED",
}
