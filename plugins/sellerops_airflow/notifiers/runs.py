"""DAG callbacks that send notices of how runs ended: failures, recoveries, and successes of reports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier, Context

from sellerops.base.errors import LedgerUnavailable
from sellerops.notices.outage import FailedRun
from sellerops_airflow.notifiers import BestEffort, send_notice, send_recoveries
from sellerops_airflow.notifiers.outage import mark_failed, send_outage_notice, send_outage_recovery
from sellerops_airflow.notifiers.portal import send_portal_failures, send_portal_recoveries
from sellerops_airflow.runs.dag_specs import reports_of
from sellerops_airflow.runs.run_outcomes import read_run_outcome
from sellerops_airflow.runs.urls import run_url
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.notices import OpenFault
    from sellerops.notices import RunOutcome


# Longer than a restart of Postgres, which is not an outage; Airflow allows a callback less than a minute.
_PATIENCE_S = 10.0


class _RunNotifier(BaseNotifier):
    """A callback that never raises: its error would hide the failure it reports."""

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Render nothing: Airflow's own rendering raises in ``dag.test()``, before ``notify``."""

    def notify(self, context: Context) -> None:
        """Send this run's notices; without the ledger, the notice of its outage."""
        with BestEffort("notices of this run"):
            ledger = get_runtime().ledger
            try:
                # Airflow kills callbacks that take long, so find out quickly whether the ledger answers.
                ledger.database.check_reachable(_PATIENCE_S)
                self.send_notices(ledger, context)
            except LedgerUnavailable as error:
                send_outage_notice(error, self.failed_run(context))
            else:
                send_outage_recovery(ledger)

    def failed_run(self, context: Context) -> FailedRun | None:
        """The run that the outage's recovery message lists; None when it succeeded."""
        return None

    def send_notices(self, ledger: Ledger, context: Context) -> None:
        """Send this run's notices through the ledger."""
        raise NotImplementedError


class ReportFailureNotifier(_RunNotifier):
    """Failure callback of every DAG: one notice of all that failed in the run, and recoveries."""

    def failed_run(self, context: Context) -> FailedRun:
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        return FailedRun(dag_id, run_id, run_url(dag_id, run_id))

    def send_notices(self, ledger: Ledger, context: Context) -> None:
        outcome = read_run_outcome(ledger, context)
        if any(each.error_type == LedgerUnavailable.__name__ for each in outcome.failures):
            # The tasks could not record their failure; by now the ledger is available again.
            mark_failed(ledger, [(outcome.dag_id, outcome.run_id)])
        send_failure_notices(ledger, outcome)
        # Another account or step may have recovered in the same run.
        send_run_recoveries(ledger, outcome)


class ReportSuccessNotifier(_RunNotifier):
    """Success callback: recoveries, and the success notice of a report's run."""

    def send_notices(self, ledger: Ledger, context: Context) -> None:
        from sellerops.notices.messages import success_notice

        outcome = read_run_outcome(ledger, context, failed=False)
        notified = send_run_recoveries(ledger, outcome)
        if outcome.family:
            send_notice(ledger, success_notice(outcome), exclude=notified)


def send_failure_notices(ledger: Ledger, outcome: RunOutcome) -> bool:
    """Send the notices of a failed run. Returns whether this call recorded any.

    An account that cannot log in gets a notice of its own, because it stops all reports of the account; so
    do logins and pages of web sites.
    """
    from sellerops.notices import failure_notice
    from sellerops.notices.logins import is_login_failure, login_notice

    if outcome.failures:
        outcome = send_portal_failures(ledger, outcome)
        if not outcome.failures:
            return True
    logins = {each.account_id: each for each in outcome.failures if outcome.source and is_login_failure(each)}
    others = tuple(
        each for each in outcome.failures if each.account_id not in logins or not is_login_failure(each)
    )
    recorded = [
        send_notice(ledger, login_notice(outcome, each, reports_of(outcome.source, account)))
        for account, each in logins.items()
    ]
    if others:
        recorded.append(send_notice(ledger, failure_notice(replace(outcome, failures=others))))
    return any(recorded)


def send_run_recoveries(ledger: Ledger, outcome: RunOutcome) -> set[Any]:
    """Close the open faults that this run shows to be over. Returns who is notified.

    These are faults of earlier runs, or of this run before it was cleared.
    """
    from sellerops.ledger.notices import open_faults
    from sellerops.notices.messages import describe_recovery, failure_notice, run_fault_prefix

    prefix = run_fault_prefix(outcome.dag_id)
    known = ledger.database.run(lambda c: open_faults(c, prefix))
    now = {each.key for each in failure_notice(outcome).faults} if outcome.failures else set()
    over = [each.id for each in known if each.fault_key not in now and _is_over(each, outcome)]
    notified = _send_login_recoveries(ledger, outcome) | send_portal_recoveries(ledger, outcome)
    if not over:
        return notified
    headline, text, link = describe_recovery(ledger, outcome)
    return notified | send_recoveries(ledger, over, text, headline=headline, link=link)


def _send_login_recoveries(ledger: Ledger, outcome: RunOutcome) -> set[Any]:
    """Close the login faults of accounts for which this run loaded something."""
    from sellerops.ledger.notices import open_faults
    from sellerops.notices.logins import is_login_failure, login_fault_prefix

    refused = {each.account_id for each in outcome.failures if is_login_failure(each)}
    notified: set[Any] = set()
    for account in sorted({*outcome.accounts_loaded} - refused):
        with ledger.connection() as connection:
            ids = [each.id for each in open_faults(connection, login_fault_prefix(outcome.source, account))]
        text = f"{outcome.report} has loaded its days; the other reports resume with their schedules."
        notified |= send_recoveries(ledger, ids, text, headline=f"{account} logs in again")
    return notified


def _is_over(fault: OpenFault, outcome: RunOutcome) -> bool:
    """Whether the run passed the step of the fault. A report's run that loaded nothing proves nothing."""
    from sellerops.notices.messages import run_fault_prefix

    account, _, rest = fault.fault_key.removeprefix(run_fault_prefix(outcome.dag_id)).partition("|")
    if not account:
        return not outcome.failures and (not outcome.family or outcome.loaded > 0)
    step = rest.partition("|")[0]
    if any((each.account_id, each.step) == (account, step) for each in outcome.failures):
        return False  # the same step fails with another cause
    return account in outcome.accounts_loaded


__all__ = ["ReportFailureNotifier", "ReportSuccessNotifier", "send_failure_notices", "send_run_recoveries"]
