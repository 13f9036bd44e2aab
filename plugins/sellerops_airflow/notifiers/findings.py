"""Telling people in Slack, once, of changed columns and rejected rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sellerops_airflow.notifiers import slack

if TYPE_CHECKING:
    from sellerops.destinations import LoadResult
    from sellerops.ledger import Ledger
    from sellerops.ledger.findings import Change
    from sellerops.specs import ReportSpec

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
        # The rows are stored: the load's end must not depend on Slack or on what is said there.
        log.exception("Nobody was told of what loads %s found", load_ids)
        return 0


def tell_of_loads(ledger: Ledger, specs: Mapping[str, ReportSpec], load_ids: Sequence[int]) -> int:
    """The same for recorded loads, of reports that have a spec. Raises what the sending raised."""
    from sellerops.ledger.findings import changes_of, refused_by
    from sellerops.notices.findings import by_place, is_news, rejects_notice

    with ledger.connection() as connection:
        changes = changes_of(connection, load_ids)
        refused = refused_by(connection, load_ids)
    news: dict[str, list[Change]] = {}
    for change in changes:
        if change.report in specs and is_news(change, specs[change.report]):
            news.setdefault(change.report, []).append(change)
    sent = sum(_tell_of_changes(ledger, specs[report], group) for report, group in news.items())
    for group in by_place(each for each in refused if each.report in specs):
        sent += slack.tell_notice(ledger, rejects_notice(group, specs[group[0].report]))
    return sent


def _tell_of_changes(ledger: Ledger, spec: ReportSpec, changes: Iterable[Change]) -> bool:
    """One message of those nobody has claimed; their claims are given back when it is not sent."""
    from sellerops.notices import Severity, load_routes
    from sellerops.notices.findings import change_key, drift_notice

    routes = load_routes()
    channel = routes.channels[Severity.PARTIAL_FAILURE]
    if channel is None:
        return False
    untold = [change for change in changes if ledger.claim_notice(change_key(change))]
    if not untold:
        return False
    try:
        slack.send(routes.connection, channel, drift_notice(untold, spec))
    except BaseException:
        for change in untold:
            ledger.release_notice(change_key(change))
        raise
    log.info("Told %s of %s changed columns", channel, len(untold))
    return True
