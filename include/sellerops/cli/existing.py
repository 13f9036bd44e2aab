"""What a backfill plan can use: bucket levels, archived documents, reports in Amazon's list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sellerops.cli.warehouse import select, warehouse_is_known
from sellerops.collect.context import Job, fresh_after, key_of
from sellerops.ledger import RunRef
from sellerops.planning import DocumentLookup, FindDocument, Levels
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.placeholders import options_of
from sellerops.sources.registry import source_of

_Shown = tuple[tuple[str, ...], datetime | None, datetime | None]


def bucket_levels() -> Levels:
    """The current tokens of every bucket, and the rate reported by Amazon, if any; empty without a ledger."""
    if not warehouse_is_known():
        return {}
    rows = select(
        """
        SELECT account_id, operation, burst - sellerops.quota_missing(b, sellerops.now()), learned_rate
        FROM sellerops.quota_bucket b
        """,
        (),
    )
    return {(account, operation): (float(level), rate) for account, operation, level, rate in rows}


def document_finder(spec: ReportSpec, account: Account, now: datetime) -> FindDocument | None:
    """A function that says where a document already exists (``archive`` or ``amazon``).

    None without a ledger.
    """
    if not warehouse_is_known():
        return None
    ours = _ours(spec, account)
    listed = _listed(spec, account)

    def find_document(lookup: DocumentLookup) -> str | None:
        slice_ = lookup.slice_
        since = fresh_after(spec, Job(slice_, RunRef("", "", ""), lookup.run_at), now)
        made = ours.get(key_of(spec, slice_).digest)
        if made and made >= since:
            return "archive"
        if not spec.request.has_api:
            return None
        query = source_of(spec.source).report_api(spec).query(spec, slice_, options_of(spec, slice_))
        shown = listed.get((tuple(sorted(query.marketplace_ids)), query.start, query.end))
        if shown and shown >= max(since, slice_.end or since):
            return "amazon"
        return None

    return find_document


def count_asins(account: Account) -> int | None:
    """The largest number of ASINs that one marketplace of the account sold in the last 30 days.

    None if unknown.
    """
    if not warehouse_is_known() or not select("SELECT to_regclass('amazon_sp.sales_daily')", ())[0][0]:
        return None
    found = select(
        """
        SELECT max(number) FROM (
            SELECT count(DISTINCT child_asin) AS number FROM amazon_sp.sales_daily
            WHERE account_id = %s AND date > sellerops.now() - interval '30 days' GROUP BY marketplace_id
        ) AS by_marketplace
        """,
        (account.id,),
    )
    return found[0][0] or None


def _ours(spec: ReportSpec, account: Account) -> dict[str, datetime]:
    """The time of the newest document by request key; for a request in progress, the current time."""
    rows = select(
        """
        SELECT key_hash, max(CASE status WHEN 'ARCHIVED' THEN reported_at ELSE sellerops.now() END)
        FROM sellerops.report_request
        WHERE account_id = %s AND report_type = %s AND created_by IS DISTINCT FROM 'amazon'
          AND status IN ('PLANNED', 'CREATING', 'IN_QUEUE', 'IN_PROGRESS', 'DONE', 'ARCHIVED')
        GROUP BY key_hash
        """,
        (account.id, spec.report_type),
    )
    return {key: made for key, made in rows if made}


def _listed(spec: ReportSpec, account: Account) -> dict[_Shown, datetime]:
    """The creation times of reports in Amazon's last listing that belong to none of our requests."""
    if spec.request.options and spec.format.kind != "json":
        return {}
    rows: list[tuple[Any, ...]] = select(
        """
        SELECT marketplace_ids, window_start, window_end, max(created_at)
        FROM sellerops.listed_report AS listed
        WHERE account_id = %s AND report_type = %s AND status IN ('IN_QUEUE', 'IN_PROGRESS', 'DONE')
          AND NOT is_unfit AND NOT EXISTS (
              SELECT FROM sellerops.report_request AS ours
              WHERE ours.account_id = listed.account_id AND ours.report_id = listed.report_id)
        GROUP BY 1, 2, 3
        """,
        (account.id, spec.report_type),
    )
    return {(tuple(sorted(ids)), start, end): made for ids, start, end, made in rows}
