"""Evaluates business alerts, and notifies people once when one opens and once when it ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context

from sellerops_airflow.notifiers import send_notice_of_new, send_recoveries
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.urls import run_url
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.alerts.store import Alert
    from sellerops.ledger import Ledger

log = logging.getLogger(__name__)


class EvaluateAlertsOperator(BaseOperator):
    """Evaluates every alert for every account, and sends notices: one per account and severity about alerts
    that opened, one about those that ended.

    Returns how many opened, ended and are open. An alert whose SELECT fails leaves its open alerts as they
    are; the task fails once the others are stored and sent.
    """

    ui_color = "#fce8e6"

    def execute(self, context: Context) -> dict[str, int]:
        """Evaluate and send. Raises ConfigurationError for the first alert that fails."""
        from sellerops.alerts.running import evaluate_alerts

        with task_outcome(context):
            runtime = get_runtime()
            done = evaluate_alerts(runtime.ledger, runtime.reader_conninfo)
            for each in done:
                if each.changes is None:
                    log.warning("%s of %s: %s", each.alert.name, each.account_id, each.reason)
            ti: Any = context["ti"]
            send_alerts(runtime.ledger, run_url(ti.dag_id, ti.run_id))
            errors = [each.error for each in done if each.error]
            if errors:
                raise errors[0]
        changes = [each.changes for each in done if each.changes]
        return {
            "opened": sum(each.opened for each in changes),
            "ended": sum(each.ended for each in changes),
            "open": sum(each.open for each in changes),
        }


def send_alerts(ledger: Ledger, run_url: str) -> None:
    """Notify people of alerts that opened and ended, each once, except snoozed and acknowledged ones."""
    from sellerops.alerts.store import alerts_to_send, endings_to_send, mark_sent

    with ledger.connection() as connection:
        opened, ended = alerts_to_send(connection), endings_to_send(connection)
    _send_opened(ledger, opened, run_url)
    _send_ended(ledger, ended)
    with ledger.connection() as connection:
        mark_sent(connection, [*opened, *ended])


def _send_opened(ledger: Ledger, opened: Sequence[Alert], url: str) -> None:
    from sellerops.alerts.notice import alert_notice, fault_key, grouped
    from sellerops.alerts.specs import load_alerts

    specs = {each.name: each for each in load_alerts()}
    for group in grouped(opened):
        send_notice_of_new(ledger, group, fault_key, lambda new: alert_notice(specs, new, url))


def _send_ended(ledger: Ledger, ended: Sequence[Alert]) -> None:
    from sellerops.alerts.notice import fault_key, grouped
    from sellerops.alerts.store import open_alerts
    from sellerops.ledger.notices import close_faults, open_faults

    faults = {fault.fault_key: fault.id for fault in ledger.database.run(lambda c: open_faults(c, "alert|"))}
    for group in grouped(ended):
        ids = [faults[key] for key in map(fault_key, group) if key in faults]
        send_recoveries(ledger, ids, headline="Alerts ended" if len(ids) > 1 else "Alert ended")
    with ledger.connection() as connection:
        kept = {fault_key(each) for each in (*open_alerts(connection), *ended)}
        # Nothing is sent about alerts that were snoozed or switched off when they ended.
        close_faults(connection, [fault for key, fault in faults.items() if key not in kept])
