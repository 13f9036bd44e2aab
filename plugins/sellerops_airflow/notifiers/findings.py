"""Telling people, once, of changed columns and rejected rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import tell, tell_untold

if TYPE_CHECKING:
    from sellerops.destinations import LoadResult
    from sellerops.ledger import Ledger
    from sellerops.ledger.findings import Change
    from sellerops.settings.specs import ReportSpec

log = logging.getLogger(__name__)


def tell_of_results(ledger: Ledger, spec: ReportSpec, results: Iterable[LoadResult]) -> int:
    """Send what these loads found and nobody was told of; how many messages.

    Never raises: the maintenance DAG tells again. The ledger is asked only when there is something to tell.
    """
    load_ids = [
        each.load_id for each in results if each.rejected or set(each.changed_columns.values()) - {"missing"}
    ]
    if not load_ids:
        return 0
    try:
        return tell_of_loads(ledger, {spec.name: spec}, load_ids)
    except Exception:
        # The rows are stored: the load's end must not depend on what is said of it.
        log.exception("Nobody was told of what loads %s found", load_ids)
        return 0


def tell_of_loads(ledger: Ledger, specs: Mapping[str, ReportSpec], load_ids: Sequence[int]) -> int:
    """The same for recorded loads, of reports that have a spec."""
    from sellerops.ledger.findings import changes_of, refused_by
    from sellerops.notices.findings import by_place, change_key, drift_notice, is_news, rejects_notice

    with ledger.connection() as connection:
        changes = changes_of(connection, load_ids)
        refused = refused_by(connection, load_ids)
    news: dict[str, list[Change]] = {}
    for change in changes:
        if change.report in specs and is_news(change, specs[change.report]):
            news.setdefault(change.report, []).append(change)
    sent = sum(
        tell_untold(ledger, group, change_key, partial(drift_notice, spec=specs[report]))
        for report, group in news.items()
    )
    for group in by_place(each for each in refused if each.report in specs):
        sent += tell(ledger, rejects_notice(group, specs[group[0].report]))
    return sent
