"""Telling people, once, of changed columns and rejected rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import send_notice, send_notice_of_new

if TYPE_CHECKING:
    from sellerops.destinations import LoadResult
    from sellerops.ledger import Ledger
    from sellerops.ledger.findings import ColumnChange
    from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


def send_findings(ledger: Ledger, spec: ReportSpec, results: Iterable[LoadResult]) -> int:
    """Send what these loads found and nobody was told of; how many messages.

    Never raises: the maintenance DAG tells again. The ledger is asked only when there is something to tell.
    """
    load_ids = [
        each.load_id for each in results if each.rejected or set(each.changed_columns.values()) - {"missing"}
    ]
    if not load_ids:
        return 0
    try:
        return send_findings_of_loads(ledger, {spec.name: spec}, load_ids)
    except Exception:
        # The rows are stored: the load's end must not depend on what is said of it.
        log.exception("Nobody was told of what loads %s found", load_ids)
        return 0


def send_findings_of_loads(ledger: Ledger, specs: Mapping[str, ReportSpec], load_ids: Sequence[int]) -> int:
    """The same for recorded loads, of reports that have a spec."""
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
