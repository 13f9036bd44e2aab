"""How runs ended, told by callbacks of the DAG: failures, their ends, and of reports that all went well."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier, Context

from sellerops.base.errors import LedgerUnavailable
from sellerops.notices.outage import FailedRun
from sellerops_airflow.notifiers import send_notice, send_recoveries
from sellerops_airflow.notifiers.outage import mark_failed, send_outage_notice, send_outage_recovery
from sellerops_airflow.runs.dag_specs import reports_of
from sellerops_airflow.runs.run_outcomes import read_run_outcome, run_url
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger import Ledger
    from sellerops.ledger.notices import OpenFault
    from sellerops.notices import RunOutcome

log = logging.getLogger(__name__)

# A restart of Postgres is no outage; a callback may take less than a minute in all.
_PATIENCE_S = 10.0


class _RunNotifier(BaseNotifier):
    """Never raises: a callback that does would hide what it tells of."""

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Nothing here is a template; Airflow's own rendering raises in ``dag.test()``, before ``notify``."""

    def notify(self, context: Context) -> None:
        try:
            ledger = get_runtime().ledger
            try:
                # Airflow kills callbacks that take long, so a ledger that is away is found out quickly.
                ledger.database.check_reachable(_PATIENCE_S)
                self.send_notice(ledger, context)
            except LedgerUnavailable as away:
                send_outage_notice(away, self.failed_run(context))
            else:
                send_outage_recovery(ledger)
        except Exception:
            log.exception("The end of this run was not told to anybody")

    def failed_run(self, context: Context) -> FailedRun | None:
        """The run to name when the outage is over; None when it went well."""
        return None

    def send_notice(self, ledger: Ledger, context: Context) -> None:
        raise NotImplementedError


class ReportFailureNotifier(_RunNotifier):
    """Failure callback of every DAG: gathers what failed in the run, and tells of it once."""

    def failed_run(self, context: Context) -> FailedRun:
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        return FailedRun(dag_id, run_id, run_url(dag_id, run_id))

    def send_notice(self, ledger: Ledger, context: Context) -> None:
        outcome = read_run_outcome(ledger, context)
        if any(each.error_type == LedgerUnavailable.__name__ for each in outcome.failures):
            # Its tasks could not write down how they ended, and by now the ledger is back.
            mark_failed(ledger, [(outcome.dag_id, outcome.run_id)])
        send_failure_notices(ledger, outcome)
        # Another account, or another step, may have come well again in the same run.
        send_run_recoveries(ledger, outcome)


class ReportSuccessNotifier(_RunNotifier):
    """Success callback: tells that faults are over, and of a report's run that it went well."""

    def send_notice(self, ledger: Ledger, context: Context) -> None:
        from sellerops.notices.messages import success_notice

        outcome = read_run_outcome(ledger, context, failed=False)
        told = send_run_recoveries(ledger, outcome)
        if outcome.family:
            send_notice(ledger, success_notice(outcome), exclude=told)


def send_failure_notices(ledger: Ledger, outcome: RunOutcome) -> bool:
    """Put the notices of a failed run on their way unless somebody has; True when this call did.

    An account that cannot log in is a matter of its own: it stops all its reports, and is told once.
    """
    from sellerops.notices import failure_notice
    from sellerops.notices.logins import is_login_failure, login_notice

    logins = {each.account_id: each for each in outcome.failures if outcome.source and is_login_failure(each)}
    others = tuple(
        each for each in outcome.failures if each.account_id not in logins or not is_login_failure(each)
    )
    told = [
        send_notice(ledger, login_notice(outcome, each, reports_of(outcome.source, account)))
        for account, each in logins.items()
    ]
    if others:
        told.append(send_notice(ledger, failure_notice(replace(outcome, failures=others))))
    return any(told)


def send_run_recoveries(ledger: Ledger, outcome: RunOutcome) -> set[Any]:
    """End the faults of earlier runs, and of this one before, that this run shows to be over; who is told."""
    from sellerops.ledger.notices import open_faults
    from sellerops.notices.messages import describe_recovery, failure_notice, run_fault_prefix

    prefix = run_fault_prefix(outcome.dag_id)
    known = ledger.database.run(lambda c: open_faults(c, prefix))
    now = {each.key for each in failure_notice(outcome).faults} if outcome.failures else set()
    over = [each.id for each in known if each.fault_key not in now and _is_over(each, outcome)]
    told = _tell_logins_over(ledger, outcome)
    if not over:
        return told
    headline, text, link = describe_recovery(ledger, outcome)
    return told | send_recoveries(ledger, over, text, headline=headline, link=link)


def _tell_logins_over(ledger: Ledger, outcome: RunOutcome) -> set[Any]:
    """An account of which this run loaded something has logged in."""
    from sellerops.ledger.notices import open_faults
    from sellerops.notices.logins import is_login_failure, login_fault_prefix

    refused = {each.account_id for each in outcome.failures if is_login_failure(each)}
    told: set[Any] = set()
    for account in sorted({*outcome.accounts_loaded} - refused):
        with ledger.connection() as connection:
            ids = [each.id for each in open_faults(connection, login_fault_prefix(outcome.source, account))]
        text = f"{outcome.report} has loaded its days; the other reports go on with their schedules."
        told |= send_recoveries(ledger, ids, text, headline=f"{account} logs in again")
    return told


def _is_over(fault: OpenFault, outcome: RunOutcome) -> bool:
    """Whether the run got past the place of the fault. A report's run that loaded nothing says nothing."""
    from sellerops.notices.messages import run_fault_prefix

    account, _, rest = fault.fault_key.removeprefix(run_fault_prefix(outcome.dag_id)).partition("|")
    if not account:
        return not outcome.failures and (not outcome.family or outcome.loaded > 0)
    step = rest.partition("|")[0]
    if any((each.account_id, each.step) == (account, step) for each in outcome.failures):
        return False  # the same step fails with other words
    return account in outcome.accounts_loaded


__all__ = ["ReportFailureNotifier", "ReportSuccessNotifier", "send_failure_notices", "send_run_recoveries"]
