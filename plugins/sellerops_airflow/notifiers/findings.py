"""Sends the notices of changed columns and rejected rows, once each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import BestEffort, send_notice, send_notice_of_new

if TYPE_CHECKING:
    from sellerops.destinations import LoadResult
    from sellerops.ledger import Ledger
    from sellerops.ledger.findings import ColumnChange
    from sellerops.settings.specs import ReportSpec


def send_findings(ledger: Ledger, spec: ReportSpec, results: Iterable[LoadResult]) -> int:
    """Send new findings of these loads. Returns how many notices were recorded; never raises.

    The maintenance DAG sends what fails here. The ledger is queried only if the results contain findings.
    """
    load_ids = [
        each.load_id for each in results if each.rejected or set(each.changed_columns.values()) - {"missing"}
    ]
    if not load_ids:
        return 0
    with BestEffort(f"findings of loads {load_ids}"):
        return send_findings_of_loads(ledger, {spec.name: spec}, load_ids)
    return 0


def send_findings_of_loads(ledger: Ledger, specs: Mapping[str, ReportSpec], load_ids: Sequence[int]) -> int:
    """The same for recorded loads, by id; reports without a spec are skipped. May raise."""
    from sellerops.ledger.findings import column_changes, rejected_rows
    from sellerops.notices.findings import change_key, drift_notice, group_rejects, is_news, rejects_notice

    with ledger.connection() as connection:
        changes = column_changes(connection, load_ids)
        refused = rejected_rows(connection, load_ids)
    news: dict[str, list[ColumnChange]] = {}
    for change in changes:
        if change.report in specs and is_news(change, specs[change.report]):
            news.setdefault(change.report, []).append(change)
    sent = sum(
        send_notice_of_new(ledger, group, change_key, partial(drift_notice, spec=specs[report]))
        for report, group in news.items()
    )
    for group in group_rejects(each for each in refused if each.report in specs):
        sent += send_notice(ledger, rejects_notice(group, specs[group[0].report]))
    return sent
