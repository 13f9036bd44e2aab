"""Asks a person to do in a login's browser what only a person may do, in runs of ``portal_sign_in``."""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped

from sellerops.base.commands import commands_as_typed
from sellerops_airflow.notifiers.portal import action_evidence_url, send_person_notice
from sellerops_airflow.runs.airflow_runs import count_runs, start_run
from sellerops_airflow.runs.portal_dags import SIGN_IN_DAG
from sellerops_airflow.runs.questions import has_timed_out, responder
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.ledger.logins import RequiredAction
    from sellerops.settings.logins import Login

log = logging.getLogger(__name__)

DONE, GIVE_UP = "Done, go on", "Give up"
COLOR = "#e8eefc"
# XCom key of who answered.
ANSWERED_BY = "answered_by"
# Airflow's clock and the ledger's may differ a little; a question lasts at least this long.
_SHORTEST = timedelta(minutes=1)


def ask_person(context: Context, login: Login, action: RequiredAction, message: str = "") -> str:
    """Make sure that a run asks about an open action and that people are notified; return the run's id.

    A run that has ended without ending the action is followed by another one.

    :param message: what the page asks for now; empty: as when the action was opened.
    """
    ti: Any = context["ti"]
    first = f"{login.id}__{action.id}"
    conf = {"login": login.id, "action": action.id, "message": message}
    for number in itertools.count(1):
        run_id = first if number == 1 else f"{first}__{number}"
        if run_id == ti.run_id:
            continue  # this run's question is answered
        is_new = start_run(SIGN_IN_DAG, run_id, conf, f"Asked by {ti.dag_id}, task {ti.task_id}.")
        if is_new or count_runs(SIGN_IN_DAG, "queued", "running", run_ids=[run_id]):
            break
    send_person_notice(get_runtime().ledger, login, action, run_id, first, message or action.message)
    log.warning(
        "%s needs a person: answer run %s of %s, under Required Actions.", login.id, run_id, SIGN_IN_DAG
    )
    return run_id


class AskPersonOperator(HITLOperator):
    """Shows what a site asks for and how to reach the browser, and waits for *Done, go on* or *Give up*.

    Waiting occupies neither worker nor triggerer. After *Done, go on*, the task of the same login that
    follows checks the sign-in; after *Give up*, or without an answer in time, the waiting downloads fail.
    Without an action there is nothing to ask, and the sign-in is checked at once.

    :param login_id: id of the login.
    :param action_id: id of the required action; empty for none.
    :param message: what the page asks for now; empty: as when the action was opened.
    """

    template_fields = ("login_id", "action_id", "message")
    ui_color = COLOR

    def __init__(self, *, login_id: str, action_id: Any, message: str = "", **kwargs: Any) -> None:
        super().__init__(subject="A site needs a person", options=[DONE, GIVE_UP], **kwargs)
        self.login_id = login_id
        self.action_id = action_id
        self.message = message

    def execute(self, context: Context) -> None:
        """Ask, unless there is no action or it has ended."""
        with task_outcome(context):
            runtime = get_runtime()
            login = runtime.login_by_id(self.login_id)
            action = self._action()
            if action is None:
                self._go_on(context, "")
            elif action.ended_at:
                raise AirflowSkipException(f"Nothing to ask: the required action was {action.outcome}.")
            else:
                self._show(login, action)
                left = action.opened_at + login.person_timeout - runtime.ledger.clock().now()
                self.response_timeout = max(left, _SHORTEST)
                run_id = str(context["run_id"])
                first = f"{login.id}__{action.id}"
                words = self.message or action.message
                send_person_notice(runtime.ledger, login, action, run_id, first, words)
        if action:
            super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        """End the action, or let the sign-in be checked."""
        from sellerops.ledger.logins import ActionOutcome
        from sellerops.ledger.required_actions import end_action

        with task_outcome(context):
            ledger, action = get_runtime().ledger, self._action()
            if has_timed_out(event):
                if action:
                    end_action(ledger, action.id, ActionOutcome.TIMED_OUT)
                raise AirflowSkipException("Nobody answered in time. Waiting downloads fail.")
            by = responder(event)
            if event["chosen_options"] == [GIVE_UP]:
                if action:
                    end_action(ledger, action.id, ActionOutcome.GIVEN_UP, by)
                log.warning("%s gave up. Waiting downloads fail.", by)
                raise DownstreamTasksSkipped(  # type: ignore[no-untyped-call]
                    tasks=self._following(context)
                )
            self._go_on(context, by)

    def _action(self) -> RequiredAction | None:
        from sellerops.ledger.required_actions import find_action

        if str(self.action_id or "").strip() in ("", "None"):
            return None
        return find_action(get_runtime().ledger, int(self.action_id))

    def _go_on(self, context: Context, by: str) -> None:
        """Skip the tasks of all other logins."""
        context["ti"].xcom_push(key=ANSWERED_BY, value=by)
        others = [task for task in self._following(context) if task.partition(".")[0] != self.login_id]
        if others:
            raise DownstreamTasksSkipped(tasks=others)  # type: ignore[no-untyped-call]

    def _following(self, context: Context) -> list[str]:
        return sorted(context["task"].downstream_task_ids)

    def _show(self, login: Login, action: RequiredAction) -> None:
        from sellerops.notices.portal import SITE_NAMES

        self.subject = f"{login.id}: {SITE_NAMES[login.site]} needs a person"
        self.body = describe(login, action, self.message, action_evidence_url(get_runtime().ledger, action))


def describe(login: Login, action: RequiredAction, message: str, evidence_url: str) -> str:
    """What the page asks for, how to reach the browser and what happens next, as Markdown."""
    from sellerops.notices.portal import SITE_NAMES

    until = action.opened_at + login.person_timeout
    how = (
        f"[Open the browser]({login.live_view})"
        if login.live_view
        else f"On the machine where the browsers run, run `sellerops browsers open {login.id}` and do what "
        "it prints"
    )
    again = "The page still asks for something. " if message else ""
    screenshot = f"[Screenshot of the page]({evidence_url})" if evidence_url else ""
    return commands_as_typed(
        "\n\n".join(
            filter(
                None,
                [
                    f"Downloads of **{', '.join(login.accounts)}** from {SITE_NAMES[login.site]} (login "
                    f"**{login.id}**) wait for you.",
                    f"**What the page asks for.** {again}{message or action.message}",
                    screenshot,
                    f"**What you do.** {how}. Do what the page asks for, until you see the site's home page. "
                    "Enter codes in that browser only, never here.",
                    f"**What happens then.** *{DONE}*: sellerops checks the sign-in, and all waiting "
                    "downloads continue; if the page still asks for something, you are asked again. "
                    f"*{GIVE_UP}*: they fail. Without an answer, they fail at {until:%Y-%m-%d %H:%M} UTC.",
                ],
            )
        )
    )
