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
# The model: after unnecessary whitespace is removed.
MOST_CHARACTERS = 8_000
# getQueries looks so far back when it is not told.
LISTED = timedelta(days=90)
QUEUE_SECONDS, PROGRESS_SECONDS = 20.0, 40.0
# Amazon publishes no number; the rest of a result are further pages.
ROWS_PER_PAGE = 20_000
CONTENT_TYPE = "application/jsonl"

# Each dataset is a schema of its own.
DATASETS = ("analytics_salesAndTraffic_2024_04_24", "analytics_economics_2024_03_15")
QUERIES = (
    "salesAndTrafficByDate",
    "salesAndTrafficByAsin",
    "salesAndTrafficTrends",
    "economics",
    "economicsPreview",
    "economicsSimulation",
)
# What faults and the call log know a query by.
TYPES = tuple(f"DATA_KIOSK_{name}" for name in QUERIES)
