"""What is fixed about the Data Kiosk API: operations, usage plans, limits, datasets."""

from __future__ import annotations

from datetime import timedelta

from amazon_sandbox.core.quotas import UsagePlan

BASE = "/dataKiosk/2023-11-15"

# Usage plans as the descriptions in dataKiosk_2023-11-15.json give them.
USAGE_PLANS = {
    "getQueries": UsagePlan(0.0222, 10),
    "createQuery": UsagePlan(0.0167, 15),
    "cancelQuery": UsagePlan(0.0222, 10),
    "getQuery": UsagePlan(2.0, 15),
    "getDocument": UsagePlan(0.0167, 15),
}

STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
# After unnecessary whitespace is removed, as the model defines it.
MOST_CHARACTERS = 8_000
# How far getQueries looks back without createdSince.
LISTED = timedelta(days=90)
QUEUE_SECONDS, PROGRESS_SECONDS = 20.0, 40.0
# Amazon does not publish the number; a longer result has further pages.
ROWS_PER_PAGE = 20_000
CONTENT_TYPE = "application/jsonl"

# Each dataset has a schema of its own.
DATASETS = ("analytics_salesAndTraffic_2024_04_24", "analytics_economics_2024_03_15")
QUERIES = (
    "salesAndTrafficByDate",
    "salesAndTrafficByAsin",
    "salesAndTrafficTrends",
    "economics",
    "economicsPreview",
    "economicsSimulation",
)
# The report_type of queries in faults and the call log.
TYPES = tuple(f"DATA_KIOSK_{name}" for name in QUERIES)
