"""Downloads one slice's file from a web page: browser work on a worker, all waiting in the triggerer."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context

from sellerops.base.errors import PageChanged
from sellerops.calendar.slices import Slice
from sellerops_airflow.notifiers.portal import send_page_notices
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.portal_questions import COLOR, ask_person
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.collect import Done, WaitFor
    from sellerops.ledger import RunRef

log = logging.getLogger(__name__)


class PortalDownloadOperator(FetchReportOperator):
    """Like FetchReportOperator, for a file of a web page, which a browser requests and downloads.

    Runs in the pool of its login, which has one slot, and in the queue of the workers that reach the
    browser. While the page prepares the file, while another job uses the login and while a person has to act,
    it waits in the triggerer, without a browser. It ends in one of three ways: the file is archived, a person
    did not do what the site asked for, or the page has changed.
    """

    ui_color = COLOR

    def on_kill(self) -> None:
        """Leave the file on the page: the next try finds it. The login is free once its lock has expired."""
        log.info("Stopped. The next try looks for the file on the page and continues with it.")

    def _advance(self, context: Context, event: dict[str, Any] | None) -> list[int]:
        try:
            return super()._advance(context, event)
        except PageChanged:
            # Notify now rather than at the end of the run, which may wait long for other slices.
            ti: Any = context["ti"]
            send_page_notices(get_runtime().ledger, ti.dag_id, ti.run_id)
            raise

    def _finish(
        self, context: Context, slice_: Slice, run: RunRef, step: Done | WaitFor, reference: datetime
    ) -> list[int]:
        from sellerops.collect import WaitFor

        if isinstance(step, WaitFor):
            self._ask_if_needed(context)
        return super()._finish(context, slice_, run, step, reference)

    def _ask_if_needed(self, context: Context) -> None:
        """Make sure that somebody is asked when the login waits for a person."""
        from sellerops.ledger.required_actions import action_of

        runtime = get_runtime()
        login = runtime.login(self.report, self.account_id)
        action = action_of(runtime.ledger, login.id)
        if action:
            ask_person(context, login, action)
