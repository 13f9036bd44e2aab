"""Compares figures of different reports, and notifies people once about each difference."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.reconciliation.checks import load_check
from sellerops_airflow.notifiers import send_notice_of_new
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runs.urls import run_url
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)


class CompareFiguresOperator(BaseOperator):
    """Runs one reconciliation check; returns the number of figures by verdict. Differences do not fail it.

    :param check: name of a file of ``config/checks``.
    """

    ui_color = "#e6f4ea"

    def __init__(self, *, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def execute(self, context: Context) -> dict[str, int]:
        """Run the check and record its results in the ledger; log each figure that differs."""
        from sellerops.reconciliation.running import run_check

        with task_outcome(context):
            runtime = get_runtime()
            run = run_check(runtime.ledger, load_check(self.check), runtime.reader_conninfo)
        log.info("%s: %s", self.check, run.counts)
        for each in run.off:
            log.warning("Difference: %s", each)
        return run.counts


class NotifyDifferencesOperator(BaseOperator):
    """Sends a notice about figures that differ and were not reported before; skips when all agree.

    :param check: name of a file of ``config/checks``.
    """

    ui_color = "#fce8e6"

    def __init__(self, *, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def execute(self, context: Context) -> int:
        """Return how many figures differ now. Raises AirflowSkipException when none does."""
        from sellerops.reconciliation.notice import difference_notice, key_of
        from sellerops.reconciliation.results import Verdict, results

        with task_outcome(context):
            ledger, check = get_runtime().ledger, load_check(self.check)
            with ledger.connection() as connection:
                off = results(connection, check=check.name, verdict=Verdict.OFF)
            if not off:
                raise AirflowSkipException("all figures agree")
            ti: Any = context["ti"]
            url = run_url(ti.dag_id, ti.run_id)
            is_news = send_notice_of_new(ledger, off, key_of, lambda new: difference_notice(check, new, url))
            log.info(
                "%s figures differ; %s", len(off), "sent a notice" if is_news else "all were reported before"
            )
            return len(off)
