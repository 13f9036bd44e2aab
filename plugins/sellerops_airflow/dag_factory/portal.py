"""Builds the DAGs about logins for web pages: the one that asks people, and the canary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from airflow.sdk import DAG, Param, TaskGroup, get_parsing_context

from sellerops.settings.logins import Login, load_logins
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults, docs_page
from sellerops_airflow.dag_factory.placement import placed_in
from sellerops_airflow.operators.portal_questions import ANSWERED_BY, AskPersonOperator
from sellerops_airflow.operators.portal_sign_in import (
    CheckPageOperator,
    ListPagesOperator,
    VerifySignInOperator,
)
from sellerops_airflow.runs.portal_dags import ASK_TASK, CANARY_DAG, SIGN_IN_DAG

TAGS = {"sellerops", "seller_portal"}
# No report is due at this hour, and it is shortly before working hours.
_QUIET = "20 5 * * *"
_MANY_RUNS = 100


def sign_in_dag(doc: str | None) -> DAG | None:
    """The DAG that asks people for what only they may do; None without logins.

    It is also built while logins are switched off, because questions may still be open.
    """
    logins = load_logins().by_id
    if not logins:
        return None
    with DAG(
        dag_id=SIGN_IN_DAG,
        description="Asks a person to do in a login's browser what only a person may do.",
        doc_md=docs_page(doc),
        schedule=None,
        max_active_runs=_MANY_RUNS,
        # While it is paused, nobody is asked and downloads wait.
        is_paused_upon_creation=False,
        tags=TAGS,
        auto_register=False,
        **dag_defaults(retry_delay=timedelta(minutes=1)),
    ) as dag:
        ask = AskPersonOperator(
            task_id=ASK_TASK,
            login_id="{{ params.login }}",
            action_id="{{ params.action or '' }}",
            message="{{ params.message or '' }}",
        )
        for login in logins.values():
            with _group_of(login):
                ask >> VerifySignInOperator(
                    task_id="verify_sign_in",
                    login_id=login.id,
                    action_id="{{ params.action or '' }}",
                    by=f"{{{{ ti.xcom_pull(task_ids='{ASK_TASK}', key='{ANSWERED_BY}') or '' }}}}",
                    pool=login.pool,
                    **placed_in(login.queue),
                )
    dag.params.update(_form(logins))
    return dag


def canary_dag(doc: str | None) -> DAG | None:
    """The DAG that checks each page once a day; None while logins are switched off."""
    logins = load_logins()
    # A task that has already started still gets its DAG, and skips.
    is_wanted = logins.enabled or get_parsing_context().dag_id == CANARY_DAG
    if not logins.by_id or not is_wanted:
        return None
    with DAG(
        dag_id=CANARY_DAG,
        description="Opens each web page of the reports and reports changed ones.",
        doc_md=docs_page(doc),
        schedule=_QUIET,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=TAGS,
        auto_register=False,
        **dag_defaults(retry_delay=timedelta(minutes=5)),
    ) as dag:
        for login in logins.by_id.values():
            with _group_of(login):
                pages = ListPagesOperator(task_id="list_pages", login_id=login.id)
                CheckPageOperator.partial(
                    task_id="check_page",
                    login_id=login.id,
                    pool=login.pool,
                    **placed_in(login.queue),
                    map_index_template="{{ task.page['label'] }}",
                ).expand(page=pages.output)
    return dag


def _group_of(login: Login) -> TaskGroup:
    return TaskGroup(group_id=login.id, tooltip=f"{login.site}, {', '.join(login.roles)}")


def _form(logins: Mapping[str, Login]) -> dict[str, Param]:
    return {
        "login": Param(
            next(iter(logins)),
            type="string",
            enum=sorted(logins),
            title="Login",
            description="The login whose sign-in is checked.",
        ),
        "action": Param(
            None,
            type=["null", "integer"],
            title="Required action",
            description="Leave empty: downloads fill it in.",
        ),
        "message": Param(
            None, type=["null", "string"], title="Message", description="Leave empty: downloads fill it in."
        ),
    }
