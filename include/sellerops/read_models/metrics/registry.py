"""The metrics that are read from the ledger. Documented in docs/health.md; a test compares both."""

from __future__ import annotations

from sellerops.read_models.metrics.metric import Metric

METRICS = (
    Metric(
        "sellerops.data.age", "s",
        "How long ago the newest loaded day ended, in the marketplace's time zone.",
        ("account", "report", "marketplace"), max, "data_age",
    ),
    Metric(
        "sellerops.slices", "{slice}",
        "Days of marketplaces whose state changed within 24 hours, by their state.",
        ("state", "account"), sum, "slices",
    ),
    Metric(
        "sellerops.days.open", "{report}",
        "Reports of an account with an open warning: late, or expiring at Amazon.",
        ("kind", "account"), sum, "open_days",
    ),
    Metric(
        "sellerops.requests.open", "{request}",
        "Reports requested from Amazon and not archived yet, by their status.",
        ("status", "account"), sum, "open_requests",
    ),
    Metric(
        "sellerops.requests.age", "s",
        "Age of the oldest report requested from Amazon and not archived yet.",
        ("status", "account"), max, "open_requests", "age",
    ),
    Metric(
        "sellerops.quota.used", "1",
        "Used share of an operation's burst: 0 nothing, 1 the next call has to wait.",
        ("account", "operation"), max, "quota", "used",
    ),
    Metric(
        "sellerops.calls", "{call}",
        "Calls to Amazon of the last hour.",
        ("account", "operation"), sum, "quota", "calls",
    ),
    Metric(
        "sellerops.calls.refused", "{call}",
        "Calls of the last hour that Amazon refused for their number (429).",
        ("account", "operation"), sum, "quota", "refused",
    ),
    Metric(
        "sellerops.calls.failed", "{call}",
        "Calls of the last hour that failed otherwise: an error status, or no answer.",
        ("account", "operation"), sum, "quota", "failed",
    ),
    Metric(
        "sellerops.loads", "{load}",
        "Loads of the last hour.",
        ("destination", "account"), sum, "loads", "loads",
    ),
    Metric(
        "sellerops.rows.stored", "{row}",
        "Rows that the loads of the last hour stored.",
        ("destination", "account"), sum, "loads", "stored",
    ),
    Metric(
        "sellerops.rows.rejected", "{row}",
        "Rows that the loads of the last hour rejected.",
        ("destination", "account"), sum, "loads", "rejected",
    ),
    Metric(
        "sellerops.documents.quarantined", "{document}",
        "Documents that wait for a decision.",
        ("account", "report"), sum, "quarantined",
    ),
    Metric(
        "sellerops.notices.undelivered", "{message}",
        "Messages that wait for their next try, or were given up within 24 hours, by channel.",
        ("state", "channel"), sum, "undelivered",
    ),
    Metric(
        "sellerops.faults.open", "{fault}",
        "Faults that people were told of and that have not ended, by event.",
        ("event",), sum, "open_faults",
    ),
    Metric(
        "sellerops.size", "By",
        "Size of a database, schema, table, folder or file system, measured once a day.",
        ("kind", "name"), max, "sizes", "nbytes",
    ),
    Metric(
        "sellerops.size.free", "By",
        "What is left of a file system, or of a database with a limit, measured once a day.",
        ("kind", "name"), max, "sizes", "free",
    ),
)  # fmt: skip

__all__ = ["METRICS"]
