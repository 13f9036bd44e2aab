"""Comparing figures of different reports, and telling people once where they are apart."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.truth.checks import load_check
from sellerops_airflow.outcomes import task_outcome
from sellerops_airflow.run_outcomes import run_url
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)


class CompareFiguresOperator(BaseOperator):
    """Runs one truth check; returns how many figures got each verdict. Figures that are off fail nothing.

    :param check: name of a file of ``config/checks``.
    """

    ui_color = "#e6f4ea"

    def __init__(self, *, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def execute(self, context: Context) -> dict[str, int]:
        from sellerops.truth.running import run_check

        with task_outcome(context):
            run = run_check(get_runtime().ledger, load_check(self.check))
        log.info("%s: %s", self.check, run.counts)
        for each in run.off:
            log.warning("off: %s", each)
        return run.counts


class TellFiguresOperator(BaseOperator):
    """Tells of figures that are off and that nobody was told of; skipped when there are none.

    A notice that Slack does not take fails the task: tried again, it tells the same.

    :param check: name of a file of ``config/checks``.
    """

    ui_color = "#fce8e6"

    def __init__(self, *, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.check = check

    def execute(self, context: Context) -> int:
        from sellerops.notices import load_routes
        from sellerops.notices.routes import Severity
        from sellerops.truth.notice import claim_untold, off_notice, release
        from sellerops.truth.results import Verdict, results
        from sellerops_airflow.notifiers.slack import send

        with task_outcome(context):
            ledger, check = get_runtime().ledger, load_check(self.check)
            with ledger.connection() as connection:
                off = results(connection, check=check.name, verdict=Verdict.OFF)
            if not off:
                raise AirflowSkipException("all figures agree")
            routes = load_routes()
            channel = routes.channels[Severity(check.severity)]
            if channel is None:
                raise AirflowSkipException(f"{len(off)} figures are off; {check.severity} stays quiet")
            untold = claim_untold(ledger, off)
            if untold:
                ti: Any = context["ti"]
                try:
                    send(routes.connection, channel, off_notice(check, untold, run_url(ti.dag_id, ti.run_id)))
                except BaseException:
                    release(ledger, untold)
                    raise
            log.info("%s figures are off, told %s of %s", len(off), channel, len(untold))
            return len(off)
