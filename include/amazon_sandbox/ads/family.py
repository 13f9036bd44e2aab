"""What the Amazon Ads API adds to the sandbox."""

from __future__ import annotations

from amazon_sandbox.ads import data, entity_lists, exports, faults, routes
from amazon_sandbox.ads.accounts import AdsAccounts
from amazon_sandbox.ads.state import AdsStore, known_ads_types
from amazon_sandbox.core.faults import Stage
from amazon_sandbox.core.sandbox import Family

_CREATE = ("createAdsReport", "createExport")

FAMILY = Family(
    routes=(*routes.routes, *exports.routes, *entity_lists.routes),
    usage_plans=data.USAGE_PLANS,
    faults=faults.MENU,
    stages={Stage.REPORT: _CREATE, Stage.DOCUMENT: _CREATE},
    states=(AdsAccounts, AdsStore),
    report_types=known_ads_types,
)
