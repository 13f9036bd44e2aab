"""Browser jobs that download nothing: checking a sign-in, and checking each page once a day."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sellerops.base.errors import ConfigurationError, GiveUpError, PersonNeeded
from sellerops.settings.logins import load_logins
from sellerops_airflow.notifiers import BestEffort
from sellerops_airflow.notifiers.portal import send_page_notices, send_person_recovery
from sellerops_airflow.operators.portal_questions import COLOR, ask_person
from sellerops_airflow.retry_policy import is_last_try
from sellerops_airflow.runs.portal_dags import browser_job_of, specs_of_login
from sellerops_airflow.runs.task_outcomes import task_outcome
from sellerops_airflow.runtime import get_runtime

if TYPE_CHECKING:
    from sellerops.settings.logins import Login

log = logging.getLogger(__name__)


class VerifySignInOperator(BaseOperator):
    """Checks that a login is signed in after a person has acted; everything that waits for it then continues.

    If the page still asks for something, asks again in a new run and skips. It also asks again when the last
    try of this task fails, because downloads still wait. Any other lasting error ends the action too: the
    downloads then fail with that error instead of waiting.

    :param login_id: id of the login.
    :param action_id: id of the required action; empty for none.
    :param by: who answered.
    """

    template_fields: Sequence[str] = ("action_id", "by")
    ui_color = COLOR

    def __init__(self, *, login_id: str, action_id: Any, by: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.login_id = login_id
        self.action_id = action_id
        self.by = by

    def execute(self, context: Context) -> None:
        """Sign in if need be, as one browser job."""
        with task_outcome(context):
            runtime = get_runtime()
            login = runtime.login_by_id(self.login_id)
            client = runtime.portal_client(runtime.account(login.accounts[0]), login)
            try:
                client.verify_sign_in(browser_job_of(context, "sign_in"))
            except PersonNeeded as error:
                _ask_again(context, login, error)
            except (ConfigurationError, GiveUpError):
                self._end_action()
                raise
            except Exception as error:
                self._ask_after_last(context, login, error)
                raise
            self._end_action()
            log.info("%s is signed in; waiting downloads continue.", login.id)
            send_person_recovery(runtime.ledger, login, self.by)

    def _ask_after_last(self, context: Context, login: Login, error: Exception) -> None:
        """Ask again after the last try: otherwise nobody would be asked any more, while downloads wait."""
        from sellerops.ledger.required_actions import action_of

        ti: Any = context["ti"]
        if not is_last_try(error, ti.try_number, ti.max_tries):
            return
        with BestEffort(f"question about {login.id}"):
            if action := action_of(get_runtime().ledger, login.id):
                said = f"The sign-in could not be checked: {getattr(error, 'cause', error)}"
                ask_person(context, login, action, f"{said} Before that: {action.message}")

    def _end_action(self) -> None:
        from sellerops.ledger.logins import ActionOutcome
        from sellerops.ledger.required_actions import action_of, end_action

        ledger = get_runtime().ledger
        action = action_of(ledger, self.login_id)
        if action:
            end_action(ledger, action.id, ActionOutcome.RESUMED, self.by or None)


class ListPagesOperator(BaseOperator):
    """Lists the pages that the reports of a login download from, with the options that they use.

    :param login_id: id of the login.
    """

    ui_color = COLOR

    def __init__(self, *, login_id: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.login_id = login_id

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return each page once, with the login's first account that uses it and its reports' options."""
        with task_outcome(context):
            login = load_logins().by_id.get(self.login_id)
            found = _pages_of(login) if login else {}
        return list(found.values())


def _pages_of(login: Login) -> dict[str, dict[str, Any]]:
    """Each page, with the account and the options that it is opened with."""
    found: dict[str, dict[str, Any]] = {}
    for spec in specs_of_login(login):
        wanted = login.accounts if spec.accounts == "all" else spec.accounts
        account_id = next(each for each in login.accounts if each in wanted)
        page = str(spec.request.page)
        entry = {"page": page, "account_id": account_id, "label": page, "options": []}
        found.setdefault(page, entry)["options"].append(dict(spec.request.options))
    return found


class CheckPageOperator(BaseOperator):
    """Opens one page and looks for the controls that downloads use, without requesting anything.

    A page that has changed fails the task. If the site needs a person, the question is asked once for all
    jobs of the login, and the page is skipped.

    :param login_id: id of the login.
    :param page: ``page``, ``account_id`` and ``options``, from ListPagesOperator.
    """

    template_fields: Sequence[str] = ("page",)
    template_fields_renderers = {"page": "json"}  # noqa: RUF012 - the type Airflow declares
    ui_color = COLOR

    def __init__(self, *, login_id: str, page: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.login_id = login_id
        self.page = page

    def execute(self, context: Context) -> None:
        """Check the page, as one browser job."""
        from sellerops.ledger.required_actions import action_of

        with task_outcome(context):
            runtime = get_runtime()
            if not load_logins().enabled:
                raise AirflowSkipException("Browser jobs are switched off (config/logins.yaml).")
            login = runtime.login_by_id(self.login_id)
            if action := action_of(runtime.ledger, login.id):
                run_id = ask_person(context, login, action)
                raise AirflowSkipException(
                    f"{login.id} needs a person: answer run {run_id} of portal_sign_in."
                )
            name, account_id = self.page["page"], self.page["account_id"]
            client = runtime.portal_client(runtime.account(account_id), login)
            try:
                job = browser_job_of(context, "canary", account_id=account_id, page=name)
                client.check(name, job, self.page.get("options", ()))
            except PersonNeeded as error:
                _ask_again(context, login, error)
            except GiveUpError:
                send_page_notices(runtime.ledger, str(context["ti"].dag_id), str(context["run_id"]))
                raise
        log.info("%s has all of its controls.", name)


def _ask_again(context: Context, login: Login, error: PersonNeeded) -> None:
    """Ask a person about what a page asks for now, and skip."""
    from sellerops.ledger.required_actions import require_person

    action = require_person(get_runtime().ledger, login.id, error)
    message = "" if error.cause == action.message else error.cause
    run_id = ask_person(context, login, action, message)
    raise AirflowSkipException(f"The page needs a person: answer run {run_id} of portal_sign_in.")
