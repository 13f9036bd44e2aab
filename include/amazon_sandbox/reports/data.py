"""What is fixed about the Reports API: operations, usage plans, report types, periods."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from amazon_sandbox.core.quotas import UsagePlan

BASE = "/reports/2021-06-30"

# Usage plans as the descriptions in reports_2021-06-30.json give them.
USAGE_PLANS = {
    "getReports": UsagePlan(0.0222, 10),
    "createReport": UsagePlan(0.0167, 15),
    "cancelReport": UsagePlan(0.0222, 10),
    "getReport": UsagePlan(2.0, 15),
    "getReportSchedules": UsagePlan(0.0222, 10),
    "createReportSchedule": UsagePlan(0.0222, 10),
    "cancelReportSchedule": UsagePlan(0.0222, 10),
    "getReportSchedule": UsagePlan(0.0222, 10),
    "getReportDocument": UsagePlan(0.0167, 15),
}
DOWNLOAD = "downloadDocument"

STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
FINAL = frozenset(("CANCELLED", "DONE", "FATAL"))

RETENTION = timedelta(days=90)
URL_SECONDS = 300
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"

# None: a calendar month (P1M).
PERIODS: dict[str, timedelta | None] = {
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT2H": timedelta(hours=2),
    "PT4H": timedelta(hours=4),
    "PT8H": timedelta(hours=8),
    "PT12H": timedelta(hours=12),
    "P1D": timedelta(days=1),
    "P2D": timedelta(days=2),
    "P3D": timedelta(days=3),
    "PT84H": timedelta(hours=84),
    "P7D": timedelta(days=7),
    "P14D": timedelta(days=14),
    "P15D": timedelta(days=15),
    "P18D": timedelta(days=18),
    "P30D": timedelta(days=30),
    "P1M": None,
}

Access = Literal["requestable", "schedulable", "amazon", "restricted"]


class TypeRules(NamedTuple):
    """How Amazon treats a report type.

    :param number: Amazon's number of the type, seen in document ids and refusals (1118 is public).
    :param queue_seconds: virtual time in IN_QUEUE.
    :param progress_seconds: virtual time in IN_PROGRESS after it.
    :param by_days: the window is calendar days; the time part is ignored.
    :param is_snapshot: the window is ignored.
    :param cooldown: time in which an identical report (type, marketplaces, window) is not created again.
    :param when_repeated: how a report requested within the cooldown ends.
    :param max_range: a longer window ends FATAL.
    :param oldest: a window that starts earlier ends CANCELLED.
    :param compressed: documents are stored with GZIP.
    """

    number: int = 99900
    queue_seconds: float = 20.0
    progress_seconds: float = 40.0
    by_days: bool = False
    is_snapshot: bool = False
    cooldown: timedelta | None = None
    when_repeated: Literal["cached", "cancelled"] = "cancelled"
    max_range: timedelta | None = None
    oldest: timedelta | None = None
    compressed: bool = True


TYPES: dict[str, TypeRules] = {
    "GET_SALES_AND_TRAFFIC_REPORT": TypeRules(
        number=44900,
        queue_seconds=15,
        progress_seconds=30,
        by_days=True,
        oldest=timedelta(days=731),
    ),
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": TypeRules(
        number=2400,
        queue_seconds=20,
        progress_seconds=60,
        max_range=timedelta(days=31),
        oldest=timedelta(days=731),
    ),
    "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL": TypeRules(
        number=2401,
        queue_seconds=20,
        progress_seconds=60,
        max_range=timedelta(days=31),
        oldest=timedelta(days=731),
    ),
    "GET_XML_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL": TypeRules(
        number=2402,
        queue_seconds=20,
        progress_seconds=60,
        max_range=timedelta(days=31),
        oldest=timedelta(days=731),
    ),
    "GET_MERCHANT_LISTINGS_ALL_DATA": TypeRules(
        number=2501, is_snapshot=True, cooldown=timedelta(hours=1), when_repeated="cached"
    ),
    "GET_FLAT_FILE_OPEN_LISTINGS_DATA": TypeRules(
        number=2502, is_snapshot=True, cooldown=timedelta(hours=1), when_repeated="cached"
    ),
    "GET_MERCHANT_LISTINGS_INACTIVE_DATA": TypeRules(
        number=2503, is_snapshot=True, cooldown=timedelta(hours=1), when_repeated="cached"
    ),
    "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA": TypeRules(
        number=2411,
        queue_seconds=20,
        progress_seconds=40,
        is_snapshot=True,
        cooldown=timedelta(minutes=30),
        when_repeated="cached",
        compressed=False,
    ),
    "GET_FBA_MYI_ALL_INVENTORY_DATA": TypeRules(
        number=2412, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_AFN_INVENTORY_DATA": TypeRules(
        number=2413, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_AFN_INVENTORY_DATA_BY_COUNTRY": TypeRules(
        number=2414, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_RESERVED_INVENTORY_DATA": TypeRules(
        number=2415, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT": TypeRules(
        number=2416, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_STRANDED_INVENTORY_UI_DATA": TypeRules(
        number=2417, is_snapshot=True, cooldown=timedelta(minutes=30), when_repeated="cached"
    ),
    "GET_FBA_INVENTORY_PLANNING_DATA": TypeRules(
        number=2418,
        queue_seconds=30,
        progress_seconds=90,
        is_snapshot=True,
        cooldown=timedelta(hours=4),
        when_repeated="cached",
    ),
    "GET_LEDGER_SUMMARY_VIEW_DATA": TypeRules(
        number=2419,
        queue_seconds=30,
        progress_seconds=90,
        cooldown=timedelta(hours=4),
        oldest=timedelta(days=548),
    ),
    "GET_LEDGER_DETAIL_VIEW_DATA": TypeRules(
        number=2420,
        queue_seconds=30,
        progress_seconds=90,
        cooldown=timedelta(hours=4),
        oldest=timedelta(days=548),
    ),
    "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA": TypeRules(
        number=2610,
        queue_seconds=30,
        progress_seconds=90,
        cooldown=timedelta(hours=4),
        oldest=timedelta(days=548),
    ),
    "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT": TypeRules(
        number=45600, queue_seconds=60, progress_seconds=240, by_days=True, oldest=timedelta(days=731)
    ),
    "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT": TypeRules(
        number=45700, queue_seconds=60, progress_seconds=180, by_days=True, oldest=timedelta(days=731)
    ),
    "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT": TypeRules(
        number=5600, queue_seconds=120, progress_seconds=900, by_days=True, oldest=timedelta(days=731)
    ),
    "GET_BRAND_ANALYTICS_MARKET_BASKET_REPORT": TypeRules(
        number=5500, queue_seconds=60, progress_seconds=120, by_days=True, oldest=timedelta(days=731)
    ),
    "GET_BRAND_ANALYTICS_REPEAT_PURCHASE_REPORT": TypeRules(
        number=5700, queue_seconds=60, progress_seconds=120, by_days=True, oldest=timedelta(days=731)
    ),
    "GET_PROMOTION_PERFORMANCE_REPORT": TypeRules(number=34700, queue_seconds=30, progress_seconds=60),
    "GET_COUPON_PERFORMANCE_REPORT": TypeRules(number=34800, queue_seconds=30, progress_seconds=60),
    "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL": TypeRules(
        number=2600,
        queue_seconds=30,
        progress_seconds=90,
        cooldown=timedelta(minutes=30),
        max_range=timedelta(days=31),
    ),
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA": TypeRules(
        number=2620, cooldown=timedelta(hours=4)
    ),
    "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA": TypeRules(
        number=2630, cooldown=timedelta(hours=4)
    ),
    "GET_FBA_REIMBURSEMENTS_DATA": TypeRules(
        number=2640, cooldown=timedelta(hours=4), oldest=timedelta(days=548)
    ),
    "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA": TypeRules(number=2650, cooldown=timedelta(minutes=30)),
    "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA": TypeRules(
        number=2651, cooldown=timedelta(minutes=30)
    ),
    "GET_FBA_STORAGE_FEE_CHARGES_DATA": TypeRules(
        number=2660, cooldown=timedelta(hours=4), max_range=timedelta(days=31)
    ),
    "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA": TypeRules(
        number=2661, cooldown=timedelta(hours=4), max_range=timedelta(days=31)
    ),
    "GET_FBA_OVERAGE_FEE_CHARGES_DATA": TypeRules(number=2662, cooldown=timedelta(hours=4)),
    # Once a day per seller and marketplace; dates are required but have no effect.
    "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA": TypeRules(
        number=2670, is_snapshot=True, cooldown=timedelta(hours=24)
    ),
    "GET_SELLER_FEEDBACK_DATA": TypeRules(number=2680),
    "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING": TypeRules(number=2403),
    SETTLEMENTS: TypeRules(number=1118, compressed=False),
}
OTHER_TYPE = TypeRules()


def rules_of(report_type: str) -> TypeRules:
    """The rules of a type; without an entry in TYPES the usual ones, with its published cooldown."""
    return TYPES.get(report_type) or _published_rules().get(report_type, OTHER_TYPE)


@cache
def known_types() -> dict[str, Access]:
    """Amazon's report types and who may request them.

    `requestable` ones cannot be scheduled, `schedulable` ones can be both; `amazon` ones can only be listed;
    `restricted` ones need a restricted role (`/_sandbox/roles`), and a restricted data token for each
    document.
    """
    return {row["report_type"]: row["access"] for row in _rows()}  # type: ignore[misc]


@cache
def _published_rules() -> dict[str, TypeRules]:
    """Published facts of every type: whether it ignores dates, and its cooldown."""
    return {
        row["report_type"]: OTHER_TYPE._replace(
            is_snapshot=row["ignores_dates"] == "yes",
            cooldown=timedelta(minutes=int(row["cooldown_minutes"])) if row["cooldown_minutes"] else None,
            when_repeated="cached" if row["ignores_dates"] == "yes" else "cancelled",
        )
        for row in _rows()
    }


def _rows() -> Iterator[dict[str, str]]:
    text = files("amazon_sandbox.reports").joinpath("known_types.csv").read_text()
    return csv.DictReader(text.splitlines())
